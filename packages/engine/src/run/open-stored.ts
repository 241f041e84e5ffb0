import { isDeepStrictEqual } from "node:util";
import { deserialize } from "node:v8";
import { type FailureLog, toError } from "@flyball/core";
import type { Decisions } from "@flyball/telemetry";
import { Journal } from "../checkpoint/journal.ts";
import type { CheckpointHead, CheckpointRecord, CheckpointStore, StoredRun } from "../checkpoint/types.ts";
import { RunRefusedError } from "../errors.ts";
import type { Plan, State } from "../graph/plan.ts";
import type { ResumeOptions, RunResult } from "../types.ts";
import { checkAnswers } from "./answers.ts";
import { claimedElsewhere, type Opening, scopeOf } from "./opening.ts";
import type { ActiveRun, Opened } from "./run.ts";

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
