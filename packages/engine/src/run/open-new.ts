import { toError } from "@flyball/core";
import { encodeValue } from "../checkpoint/encode.ts";
import { Journal } from "../checkpoint/journal.ts";
import type { CheckpointHead } from "../checkpoint/types.ts";
import { RunRefusedError } from "../errors.ts";
import type { Plan } from "../graph/plan.ts";
import type { RunOptions } from "../types.ts";
import { claimedElsewhere, type Keeping, type Opening, scopeOf } from "./opening.ts";
import type { Recording } from "./recorder.ts";
import type { ActiveRun, Opened } from "./run.ts";

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
