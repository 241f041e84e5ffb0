import { describe, toError } from "@flyball/core";
import { NodeValueError } from "../../errors.ts";
import type { Call, State, Step, Work } from "../../graph/plan.ts";
import type { Attempt, Refined } from "../../types.ts";
import { attribute } from "../attributes.ts";
import { bracket, type Piece } from "../bracket.ts";
import type { CancelScope } from "../cancel-scope.ts";
import type { Execution } from "../execution.ts";
import { checked, perform } from "../perform.ts";
import { failed, ok, type Settlement } from "../settlement.ts";

type Refine = Extract<Work, { kind: "refine" }>;

/** Repeats an attempt until its score reaches the threshold; each turn is a piece of work of its own. */
export function runRefine(
  run: Execution,
  step: Step,
  work: Refine,
  state: State,
  piece: Piece,
  scope: CancelScope,
): Promise<Settlement> {
  return bracket(run, piece, scope, async (_recording, tally) => {
    let threshold: number;
    try {
      threshold = finite(piece.path, "threshold", work.threshold(state));
    } catch (error) {
      return failed(piece.path, toError(error));
    }
    const { handling } = step;
    const call = turn(work, run.wrap(work.attempt, handling.middleware));
    let previous: Attempt<unknown> | undefined;
    let best: Attempt<unknown> = { value: undefined, score: Number.NEGATIVE_INFINITY };
    let iteration = 0;
    while (iteration < work.maxIterations && best.score < threshold) {
      iteration++;
      const path = `${piece.path}[${iteration}]`;
      const site = { node: `${piece.name}[]`, path, state, iteration, previous };
      const settlement = await perform(run, { ...site, call, handling, partial: false }, scope);
      if (settlement.status !== "ok") return settlement;
      // A turn's value is what `turn` made, or what a checkpoint kept of it.
      previous = settlement.value as Attempt<unknown>;
      if (previous.score > best.score) best = previous;
    }
    tally.attributes = { [attribute.iterations]: iteration, [attribute.score]: best.score };
    return ok({
      ...best,
      threshold,
      iterations: iteration,
      accepted: best.score >= threshold,
    } satisfies Refined<unknown>);
  });
}

/** One turn: the attempt with its middleware, its schema, then the score. */
function turn(work: Refine, attempt: Call): Call {
  return async (context): Promise<Attempt<unknown>> => {
    const { path, state } = context.site;
    const value = checked(path, work.schema, await attempt(context));
    return { value, score: finite(path, "score", await work.score(value, state, context)) };
  };
}

function finite(path: string, what: string, value: unknown): number {
  if (typeof value === "number" && Number.isFinite(value)) return value;
  throw new NodeValueError(path, `${what} gave ${describe(value)}, expected a finite number`);
}
