import { toError } from "@flyball/core";
import { ApprovalRejectedError, CheckpointError } from "../../errors.ts";
import type { State, Work } from "../../graph/plan.ts";
import type { Approval, PendingApproval } from "../../types.ts";
import { acceptAnswer } from "../answers.ts";
import { attribute } from "../attributes.ts";
import { bracket, type Piece } from "../bracket.ts";
import type { CancelScope } from "../cancel-scope.ts";
import type { Execution } from "../execution.ts";
import { cancelled, failed, ok, type Settlement, suspended } from "../settlement.ts";

type Asking = Extract<Work, { kind: "approval" }>;

/** Takes the answer that this process was given, or waits for one: suspended now, answered by a later `resume`. */
export function runApproval(
  run: Execution,
  work: Asking,
  state: State,
  piece: Piece,
  scope: CancelScope,
): Promise<Settlement> {
  const { path } = piece;
  return bracket(run, piece, scope, async (_recording, tally) => {
    try {
      const before = run.journal?.waiting(path);
      const pending = { path, node: piece.name, show: before ? before.shown : work.show(state) };
      const given = run.answers[path] ?? (await ask(run, pending, scope));
      if (scope.aborted) return cancelled;
      if (given === undefined) return await suspend(run, pending, before !== undefined);
      if (before) tally.attributes = { [attribute.waitedMs]: run.clock.now() - before.since };
      const answer = acceptAnswer(path, work.schema, given);
      const refused = !answer.approved && work.failOnReject;
      return refused ? failed(path, new ApprovalRejectedError(path, answer)) : ok(answer);
    } catch (thrown) {
      return failed(path, toError(thrown));
    }
  });
}

/** Asks whoever answers in this process. Whatever goes wrong there, a person can still answer later. */
async function ask(run: Execution, pending: PendingApproval, parent: CancelScope): Promise<Approval | undefined> {
  const { approve } = run;
  if (!approve) return undefined;
  const scope = parent.child();
  try {
    return await new Promise<Approval | undefined>((resolve, reject) => {
      scope.onAbort = () => resolve(undefined);
      Promise.resolve(approve(pending)).then(resolve, reject);
    });
  } catch (error) {
    run.failures.report("approve", error);
    return undefined;
  } finally {
    scope.close();
  }
}

async function suspend(run: Execution, pending: PendingApproval, known: boolean): Promise<Settlement> {
  const { path } = pending;
  if (!run.journal) {
    throw new CheckpointError(path, `Approval \`${path}\` has no answer; to wait for one, give the engine checkpoints`);
  }
  if (!known) await run.journal.save(path, "suspended", run.journal.encode(path, pending.show));
  run.pending.push(pending);
  return suspended;
}
