import type { Clock, FailureLog } from "@flyball/core";
import type { Decisions, RunScope } from "@flyball/telemetry";
import type { Leases } from "../checkpoint/lease.ts";
import type { CheckpointStore } from "../checkpoint/types.ts";
import { RunRefusedError } from "../errors.ts";
import type { Plan } from "../graph/plan.ts";
import type { Recorder } from "./recorder.ts";

/** Where runs are kept, if they are. */
export interface Keeping {
  readonly store: CheckpointStore;
  readonly leases: Leases;
  /** Whether a run must not go on with what could not be stored. */
  readonly required: boolean;
}

/** What it takes to open a run. */
export interface Opening {
  readonly plan: Plan;
  readonly clock: Clock;
  readonly failures: FailureLog;
  readonly recorder: Recorder;
  readonly keeping: Keeping | undefined;
}

type Belonging = { readonly [K in "unit" | "session" | "priority"]: string | undefined } & {
  readonly decisions: Decisions | undefined;
};

/** What the run carries to every operation inside it. */
export function scopeOf(runId: string, plan: Plan, { unit, session, priority, decisions }: Belonging): RunScope {
  return {
    runId,
    workflow: plan.name,
    ...(unit === undefined ? undefined : { unit }),
    ...(session === undefined ? undefined : { session }),
    ...(priority === undefined ? undefined : { priority }),
    ...(decisions === undefined ? undefined : { decisions }),
  };
}

export function claimedElsewhere(runId: string): RunRefusedError {
  return new RunRefusedError("run_claimed", runId, `Another process goes on with run \`${runId}\``);
}
