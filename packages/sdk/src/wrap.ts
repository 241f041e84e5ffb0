import { AsyncLocalStorage } from "node:async_hooks";
import type { OutcomeDetails, Telemetry } from "@flyball/telemetry";

/** Any async function; `never[]` so that every parameter list fits. */
export type AsyncFunction = (...parameters: never[]) => Promise<unknown>;

export interface WrapOptions<Run extends AsyncFunction> {
  /** Values from a small set: they become metric labels. */
  readonly labels?: Readonly<Record<string, string>>;
  /** What the outcome should carry of the result, for example its quality. */
  readonly details?: (result: Awaited<ReturnType<Run>>) => OutcomeDetails;
}

const iterations = new AsyncLocalStorage<number>();

/** Runs `work` as turn `iteration` (from 1) of a refinement loop: nodes wrapped inside carry it. */
export function withIteration<T>(iteration: number, work: () => T): T {
  return iterations.run(iteration, work);
}

/**
 * Wraps an async function so that each call is one node: a span, an outcome, a window. The function's type, `this`,
 * result and errors stay as they are.
 */
export function wrapNode<Run extends AsyncFunction>(
  telemetry: Telemetry,
  name: string,
  run: Run,
  options: WrapOptions<Run> = {},
): Run {
  const { labels, details } = options;
  const kept = labels ? ({ kind: "node", name, labels } as const) : ({ kind: "node", name } as const);
  const call = run as unknown as (this: unknown, ...parameters: unknown[]) => Promise<Awaited<ReturnType<Run>>>;
  function wrapped(this: unknown, ...parameters: unknown[]): Promise<unknown> {
    const iteration = iterations.getStore();
    const start = iteration === undefined ? kept : { ...kept, iteration };
    return telemetry.trace(start, () => call.apply(this, parameters), details);
  }
  Object.defineProperty(wrapped, "name", { value: run.name || name });
  Object.defineProperty(wrapped, "length", { value: run.length });
  return wrapped as unknown as Run;
}
