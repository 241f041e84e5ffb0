import { describe, TimeoutError, type Timer, toError } from "@flyball/core";
import { NodeValueError } from "../errors.ts";
import type { Call, Handling, State } from "../graph/plan.ts";
import type { ValueSchema } from "../types.ts";
import { bracket } from "./bracket.ts";
import type { CancelScope } from "./cancel-scope.ts";
import type { Execution } from "./execution.ts";
import { hold, release } from "./hold.ts";
import { CallContext, type CallSite } from "./node-context.ts";
import type { Recording } from "./recorder.ts";
import { backoff, retryable } from "./retry.ts";
import { cancelled, failed, ok, type Settlement } from "./settlement.ts";

/** One user function to call, and how. */
export interface Performance extends CallSite {
  /** Its middleware is around it already. */
  readonly call: Call;
  readonly handling: Handling;
  /** See `Piece`. */
  readonly partial: boolean;
}

/** Calls a user's function as a piece of work of its own: recorded, tried again, bounded in time, kept. */
export function perform(run: Execution, performance: Performance, scope: CancelScope): Promise<Settlement> {
  const { node: name, path, iteration, partial, handling } = performance;
  const piece = { name, path, iteration, labels: handling.labels, works: true, partial };
  return bracket(run, piece, scope, async (recording, tally) => {
    for (let attempt = 1; ; attempt++) {
      tally.attempts = attempt;
      const settlement = await tryOnce(run, performance, scope, attempt);
      if (settlement.status !== "failed" || attempt >= (handling.retry?.attempts ?? 1)) return settlement;
      const pause = await pauseBefore(run, performance, scope, attempt, settlement.error, recording);
      if (pause) return pause;
    }
  });
}

/** Waits until the next try may begin; a settlement says that there will be none. */
async function pauseBefore(
  run: Execution,
  { node, path, handling }: Performance,
  parent: CancelScope,
  attempt: number,
  error: Error,
  recording: Recording,
): Promise<Settlement | undefined> {
  const policy = handling.retry;
  const scope = parent.child();
  try {
    if (!policy || !retryable(policy, error)) return failed(path, error);
    recording.event("retry", { attempt });
    if (run.events.heard) run.events.send({ type: "node-retried", path, node, attempt, error });
    await run.clock.sleep(backoff(policy, attempt, run.random), scope.signal);
    return undefined;
  } catch (thrown) {
    return parent.aborted ? cancelled : failed(path, toError(thrown));
  } finally {
    scope.close();
  }
}

/** One try. It ends with the function, its timeout or the scope, whichever is first; what comes later is ignored. */
function tryOnce(run: Execution, performance: Performance, parent: CancelScope, attempt: number): Promise<Settlement> {
  if (parent.aborted) return Promise.resolve(cancelled);
  return new Promise((resolve) => {
    const { path, call, handling } = performance;
    const scope = parent.child();
    const context = new CallContext(run.scope, run.events, performance, attempt, parent, scope);
    let timer: Timer | undefined;
    let open = true;
    const settle = (settlement: Settlement): void => {
      if (!open) return;
      open = false;
      if (timer) {
        timer.cancel();
        release();
      }
      context.end();
      resolve(settlement);
    };
    scope.onAbort = () => settle(cancelled);
    try {
      const timeoutMs = timeoutOf(path, handling.timeoutMs, performance.state);
      if (timeoutMs !== undefined) {
        hold();
        timer = run.clock.after(timeoutMs, () => {
          const error = new TimeoutError(`Node \`${path}\``, timeoutMs);
          settle(failed(path, error));
          scope.abort(error);
        });
      }
      const value = call(context);
      if (!isPromiseLike(value)) settle(accept(performance, value));
      else {
        Promise.resolve(value).then(
          (result) => settle(accept(performance, result)),
          (thrown) => settle(failed(path, toError(thrown))),
        );
      }
    } catch (thrown) {
      settle(failed(path, toError(thrown)));
    }
  });
}

/** The timeout that holds for this state; undefined when there is none. */
export function timeoutOf(path: string, timeoutMs: Handling["timeoutMs"], state: State): number | undefined {
  const ms = typeof timeoutMs === "function" ? timeoutMs(state) : timeoutMs;
  if (ms === undefined || ms === Number.POSITIVE_INFINITY) return undefined;
  if (typeof ms === "number" && ms > 0) return ms;
  throw new NodeValueError(path, `timeoutMs gave ${describe(ms)}, expected a positive number of milliseconds`);
}

function accept({ path, handling }: Performance, value: unknown): Settlement {
  try {
    return ok(checked(path, handling.output, value));
  } catch (error) {
    return failed(path, toError(error));
  }
}

/** The value as its schema gives it back. @throws NodeValueError when the schema refuses it. */
export function checked(path: string, schema: ValueSchema<unknown> | undefined, value: unknown): unknown {
  if (!schema) return value;
  try {
    return schema.parse(value);
  } catch (error) {
    throw new NodeValueError(path, `its value was refused by its schema: ${toError(error).message}`, error);
  }
}

/** Whether a value has to be waited for. */
export function isPromiseLike(value: unknown): value is PromiseLike<unknown> {
  return (
    value instanceof Promise ||
    (typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function")
  );
}
