import type { Clock, FailureLog } from "@flyball/core";
import type { RunScope } from "@flyball/telemetry";
import type { Journal } from "../checkpoint/journal.ts";
import type { Approval, PendingApproval } from "../types.ts";
import type { EventHub } from "./events.ts";
import type { Limiter } from "./limiter.ts";
import type { Recorder } from "./recorder.ts";
import type { Wrap } from "./wrap.ts";

/** What every part of one run shares. */
export interface Execution {
  readonly scope: RunScope;
  readonly clock: Clock;
  readonly random: () => number;
  readonly recorder: Recorder;
  readonly failures: FailureLog;
  readonly events: EventHub;
  readonly journal: Journal | undefined;
  readonly limiter: Limiter | undefined;
  readonly wrap: Wrap;
  /** Nothing to record, keep, bound or wrap: plain nodes may be called directly. */
  readonly bare: boolean;
  /** Answers that this process was given, by path. */
  readonly answers: Readonly<Record<string, Approval>>;
  readonly approve: ((pending: PendingApproval) => Approval | undefined | Promise<Approval | undefined>) | undefined;
  /** Filled while the run goes on. */
  readonly pending: PendingApproval[];
}
