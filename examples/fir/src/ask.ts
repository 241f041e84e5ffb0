import type { NodeContext } from "@flyball/engine";
import type { GenerateRequest, Message } from "@flyball/models";
import type { FirServices } from "./services.ts";

/** Steps that ask the model, and their output budgets in tokens: as the reference had them, and tightened. */
export const budgets = {
  facts: { plain: 160, tight: 160 },
  summary: { plain: 120, tight: 100 },
  check: { plain: 4, tight: 3 },
  narrative: { plain: 180, tight: 150 },
} as const;

export type AskingStep = keyof typeof budgets;

/** Asks the model within the step's budget, passing text on as it comes to whoever watches the run. */
export async function ask(
  services: FirServices,
  step: AskingStep,
  messages: readonly Message[],
  context: Pick<NodeContext, "signal" | "emit">,
  schema?: GenerateRequest["schema"],
): Promise<string> {
  await services.requireHealthy();
  const asked = { model: services.model, messages, signal: context.signal, ...(schema ? { schema } : {}) };
  const request = services.budget.apply(asked, step);
  const answer = await services.models.streamTo(request, (chunk) => {
    if (chunk.type === "text") context.emit(chunk.text);
  });
  return answer.text.trim();
}
