import { isDeepStrictEqual } from "node:util";
import { deserialize } from "node:v8";
import { type Clock, type FailureLog, toError } from "@flyball/core";
import type { Decisions, RunScope } from "@flyball/telemetry";
import { checkAnswers } from "./answers.ts";
import { encodeValue } from "./checkpoint/encode.ts";
import type { CheckpointHead, CheckpointRecord, CheckpointStore, StoredRun } from "./checkpoint/types.ts";
import { RunRefusedError } from "./errors.ts";
import { Journal } from "./journal.ts";
import type { Leases } from "./lease.ts";
import type { Plan, State } from "./plan.ts";
import type { Recorder, Recording } from "./recorder.ts";
import type { ActiveRun, Opened } from "./run.ts";
import type { ResumeOptions, RunOptions, RunResult } from "./types.ts";

/** Where runs are kept, if they are. */
export interface Keeping {
  readonly store: CheckpointStore;
  readonly leases: Leases;
  /** Whether a run must not go on with what could not be stored. */
  readonly required: boolean;
}

export interface Opening {
  readonly plan: Plan;
  readonly clock: Clock;
  readonly failures: FailureLog;
  readonly recorder: Recorder;
  readonly keeping: Keeping | undefined;
}

/** Begins a run anew. @throws RunRefusedError */
export async function openNew(opening: Opening, run: ActiveRun, input: unknown, options: RunOptions): Promise<Opened> {
  const { plan, keeping, recorder } = opening;
  if (plan.waits && !keeping && !options.approve) {
    const what = `Workflow \`${plan.name}\` waits for approvals`;
    throw new RunRefusedError(
      "checkpoints_missing",
      run.id,
      `${what}: give the engine checkpoints, or the run \`approve\``,
    );
  }
  const accepted = acceptInput(plan, run.id, input);
  const { unit, session, priority, decisions } = options;
  const scope = scopeOf(run.id, plan, { unit, session, priority, decisions });
  const recording = recorder({ kind: "run", name: plan.name, run: scope });
  if (!keeping) return { scope, input: accepted, recording, journal: undefined, answers: {} };
  try {
    const journal = await openJournal(opening, keeping, run, recording, accepted, options);
    return { scope, input: accepted, recording, journal, answers: {} };
  } catch (error) {
    recording.end("error", { errorType: "run_refused", errorMessage: toError(error).message });
    throw error;
  }
}

async function openJournal(
  { plan, clock, failures }: Opening,
  { store, leases, required }: Keeping,
  run: ActiveRun,
  { traceId, spanId }: Recording,
  input: unknown,
  { unit, session, priority, decisions }: RunOptions,
): Promise<Journal> {
  const { id: runId } = run;
  const head: CheckpointHead = {
    ...{ runId, workflow: plan.name, graph: plan.shape, input: encodeInput(runId, input) },
    ...{ unit, session, priority, decisions, traceId, spanId, startedAt: clock.now(), status: "running" },
  };
  const lease = leases.lease(runId, (error) => run.abandon(error));
  const journal = new Journal({ runId, store, lease, clock, failures, required, records: [] });
  try {
    await lease.confirm();
    if (await store.create(head)) return journal;
  } catch (error) {
    if (lease.lost) throw claimedElsewhere(runId);
    failures.report("checkpoint", error);
    if (required) {
      await journal.release();
      throw new RunRefusedError("checkpoints_unavailable", runId, `Run \`${runId}\` could not be stored`, error);
    }
    // Whether the store has the head by now or not: the run is ours, and has to be there before its nodes are.
    journal.defer(() => store.create(head));
    return journal;
  }
  await journal.release();
  throw new RunRefusedError(
    "run_exists",
    runId,
    `Run \`${runId}\` exists already: resume it, or start under another id`,
  );
}

/** Goes on with a stored run, or gives the result that it had. @throws RunRefusedError */
export async function openStored(
  opening: Opening,
  run: ActiveRun,
  options: ResumeOptions,
): Promise<Opened | RunResult<State, unknown>> {
  const { plan, clock, failures, recorder, keeping } = opening;
  const { id: runId } = run;
  if (!keeping)
    throw new RunRefusedError("checkpoints_missing", runId, "An engine without checkpoints has nothing to resume");
  const { store, leases, required } = keeping;
  const before = await load(store, plan, runId);
  if (before.head.status === "completed") return completedResult(plan, before);

  const lease = leases.lease(runId, (error) => run.abandon(error));
  try {
    await lease.confirm();
    // Read again: until the lease was ours, another process may have gone on.
    const { head, records } = await load(store, plan, runId);
    const journal = new Journal({ runId, store, lease, clock, failures, required, records });
    if (head.status === "completed") {
      await journal.release();
      return completedResult(plan, { head, records });
    }
    const answers = options.answers ?? {};
    refuseBadAnswers(plan, runId, records, answers);
    const decisions = await decide(journal, failures, head, records, options);
    await journal.conclude("running");
    const { unit, session, priority, traceId, spanId } = head;
    const scope = scopeOf(runId, plan, { unit, session, priority, decisions });
    const parent = traceId === "" ? undefined : { parent: { traceId, spanId } };
    const recording = recorder({ kind: "run", name: plan.name, run: scope, ...parent });
    return { scope, input: deserialize(head.input), recording, journal, answers };
  } catch (error) {
    if (lease.lost) throw claimedElsewhere(runId);
    await lease.release().catch((late: unknown) => failures.report("checkpoint.lease", late));
    if (error instanceof RunRefusedError) throw error;
    throw new RunRefusedError("checkpoints_unavailable", runId, `Run \`${runId}\` could not be read or claimed`, error);
  }
}

async function load(store: CheckpointStore, plan: Plan, runId: string): Promise<StoredRun> {
  let stored: StoredRun | undefined;
  try {
    stored = await store.load(runId);
  } catch (error) {
    throw new RunRefusedError("checkpoints_unavailable", runId, `Run \`${runId}\` could not be read`, error);
  }
  if (!stored) throw new RunRefusedError("run_unknown", runId, `Run \`${runId}\` has no checkpoints, or they expired`);
  const { workflow, graph } = stored.head;
  if (workflow === plan.name && graph === plan.shape) return stored;
  const was = `\`${workflow}\` (shape ${graph})`;
  const now = `\`${plan.name}\` (shape ${plan.shape})`;
  throw new RunRefusedError("graph_changed", runId, `Run \`${runId}\` began with workflow ${was}; this one is ${now}`);
}

function completedResult(plan: Plan, { head, records }: StoredRun): RunResult<State, unknown> {
  const values = new Map(records.map(({ path, value }) => [path, value]));
  const state: State = { input: deserialize(head.input) };
  for (const { name } of plan.steps) {
    const value = values.get(name);
    state[name] = value && deserialize(value);
  }
  const { runId, traceId } = head;
  return { status: "completed", runId, traceId, state, output: plan.output ? plan.output(state) : state };
}

const decisionsPath = "#decisions";

/** The arms for what has not run yet. When nobody can say whether an arm was rolled back, none is used. */
async function decide(
  journal: Journal,
  failures: FailureLog,
  head: CheckpointHead,
  records: readonly CheckpointRecord[],
  { decisions }: ResumeOptions,
): Promise<Decisions | undefined> {
  const latest = records.find(({ path }) => path === decisionsPath);
  const stored = latest ? (deserialize(latest.value) as Decisions) : head.decisions;
  if (!decisions || !stored) return stored;
  let now: Decisions;
  try {
    now = decisions(stored);
  } catch (error) {
    failures.report("decisions", error);
    now = Object.fromEntries(Object.keys(stored).map((flag) => [flag, "off"]));
  }
  if (!isDeepStrictEqual(now, stored)) await journal.save(decisionsPath, "ok", journal.encode(decisionsPath, now));
  return now;
}

type Belonging = { readonly [K in "unit" | "session" | "priority"]: string | undefined } & {
  readonly decisions: Decisions | undefined;
};

function scopeOf(runId: string, plan: Plan, { unit, session, priority, decisions }: Belonging): RunScope {
  return {
    runId,
    workflow: plan.name,
    ...(unit === undefined ? undefined : { unit }),
    ...(session === undefined ? undefined : { session }),
    ...(priority === undefined ? undefined : { priority }),
    ...(decisions === undefined ? undefined : { decisions }),
  };
}

function acceptInput(plan: Plan, runId: string, input: unknown): unknown {
  if (!plan.input) return input;
  try {
    return plan.input.parse(input);
  } catch (error) {
    const why = toError(error).message;
    throw new RunRefusedError("input_invalid", runId, `Workflow \`${plan.name}\` refused its input: ${why}`, error);
  }
}

function encodeInput(runId: string, input: unknown): Uint8Array {
  try {
    return encodeValue("input", input);
  } catch (error) {
    throw new RunRefusedError("input_invalid", runId, toError(error).message, error);
  }
}

function refuseBadAnswers(
  plan: Plan,
  runId: string,
  records: readonly CheckpointRecord[],
  answers: NonNullable<ResumeOptions["answers"]>,
): void {
  try {
    checkAnswers(plan, records, answers);
  } catch (error) {
    throw new RunRefusedError("answer_invalid", runId, toError(error).message, error);
  }
}

function claimedElsewhere(runId: string): RunRefusedError {
  return new RunRefusedError("run_claimed", runId, `Another process goes on with run \`${runId}\``);
}
