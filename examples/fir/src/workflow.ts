import { type Approval, workflow } from "@flyball/engine";
import { ModelError } from "@flyball/models";
import { z } from "zod";
import { ask } from "./ask.ts";
import {
  checkPrompt,
  factsPrompt,
  factsSchema,
  narrativePrompt,
  promptVersion,
  readCheck,
  summaryPrompt,
  transcribe,
} from "./prompts.ts";
import { type Report, renderReport } from "./report.ts";
import type { FirServices } from "./services.ts";
import type { FirSettings } from "./settings.ts";
import { type Check, collectViolations, UnreadableCheckError } from "./violations.ts";

/** A complaint as it comes in. */
export const complaintSchema = z.object({
  id: z.string().min(1),
  text: z.string().min(20, "a complaint of at least a sentence"),
  /** Who complains, where the desk wrote it down; otherwise the model reads it from the text. */
  complainant: z.string().min(1).optional(),
  station: z.string().min(1).default("Central Police Station"),
});

export type ComplaintInput = z.output<typeof complaintSchema>;

/** What the officer edited, or what was shown. */
const settled = (shown: string, approval: Approval<string>): string => approval.edit ?? shown;

/** What the knowledge base is asked about a case: its summary and its transcript, as they were approved. */
export function queryOf(state: {
  readonly process: string;
  readonly approveTranscript: Approval<string>;
  readonly summary: string;
  readonly approveSummary: Approval<string>;
}): readonly string[] {
  return [settled(state.summary, state.approveSummary), settled(state.process, state.approveTranscript)];
}

/** The name in the extracted facts; undefined when the text says none, or the answer is no JSON. */
async function complainantOf(extract: () => Promise<string>): Promise<string | undefined> {
  try {
    const { complainant } = factsShape.parse(JSON.parse(await extract()));
    return complainant.trim() || undefined;
  } catch (error) {
    // A small model may be cut off in the middle of its JSON. An officer can fill in a name; everything else is a failure.
    if (error instanceof ModelError && error.code === "response_malformed") return undefined;
    throw error;
  }
}

const factsShape = z.object({ complainant: z.string() });

/**
 * Complaint → transcript → summary → sections of law → violation checks → narrative → report, with a person's approval
 * after every step. Each approval suspends the run; another process may resume it. An approval's edit replaces the text.
 * The return type is what the builder infers: the state of every step, which callers read.
 */
export function firWorkflow(services: FirServices, settings: FirSettings) {
  const inference = { timeoutMs: settings.inferenceTimeoutMs };
  const text = z.string();
  return (
    workflow<ComplaintInput>("fir")
      .node("process", async ({ input }, { signal }) => {
        await services.pace("process", signal);
        return transcribe(input.text);
      })
      .approval("approveTranscript", { show: (state) => state.process, schema: text })
      .node("summary", inference, ({ process, approveTranscript }, context) =>
        ask(services, "summary", summaryPrompt(settled(process, approveTranscript)), context),
      )
      .approval("approveSummary", { show: (state) => state.summary, schema: text })
      // Beside the summary: nothing but the narrative waits for it. Skipped when the desk knows the name already.
      .node(
        "complainant",
        { ...inference, after: ["approveTranscript"], when: ({ input }) => input.complainant === undefined },
        async ({ process, approveTranscript }, context) => {
          const prompt = factsPrompt(settled(process, approveTranscript));
          return complainantOf(() => ask(services, "facts", prompt, context, factsSchema));
        },
      )
      .node("retrieval", { ...inference, after: ["approveSummary"] }, (state, { signal }) =>
        services.knowledge.search(queryOf(state), settings.hits, signal),
      )
      // One check that fails or is late loses only itself; the report says which sections to look at by hand.
      .map(
        "checks",
        {
          items: (state) => state.retrieval.slice(0, settings.checkedHits).map((hit) => hit.section),
          ...(settings.checks === "sequential" ? { concurrency: 1 } : {}),
          partial: true,
          timeoutMs: settings.checkTimeoutMs,
        },
        async (section, { process, approveTranscript }, context): Promise<Check> => {
          const answer = await ask(
            services,
            "check",
            checkPrompt(settled(process, approveTranscript), section),
            context,
          );
          const applies = readCheck(answer);
          if (applies === undefined) throw new UnreadableCheckError(section.id, answer);
          return { section, applies };
        },
      )
      .node("violations", ({ retrieval, checks }) =>
        collectViolations(
          retrieval.map((hit) => hit.section),
          checks,
        ),
      )
      .approval("approveViolations", {
        show: ({ violations }) => violations.applying.map((section) => `${section.id}: ${section.title}`),
      })
      .node("narrative", { ...inference, after: ["approveViolations", "complainant"] }, (state, context) => {
        const prompt = narrativePrompt({
          complainant: state.input.complainant ?? state.complainant ?? "not stated",
          summary: settled(state.summary, state.approveSummary),
          sections: state.violations.applying,
        });
        return ask(services, "narrative", prompt, context);
      })
      .approval("approveNarrative", { show: (state) => state.narrative, schema: text })
      .node("document", async (state, { signal }): Promise<Report> => {
        await services.pace("document", signal);
        const { input, violations } = state;
        const received = services.today().toISOString().slice(0, 10);
        return renderReport({
          number: `${received}/${input.id}`,
          station: input.station,
          receivedAt: received,
          transcript: settled(state.process, state.approveTranscript),
          summary: settled(state.summary, state.approveSummary),
          narrative: settled(state.narrative, state.approveNarrative),
          violations: violations.applying,
          unchecked: violations.failed.map((failed) => failed.section),
          madeWith: `prompts ${promptVersion}, model ${services.model}`,
          approvals: [
            { step: "transcript", by: state.approveTranscript.by },
            { step: "summary", by: state.approveSummary.by },
            { step: "sections", by: state.approveViolations.by },
            { step: "narrative", by: state.approveNarrative.by },
          ],
        });
      })
      .approval("finalReview", { show: (state) => state.document.markdown })
      .build({ output: (state) => state.document })
  );
}
