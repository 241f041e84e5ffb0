import { toError } from "@flyball/core";
import type { State, Step } from "../graph/plan.ts";
import { begin, detailsOf, type Piece, sendEnded, statusOf } from "./bracket.ts";
import type { CancelScope } from "./cancel-scope.ts";
import type { Execution } from "./execution.ts";
import { runApproval } from "./kinds/approval.ts";
import { runMap } from "./kinds/map.ts";
import { runNested } from "./kinds/nested.ts";
import { runParallel } from "./kinds/parallel.ts";
import { runRefine } from "./kinds/refine.ts";
import { runRoute } from "./kinds/route.ts";
import { perform } from "./perform.ts";
import { failed, ok, type Settlement } from "./settlement.ts";

/** Runs one step, of whichever kind. Never rejects. */
export function runStep(
  run: Execution,
  step: Step,
  state: State,
  path: string,
  scope: CancelScope,
): Promise<Settlement> {
  return step.when ? runIf(step.when, run, step, state, path, scope) : runWork(run, step, state, path, scope);
}

function runWork(run: Execution, step: Step, state: State, path: string, scope: CancelScope): Promise<Settlement> {
  const { work, handling, name } = step;
  const piece: Piece = { name, path, labels: handling.labels, works: false, partial: false };
  switch (work.kind) {
    case "node": {
      const call = run.wrap(work.call, handling.middleware);
      return perform(run, { node: name, path, state, call, handling, partial: false }, scope);
    }
    case "parallel":
      return runParallel(run, step, work, state, piece, scope);
    case "map":
      return runMap(run, step, work, state, piece, scope);
    case "route":
      return runRoute(run, step, work, state, piece, scope);
    case "refine":
      return runRefine(run, step, work, state, piece, scope);
    case "approval":
      return runApproval(run, work, state, piece, scope);
    case "workflow": {
      const { plan, input } = work;
      const nesting = { node: name, path, state, plan, handling, partial: false, kept: false };
      return runNested(run, { ...nesting, input: () => input(state) }, scope);
    }
  }
}

async function runIf(
  when: (state: State) => boolean,
  run: Execution,
  step: Step,
  state: State,
  path: string,
  scope: CancelScope,
): Promise<Settlement> {
  const piece: Piece = { name: step.name, path, labels: step.handling.labels, works: false, partial: false };
  const restored = run.journal?.restore(path);
  if (restored) {
    sendEnded(run, piece, "restored", 0);
    return restored;
  }
  let settlement: Settlement;
  try {
    if (when(state)) return runWork(run, step, state, path, scope);
    settlement = ok(undefined);
    await run.journal?.save(path, "skipped", run.journal.encode(path, undefined));
  } catch (error) {
    settlement = failed(path, toError(error));
  }
  const status = settlement.status === "ok" ? "skipped" : statusOf(settlement);
  begin(run, piece).end(status, detailsOf(settlement));
  sendEnded(run, piece, status, 0, settlement);
  return settlement;
}
