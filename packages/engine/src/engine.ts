import { deserialize } from "node:v8";
import {
  type Clock,
  ConfigurationError,
  failureLog,
  type Logger,
  type Middleware,
  newRunId,
  silentLogger,
  systemClock,
} from "@flyball/core";
import type { Coordinator } from "@flyball/storage";
import type { Telemetry } from "@flyball/telemetry";
import { Leases } from "./checkpoint/lease.ts";
import type { CheckpointHead, CheckpointStore, RunStatus } from "./checkpoint/types.ts";
import { CheckpointError, RunRefusedError } from "./errors.ts";
import { type Plan, requirePlan } from "./graph/plan.ts";
import { openNew } from "./run/open-new.ts";
import { openStored } from "./run/open-stored.ts";
import type { Keeping, Opening } from "./run/opening.ts";
import { createRecorder } from "./run/recorder.ts";
import { ActiveRun, type Open, type RunControls, type RunServices } from "./run/run.ts";
import { createWrap } from "./run/wrap.ts";
import type { NodeContext, PendingApproval, ResumeOptions, Run, RunOptions, RunResult } from "./types.ts";
import type { Workflow } from "./workflow-types.ts";

export interface EngineOptions {
  /** Where runs and nodes are recorded. Default: nowhere. */
  readonly telemetry?: Pick<Telemetry, "start">;
  /** Where runs are kept, so that they can be resumed. Default: nowhere. The engine does not close it. */
  readonly checkpoints?: CheckpointStore;
  /**
   * What happens when a checkpoint cannot be stored. `best-effort` (default): the run goes on, the failure is counted
   * and logged once, and what is missing is stored with the next checkpoint. `required`: the run fails.
   */
  readonly durability?: "best-effort" | "required";
  /** Where processes agree who goes on with a run. Default: through the checkpoint store. */
  readonly coordinator?: Coordinator;
  /** How long a stalled process keeps its runs from others, milliseconds. Default 30,000. */
  readonly claimTtlMs?: number;
  /** Around every call of a function that a workflow gave, outermost first. */
  readonly middleware?: readonly Middleware<NodeContext, unknown>[];
  readonly clock?: Clock;
  /** Numbers from 0 to 1 for the jitter of retries. Default Math.random. */
  readonly random?: () => number;
  readonly logger?: Logger;
}

export interface RunSummary extends Pick<CheckpointHead, "runId" | "workflow" | "unit" | "session" | "priority"> {
  readonly traceId: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  /** `running` is also what a killed process leaves behind. */
  readonly status: RunStatus;
}

export interface Engine {
  /** Starts a run; its first node begins after the current turn, so that `events()` misses nothing. */
  start<Input, State, Output>(
    workflow: Workflow<Input, State, Output>,
    input: Input,
    options?: RunOptions,
  ): Run<State, Output>;
  /** Starts a run and waits for how it ends. Never rejects: failures are a status. */
  run<Input, State, Output>(
    workflow: Workflow<Input, State, Output>,
    input: Input,
    options?: RunOptions,
  ): Promise<RunResult<State, Output>>;
  /**
   * Goes on with a run that was suspended, failed, cancelled, or left behind by a process that died: no node that has
   * finished runs again. Of a completed run it gives the result.
   */
  resume<Input, State, Output>(
    workflow: Workflow<Input, State, Output>,
    runId: string,
    options?: ResumeOptions,
  ): Run<State, Output>;
  /** What a run waits for; undefined when there is no such run. Rejects when the store does not answer. */
  pending(runId: string): Promise<readonly PendingApproval[] | undefined>;
  /** Stored runs, newest first. `limit` defaults to 100. */
  list(options?: { readonly status?: RunStatus; readonly limit?: number }): Promise<RunSummary[]>;
  /** Failures of telemetry and checkpoints that runs went on without, by cause. */
  readonly failures: ReadonlyMap<string, number>;
  /**
   * Takes no more runs, waits for those under way, and leaves what has not ended after `timeoutMs` (default 5,000) as it
   * is stored, for another process to go on with.
   */
  close(timeoutMs?: number): Promise<void>;
}

/** Makes an engine. It holds no resource until a run starts. @throws ConfigurationError */
export function createEngine(options: EngineOptions = {}): Engine {
  const { telemetry, clock = systemClock, random = Math.random, middleware = [], logger = silentLogger } = options;
  const failures = failureLog(logger);
  const recorder = createRecorder(telemetry, failures);
  const services: RunServices = {
    ...{ clock, random, failures, recorder, records: telemetry !== undefined },
    ...{ wrap: createWrap(middleware), wraps: middleware.length > 0 },
  };
  const keeping = keep(options, services);
  const active = new Set<ActiveRun>();
  let closed = false;

  function launch(
    plan: Plan,
    id: string,
    controls: RunControls,
    open: (opening: Opening, run: ActiveRun) => ReturnType<Open>,
  ) {
    checkConcurrency(controls);
    const opening: Opening = { plan, clock, failures, recorder, keeping };
    const run = new ActiveRun(services, plan, id, controls, (self) => {
      if (closed) throw new RunRefusedError("engine_closed", id, "The engine takes no more runs: it is closed");
      return open(opening, self);
    });
    active.add(run);
    void run.result.then(() => active.delete(run));
    return run;
  }

  function start(plan: Plan, input: unknown, runOptions: RunOptions): ActiveRun {
    const id = runOptions.runId ?? newRunId(clock.now());
    if (!/^[\w.:-]{1,128}$/.test(id)) {
      throw new ConfigurationError("runId", id, "1 to 128 letters, digits or . : _ -");
    }
    return launch(plan, id, runOptions, (opening, run) => openNew(opening, run, input, runOptions));
  }

  function requireStore(): CheckpointStore {
    if (keeping) return keeping.store;
    throw new CheckpointError("engine", "This engine has no checkpoints: pass createEngine({ checkpoints })");
  }

  return {
    failures: failures.counts,
    start: (workflow, input, runOptions = {}) => typed(workflow, start(requirePlan(workflow), input, runOptions)),
    run: (workflow, input, runOptions = {}) => typed(workflow, start(requirePlan(workflow), input, runOptions)).result,
    resume(workflow, runId, resumeOptions = {}) {
      const open = (opening: Opening, run: ActiveRun) => openStored(opening, run, resumeOptions);
      return typed(workflow, launch(requirePlan(workflow), runId, resumeOptions, open));
    },
    async pending(runId) {
      const stored = await requireStore().load(runId);
      const waiting = stored?.records.filter(({ status }) => status === "suspended");
      return waiting?.map(({ path, value }) => ({
        path,
        node: path.split("/").at(-1)!,
        show: deserialize(value) as unknown,
      }));
    },
    async list({ status, limit = 100 } = {}) {
      const heads = await requireStore().list({ limit, ...(status === undefined ? undefined : { status }) });
      return heads.map(
        ({ input: _input, graph: _graph, spanId: _spanId, decisions: _decisions, ...summary }) => summary,
      );
    },
    async close(timeoutMs = 5_000) {
      closed = true;
      const settled = Promise.all([...active].map((run) => run.result));
      const timer = clock.after(timeoutMs, () => {
        for (const run of active) run.abandon(new RunRefusedError("engine_closed", run.id, "The engine was closed"));
      });
      await settled;
      timer.cancel();
    },
  };
}

/** The engine handles state as unknown fields; what they are is the workflow's type. */
function typed<Input, State, Output>(_workflow: Workflow<Input, State, Output>, run: ActiveRun): Run<State, Output> {
  return run as unknown as Run<State, Output>;
}

function keep(options: EngineOptions, { clock, failures }: RunServices): Keeping | undefined {
  const { checkpoints: store, coordinator, durability = "best-effort", claimTtlMs: ttlMs = 30_000 } = options;
  if (durability !== "best-effort" && durability !== "required") {
    throw new ConfigurationError("durability", durability, '"best-effort" or "required"');
  }
  if (!(ttlMs > 0)) throw new ConfigurationError("claimTtlMs", ttlMs, "a positive number of milliseconds");
  if (!store) {
    if (durability === "best-effort") return undefined;
    throw new ConfigurationError("checkpoints", undefined, 'a checkpoint store, since durability is "required"');
  }
  const leases = new Leases({ store, coordinator, clock, failures, ttlMs });
  return { store, leases, required: durability === "required" };
}

function checkConcurrency({ concurrency }: RunControls): void {
  if (concurrency === undefined || (Number.isInteger(concurrency) && concurrency > 0)) return;
  throw new ConfigurationError("concurrency", concurrency, "a positive integer");
}
