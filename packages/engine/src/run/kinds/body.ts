import type { Handling, PlanBody, State } from "../../graph/plan.ts";
import type { CancelScope } from "../cancel-scope.ts";
import type { Execution } from "../execution.ts";
import { perform } from "../perform.ts";
import { failureOf, type Settlement } from "../settlement.ts";
import { runNested } from "./nested.ts";

/** A branch or an item to run. */
export interface Part {
  readonly node: string;
  readonly path: string;
  readonly state: State;
  /** A map's item. */
  readonly item?: unknown;
  /** What a nested workflow receives: a map's item, else the state as it is now. */
  readonly input: () => unknown;
  readonly partial: boolean;
}

/** Runs a function or a nested workflow as one part of a bigger node. */
export function runBody(
  run: Execution,
  body: PlanBody,
  part: Part,
  handling: Handling,
  scope: CancelScope,
): Promise<Settlement> {
  switch (body.kind) {
    case "function":
      return perform(run, { ...part, call: run.wrap(body.call, handling.middleware), handling }, scope);
    case "workflow":
      return runNested(run, { ...part, plan: body.plan, kept: true, handling }, scope);
  }
}

/** A part's result as the node's value shows it. Of partial work each part says how it ended. */
export function partValue(settlement: Settlement, partial: boolean): unknown {
  switch (settlement.status) {
    case "ok":
      return partial ? settlement : settlement.value;
    case "failed":
      return { status: "failed", error: failureOf(settlement.error) };
    case "suspended":
    case "cancelled":
      throw new Error(`a part that is ${settlement.status} has no value`);
  }
}
