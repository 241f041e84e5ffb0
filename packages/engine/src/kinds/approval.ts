import { toError } from "@flyball/core";
import { acceptAnswer } from "../answers.ts";
import { attribute } from "../attributes.ts";
import { begin, bracket, detailsOf, type Piece, sendEnded, statusOf } from "../bracket.ts";
import type { CancelScope } from "../cancel-scope.ts";
import { ApprovalRejectedError, CheckpointError } from "../errors.ts";
import type { Execution } from "../execution.ts";
import type { State, Work } from "../plan.ts";
import { cancelled, failed, ok, type Settlement, suspended } from "../settlement.ts";
import type { Approval, PendingApproval } from "../types.ts";

/** Takes the answer that this process was given, or waits for one: suspended now, answered by a later `resume`. */
export async function runApproval(
  run: Execution,
  work: Extract<Work, { kind: "approval" }>,
  state: State,
  piece: Piece,
  scope: CancelScope,
): Promise<Settlement> {
  const { path } = piece;
  const restored = run.journal?.restore(path);
  if (restored) {
    sendEnded(run, piece, "restored", 0);
    return restored;
  }
  try {
    const waiting = run.journal?.waiting(path);
    const pending = { path, node: piece.name, show: waiting ? waiting.shown : work.show(state) };
    const given = run.answers[path] ?? (await ask(run, pending, scope));
    if (scope.aborted) return cancelled;
    if (given === undefined) return await wait(run, piece, pending, waiting === undefined);
    const answer = acceptAnswer(path, work.schema, given);
    return await bracket(run, piece, scope, async (_recording, tally) => {
      if (waiting) tally.attributes = { [attribute.waitedMs]: run.clock.now() - waiting.since };
      const refused = !answer.approved && work.failOnReject;
      return refused ? failed(path, new ApprovalRejectedError(path, answer)) : ok(answer);
    });
  } catch (thrown) {
    const settlement = failed(path, toError(thrown));
    begin(run, piece).end(statusOf(settlement), detailsOf(settlement));
    sendEnded(run, piece, statusOf(settlement), 0, settlement);
    return settlement;
  }
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

async function wait(run: Execution, piece: Piece, pending: PendingApproval, first: boolean): Promise<Settlement> {
  if (!run.journal) {
    throw new CheckpointError(
      piece.path,
      `Approval \`${piece.path}\` has no answer; to wait for one, give the engine checkpoints`,
    );
  }
  if (first) {
    const shown = run.journal.encode(piece.path, pending.show);
    begin(run, piece).end("suspended");
    await run.journal.save(piece.path, "suspended", shown);
  }
  run.pending.push(pending);
  sendEnded(run, piece, "suspended", 0);
  return suspended;
}
