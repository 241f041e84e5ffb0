import { type Clock, newRunId } from "@flyball/core";
import type { RunScope, Telemetry } from "@flyball/telemetry";

/** What a pipeline of one's own says about one execution of itself. */
export interface RunDescription {
  /** The pipeline's name, low-cardinality. Default `pipeline`. */
  readonly workflow?: string;
  /** Default: made anew. */
  readonly runId?: string;
  /** The user or session that a rollout sticks to. */
  readonly unit?: string;
  readonly session?: string;
  /** A word from a small set, for example critical, important, normal. */
  readonly priority?: string;
}

/** Runs `work` as one run: every operation inside carries its unit, session and priority. */
export function withRun<T>(
  telemetry: Telemetry,
  clock: Clock,
  description: RunDescription,
  work: () => Promise<T>,
): Promise<T> {
  const { workflow = "pipeline", runId = newRunId(clock.now()), unit, session, priority } = description;
  const run: RunScope = {
    runId,
    workflow,
    ...(unit === undefined ? {} : { unit }),
    ...(session === undefined ? {} : { session }),
    ...(priority === undefined ? {} : { priority }),
  };
  return telemetry.trace({ kind: "run", name: workflow, run }, () => work());
}
