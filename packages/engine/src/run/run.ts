import { CancelledError, type Clock, type FailureLog, toError } from "@flyball/core";
import type { RunScope } from "@flyball/telemetry";
import type { Journal } from "../checkpoint/journal.ts";
import type { RunStatus } from "../checkpoint/types.ts";
import { CheckpointError } from "../errors.ts";
import type { Plan, State } from "../graph/plan.ts";
import type { Approval, PendingApproval, Run, RunEvents, RunOptions, RunResult } from "../types.ts";
import { detailsOf, statusOf } from "./bracket.ts";
import { CancelScope } from "./cancel-scope.ts";
import { EventHub } from "./events.ts";
import type { Execution } from "./execution.ts";
import { type FrameResult, runFrame } from "./frame.ts";
import { Limiter } from "./limiter.ts";
import type { Recorder, Recording } from "./recorder.ts";
import { failed, type Settlement } from "./settlement.ts";
import type { Wrap } from "./wrap.ts";

/** What one engine's runs have in common. */
export interface RunServices {
  readonly clock: Clock;
  readonly random: () => number;
  readonly failures: FailureLog;
  readonly recorder: Recorder;
  /** Whether `recorder` records. */
  readonly records: boolean;
  readonly wrap: Wrap;
  /** Whether `wrap` adds anything to a plain node. */
  readonly wraps: boolean;
}

/** What a run has when its first node may start. */
export interface Opened {
  readonly scope: RunScope;
  readonly input: unknown;
  readonly recording: Recording;
  readonly journal: Journal | undefined;
  readonly answers: Readonly<Record<string, Approval>>;
}

/** How a run comes to its first node: anew or from checkpoints. It throws RunRefusedError when nothing may run. */
export type Open = (run: ActiveRun) => Promise<Opened | RunResult<State, unknown>>;

type Result = RunResult<State, unknown>;
export type RunControls = Pick<RunOptions, "signal" | "concurrency" | "approve">;

/** One run from its opening to its result. */
export class ActiveRun implements Run<State, unknown> {
  readonly id: string;
  readonly result: Promise<Result>;
  readonly #services: RunServices;
  readonly #plan: Plan;
  readonly #controls: RunControls;
  readonly #events = new EventHub();
  readonly #cancel = new CancelScope();
  #abandoned = false;

  constructor(services: RunServices, plan: Plan, id: string, controls: RunControls, open: Open) {
    this.#services = services;
    this.#plan = plan;
    this.id = id;
    this.#controls = controls;
    // After a turn, so that whoever called can listen to the first event.
    this.result = Promise.resolve(this).then((run) => run.#live(open));
  }

  events(): RunEvents {
    return this.#events.read();
  }

  cancel(reason?: string): void {
    this.#cancel.abort(new CancelledError(`Run \`${this.id}\``, reason));
  }

  /** Stops here and leaves the run as it is stored, for another process to go on with. */
  abandon(reason: Error): void {
    this.#abandoned = true;
    this.#cancel.abort(reason);
  }

  async #live(open: Open): Promise<Result> {
    const { signal } = this.#controls;
    const onAbort = (): void => this.#cancel.abort(new CancelledError(`Run \`${this.id}\``, signal?.reason));
    if (signal?.aborted) onAbort();
    else signal?.addEventListener("abort", onAbort, { once: true });
    let result: Result;
    try {
      const opened = await open(this);
      result = "status" in opened ? opened : await this.#execute(opened);
    } catch (error) {
      result = { status: "refused", runId: this.id, error: toError(error) };
    }
    signal?.removeEventListener("abort", onAbort);
    this.#events.end({ type: "run-ended", status: result.status });
    return result;
  }

  async #execute(opened: Opened): Promise<Result> {
    const execution = this.#execution(opened);
    const { recording, journal } = opened;
    const ended = await recording.within(() => runFrame(execution, this.#plan, opened.input, "", this.#cancel));
    const settlement = await this.#conclude(ended.settlement, journal);
    recording.end(statusOf(settlement), detailsOf(settlement));
    return this.#result({ ...ended, settlement }, recording.traceId, execution.pending);
  }

  #execution({ scope, journal, answers }: Opened): Execution {
    const { clock, random, failures, recorder, records, wrap, wraps } = this.#services;
    const { concurrency, approve } = this.#controls;
    const limiter = concurrency === undefined ? undefined : new Limiter(concurrency);
    const bare = !records && !journal && !limiter && !wraps;
    const pending: PendingApproval[] = [];
    const shared = { clock, random, failures, recorder, wrap, events: this.#events };
    return { ...shared, scope, journal, limiter, bare, answers, approve, pending };
  }

  /** Stores how the run ended. A run that was to be stored and could not be is not reported as if it were. */
  async #conclude(settlement: Settlement, journal: Journal | undefined): Promise<Settlement> {
    if (!journal) return settlement;
    try {
      if (!this.#abandoned) await journal.conclude(storedStatus(settlement));
      if (settlement.status !== "suspended" || journal.complete) return settlement;
      throw new CheckpointError(
        this.id,
        `Run \`${this.id}\` waits for an approval, but could not be stored to go on later`,
      );
    } catch (error) {
      return settlement.status === "failed" ? settlement : failed("", toError(error));
    } finally {
      await journal.release();
    }
  }

  #result({ settlement, state }: FrameResult, traceId: string, pending: readonly PendingApproval[]): Result {
    const common = { runId: this.id, traceId, state };
    switch (settlement.status) {
      case "ok":
        return { status: "completed", ...common, output: settlement.value };
      case "suspended":
        return { status: "suspended", ...common, pending };
      case "failed":
        return { status: "failed", ...common, node: settlement.path, error: settlement.error };
      case "cancelled":
        return { status: "cancelled", ...common, error: toError(this.#cancel.reason) };
    }
  }
}

function storedStatus(settlement: Settlement): RunStatus {
  return settlement.status === "ok" ? "completed" : settlement.status;
}
