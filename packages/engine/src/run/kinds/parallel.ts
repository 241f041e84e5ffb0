import type { State, Step, Work } from "../../graph/plan.ts";
import { bracket, type Piece } from "../bracket.ts";
import type { CancelScope } from "../cancel-scope.ts";
import type { Execution } from "../execution.ts";
import { fanOut, obstacle } from "../fan-out.ts";
import { ok, type Settlement } from "../settlement.ts";
import { partValue, runBody } from "./body.ts";

/** Runs a node's branches side by side; its value has a field for each. */
export function runParallel(
  run: Execution,
  step: Step,
  work: Extract<Work, { kind: "parallel" }>,
  state: State,
  piece: Piece,
  scope: CancelScope,
): Promise<Settlement> {
  const { branches, concurrency, partial } = work;
  return bracket(run, piece, scope, async () => {
    const start = (index: number, inner: CancelScope): Promise<Settlement> => {
      const { name, body } = branches[index]!;
      const part = {
        node: `${piece.name}/${name}`,
        path: `${piece.path}/${name}`,
        state,
        input: () => ({ ...state }),
        partial,
      };
      return runBody(run, body, part, step.handling, inner);
    };
    const settlements = await fanOut({ count: branches.length, concurrency, partial, start }, scope);
    return (
      obstacle(settlements, partial) ??
      ok(Object.fromEntries(branches.map(({ name }, index) => [name, partValue(settlements[index]!, partial)])))
    );
  });
}
