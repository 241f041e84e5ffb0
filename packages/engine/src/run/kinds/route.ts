import { describe, toError } from "@flyball/core";
import { fixed } from "../../checkpoint/journal.ts";
import { NodeValueError } from "../../errors.ts";
import type { Branch, State, Step, Work } from "../../graph/plan.ts";
import { attribute } from "../attributes.ts";
import { bracket, type Piece } from "../bracket.ts";
import type { CancelScope } from "../cancel-scope.ts";
import type { Execution } from "../execution.ts";
import { failed, type Settlement } from "../settlement.ts";
import { runBody } from "./body.ts";

/** Runs the branch that the state chooses; its value is the node's. */
export function runRoute(
  run: Execution,
  step: Step,
  work: Extract<Work, { kind: "route" }>,
  state: State,
  piece: Piece,
  scope: CancelScope,
): Promise<Settlement> {
  return bracket(run, piece, scope, async (_recording, tally) => {
    let branch: Branch;
    try {
      branch = branchOf(piece.path, work, await fixed(run.journal, `${piece.path}#choice`, () => work.choose(state)));
    } catch (error) {
      return failed(piece.path, toError(error));
    }
    tally.attributes = { [attribute.branch]: branch.name };
    const { name, body } = branch;
    const part = {
      node: `${piece.name}/${name}`,
      path: `${piece.path}/${name}`,
      state,
      input: () => ({ ...state }),
      partial: false,
    };
    return runBody(run, body, part, step.handling, scope);
  });
}

function branchOf(path: string, { branches }: Extract<Work, { kind: "route" }>, choice: unknown): Branch {
  const branch = typeof choice === "string" ? branches.get(choice) : undefined;
  if (branch) return branch;
  const known = [...branches.keys()].map((name) => JSON.stringify(name)).join(", ");
  throw new NodeValueError(path, `choose gave ${describe(choice)}, expected one of ${known}`);
}
