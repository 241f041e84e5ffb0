import { ConfigurationError, type Middleware } from "@flyball/core";
import type { GenerateRequest, GenerateResult, ModelCall } from "../types.ts";

/** Most output tokens of one step: `plain` without the optimization, `tight` with it. */
export interface StepBudget {
  readonly plain: number;
  readonly tight: number;
}

/** Output-token budgets by step. */
export interface TokenBudget<Step extends string> {
  /** The budget in force for a step. */
  tokens(step: Step): number;
  /** The request, with the step's budget as its `maxTokens`; a smaller one that it has already stays. */
  apply(request: GenerateRequest, step: Step): GenerateRequest;
  /** The same around a model client; calls for which `stepOf` gives nothing pass as they are. */
  middleware(stepOf: (call: ModelCall) => Step | undefined): Middleware<ModelCall, GenerateResult>;
}

/**
 * Makes budgets. `tight` is asked at every call and says which level is in force (default: plain), so that a flag can
 * switch it while a pipeline runs.
 * @throws ConfigurationError for a budget that is not a positive whole number, or a tight one above its plain one.
 */
export function tokenBudget<const Step extends string>(
  budgets: Readonly<Record<Step, StepBudget>>,
  options: { readonly tight?: () => boolean } = {},
): TokenBudget<Step> {
  for (const [step, budget] of Object.entries<StepBudget>(budgets)) {
    for (const level of ["plain", "tight"] as const) {
      if (!Number.isInteger(budget[level]) || budget[level] < 1) {
        throw new ConfigurationError(`${step}.${level}`, budget[level], "a positive whole number of tokens");
      }
    }
    if (budget.tight > budget.plain) {
      throw new ConfigurationError(`${step}.tight`, budget.tight, `at most the plain budget of ${budget.plain}`);
    }
  }
  const isTight = options.tight ?? (() => false);

  const tokens = (step: Step): number => budgets[step][isTight() ? "tight" : "plain"];
  const apply = (request: GenerateRequest, step: Step): GenerateRequest => ({
    ...request,
    maxTokens: Math.min(request.maxTokens ?? Number.POSITIVE_INFINITY, tokens(step)),
  });

  return {
    tokens,
    apply,
    middleware: (stepOf) => (call, next) => {
      const step = stepOf(call);
      if (step !== undefined) call.request = apply(call.request, step);
      return next();
    },
  };
}
