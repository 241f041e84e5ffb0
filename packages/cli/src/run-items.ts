import type { Approval, PendingApproval, RunResult } from "@flyball/engine";
import type { Flyball, PipelineItem, ReadyPipeline } from "@flyball/sdk";
import type { Progress } from "./progress/progress.ts";

/** What one run came to. */
export interface ItemResult {
  readonly item: string;
  readonly runId: string;
  readonly traceId: string;
  readonly status: RunResult<unknown, unknown>["status"];
  readonly durationMs: number;
  readonly error?: { readonly node?: string; readonly message: string };
}

/** All runs of one command. */
export interface Tally {
  readonly completed: number;
  /** Everything that did not complete: failed, suspended, cancelled, refused. */
  readonly notCompleted: number;
  /** At most the first 10,000. */
  readonly results: readonly ItemResult[];
}

export interface RunItemsOptions {
  readonly flyball: Flyball;
  readonly pipeline: ReadyPipeline<unknown, unknown, unknown>;
  /** Most items. */
  readonly limit: number;
  /** Runs at once. */
  readonly concurrency: number;
  /** Ends the runs under way, and begins no more. */
  readonly signal: AbortSignal;
  readonly progress: Progress;
  readonly approve: (pending: PendingApproval, item: PipelineItem<unknown>) => Approval | Promise<Approval>;
}

const mostResults = 10_000;

/** Runs a pipeline over its inputs, some at once. Never rejects for a run that fails: that is a result. */
export async function runItems(options: RunItemsOptions): Promise<Tally> {
  const { limit, concurrency, signal } = options;
  const inputs = options.pipeline.inputs()[Symbol.asyncIterator]();
  const results: ItemResult[] = [];
  let completed = 0;
  let notCompleted = 0;
  let taken = 0;

  async function next(): Promise<PipelineItem<unknown> | undefined> {
    if (signal.aborted || taken >= limit) return undefined;
    taken++;
    // Inputs may be a queue that is empty for long: Ctrl-C does not wait for the next one.
    const step = await unlessAborted(inputs.next(), signal);
    return step === undefined || step.done ? undefined : step.value;
  }
  async function work(): Promise<void> {
    for (let item = await next(); item; item = await next()) {
      const result = await runItem(options, item);
      if (result.status === "completed") completed++;
      else notCompleted++;
      if (results.length < mostResults) results.push(result);
    }
  }
  await Promise.all(Array.from({ length: Math.min(concurrency, limit) }, work));
  // Not waited for: a generator that waits for its own input answers only then.
  void inputs.return?.()?.catch?.(() => {});
  return { completed, notCompleted, results };
}

async function runItem(options: RunItemsOptions, item: PipelineItem<unknown>): Promise<ItemResult> {
  const { flyball, pipeline, signal, progress, approve } = options;
  const { id, input, unit, session, priority } = item;
  const startedAt = performance.now();
  progress.started(id);
  const run = flyball.start(pipeline.workflow, input, {
    signal,
    approve: (pending) => approve(pending, item),
    ...(unit === undefined ? {} : { unit }),
    ...(session === undefined ? {} : { session }),
    ...(priority === undefined ? {} : { priority }),
  });
  const shown = showEvents(run.events(), id, progress);
  const result = await run.result;
  await shown;
  const durationMs = performance.now() - startedAt;
  progress.ended(id, result, durationMs);
  const text = await pipeline.present?.(result, item);
  if (text !== undefined) progress.print(text);
  return {
    item: id,
    runId: result.runId,
    traceId: "traceId" in result ? result.traceId : "",
    status: result.status,
    durationMs,
    ...("error" in result ? { error: errorOf(result) } : {}),
  };
}

/** Undefined when the signal comes first. Not a race against one promise, which would keep a reaction for each item. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const abort = (): void => resolve(undefined);
    signal.addEventListener("abort", abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}

function errorOf(result: { readonly error: Error; readonly node?: string }): NonNullable<ItemResult["error"]> {
  const { error, node } = result;
  return node === undefined ? { message: error.message } : { node, message: error.message };
}

async function showEvents(
  events: AsyncIterable<Parameters<Progress["event"]>[1]>,
  item: string,
  progress: Progress,
): Promise<void> {
  for await (const event of events) progress.event(item, event);
}
