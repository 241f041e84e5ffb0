import { TimeoutError, type Timer, toError } from "@flyball/core";
import { fixed } from "../../checkpoint/journal.ts";
import { NodeValueError } from "../../errors.ts";
import type { Handling, Plan, State } from "../../graph/plan.ts";
import { bracket } from "../bracket.ts";
import type { CancelScope } from "../cancel-scope.ts";
import type { Execution } from "../execution.ts";
import { runFrame } from "../frame.ts";
import { hold, release } from "../hold.ts";
import { timeoutOf } from "../perform.ts";
import { failed, type Settlement } from "../settlement.ts";

export interface Nesting {
  readonly node: string;
  readonly path: string;
  readonly state: State;
  readonly plan: Plan;
  readonly input: () => unknown;
  /** Whether the input comes from what is kept anyway (the state, a map's items) and need not be kept again. */
  readonly kept: boolean;
  readonly handling: Handling;
  readonly partial: boolean;
}

/** Runs a workflow as a piece of another; its nodes' paths lie under this one's, and so do their checkpoints. */
export function runNested(run: Execution, nesting: Nesting, scope: CancelScope): Promise<Settlement> {
  const { node: name, path, state, plan, handling, partial } = nesting;
  const piece = { name, path, labels: handling.labels, works: false, partial };
  return bracket(run, piece, scope, async () => {
    let input: unknown;
    let timeoutMs: number | undefined;
    try {
      const compute = (): unknown => checkedInput(path, plan, nesting.input());
      // A schema may transform, or fill in what differs each time: what it gave is kept too.
      input = nesting.kept && !plan.input ? compute() : await fixed(run.journal, `${path}#input`, compute);
      timeoutMs = timeoutOf(path, handling.timeoutMs, state);
    } catch (error) {
      return failed(path, toError(error));
    }
    const inner = scope.child();
    const deadline = timeoutMs === undefined ? undefined : armDeadline(run, path, timeoutMs, inner);
    const { settlement } = await runFrame(run, plan, input, `${path}/`, inner);
    inner.close();
    return deadline?.disarm() ?? settlement;
  });
}

/** Aborts the workflow when its time is over; `disarm` gives the failure if that has happened. */
function armDeadline(
  run: Execution,
  path: string,
  timeoutMs: number,
  scope: CancelScope,
): { disarm(): Settlement | undefined } {
  let late: Settlement | undefined;
  hold();
  const timer: Timer = run.clock.after(timeoutMs, () => {
    const error = new TimeoutError(`Workflow \`${path}\``, timeoutMs);
    late = failed(path, error);
    scope.abort(error);
  });
  return {
    disarm() {
      timer.cancel();
      release();
      return late;
    },
  };
}

function checkedInput(path: string, plan: Plan, input: unknown): unknown {
  if (!plan.input) return input;
  try {
    return plan.input.parse(input);
  } catch (error) {
    const why = toError(error).message;
    throw new NodeValueError(path, `its input was refused by the schema of workflow \`${plan.name}\`: ${why}`, error);
  }
}
