import { describe, toError } from "@flyball/core";
import { fixed } from "../../checkpoint/journal.ts";
import { NodeValueError } from "../../errors.ts";
import type { State, Step, Work } from "../../graph/plan.ts";
import { bracket, type Piece } from "../bracket.ts";
import type { CancelScope } from "../cancel-scope.ts";
import type { Execution } from "../execution.ts";
import { fanOut, obstacle } from "../fan-out.ts";
import { failed, ok, type Settlement } from "../settlement.ts";
import { partValue, runBody } from "./body.ts";

/** Does the same for each item; the value is an array in the items' order. */
export function runMap(
  run: Execution,
  step: Step,
  work: Extract<Work, { kind: "map" }>,
  state: State,
  piece: Piece,
  scope: CancelScope,
): Promise<Settlement> {
  const { body, concurrency, partial } = work;
  return bracket(run, piece, scope, async () => {
    let items: readonly unknown[];
    try {
      items = await fixed(run.journal, `${piece.path}#items`, () => itemsOf(piece.path, work.items(state)));
    } catch (error) {
      return failed(piece.path, toError(error));
    }
    const start = (index: number, inner: CancelScope): Promise<Settlement> => {
      const item = items[index];
      const site = { node: `${piece.name}[]`, path: `${piece.path}[${index}]`, state, item };
      return runBody(run, body, { ...site, input: () => item, partial }, step.handling, inner);
    };
    const settlements = await fanOut({ count: items.length, concurrency, partial, start }, scope);
    return obstacle(settlements, partial) ?? ok(settlements.map((settlement) => partValue(settlement, partial)));
  });
}

function itemsOf(path: string, items: unknown): readonly unknown[] {
  if (Array.isArray(items)) return items;
  throw new NodeValueError(path, `items gave ${describe(items)}, expected an array`);
}
