import { workflow } from "@flyball/engine";
import { type Flyball, type PipelineItem, type ReadyPipeline, start } from "@flyball/sdk";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Progress } from "../src/progress/progress.ts";
import { runItems } from "../src/run-items.ts";

const silent: Progress = { started() {}, event() {}, ended() {}, print() {}, pause() {}, resume() {}, close() {} };

let flyball: Flyball;
beforeAll(async () => {
  flyball = await start({ environment: {}, store: { path: ":memory:" } });
});
afterAll(() => flyball.shutdown());

let atOnce = 0;
let mostAtOnce = 0;
const counting = workflow<number>("counting")
  .node("work", async ({ input }) => {
    mostAtOnce = Math.max(mostAtOnce, ++atOnce);
    await new Promise((resolve) => setImmediate(resolve));
    atOnce--;
    return input;
  })
  .build();

function over(inputs: () => AsyncGenerator<PipelineItem<unknown>>): ReadyPipeline<unknown, unknown, unknown> {
  return { workflow: counting, inputs } as unknown as ReadyPipeline<unknown, unknown, unknown>;
}
const run = (
  pipeline: ReadyPipeline<unknown, unknown, unknown>,
  more: { limit?: number; concurrency?: number; signal?: AbortSignal },
) =>
  runItems({
    flyball,
    pipeline,
    limit: more.limit ?? Number.POSITIVE_INFINITY,
    concurrency: more.concurrency ?? 1,
    signal: more.signal ?? new AbortController().signal,
    progress: silent,
    approve: () => ({ approved: true }),
  });

describe("running over inputs", () => {
  test("takes as many as the limit says, at most so many at once, and gives the generator back", async () => {
    let produced = 0;
    let returned = false;
    async function* endless(): AsyncGenerator<PipelineItem<unknown>> {
      try {
        for (;;) yield { id: `i-${++produced}`, input: produced };
      } finally {
        returned = true;
      }
    }
    const { completed, results } = await run(over(endless), { limit: 20, concurrency: 4 });
    expect(completed).toBe(20);
    expect(new Set(results.map(({ item }) => item)).size).toBe(20);
    expect(mostAtOnce).toBe(4);
    await expect.poll(() => returned).toBe(true);
    expect(produced).toBe(20);
  });

  test("ends when asked although no input comes", async () => {
    const stop = new AbortController();
    async function* waiting(): AsyncGenerator<PipelineItem<unknown>> {
      yield { id: "only", input: 1 };
      setImmediate(() => stop.abort());
      await new Promise(() => {});
    }
    expect(await run(over(waiting), { signal: stop.signal })).toMatchObject({
      completed: 1,
      notCompleted: 0,
    });
  });

  test("inputs that fail are an error of the command, not a run", async () => {
    async function* failing(): AsyncGenerator<PipelineItem<unknown>> {
      yield { id: "first", input: 1 };
      throw new Error("the queue is gone");
    }
    await expect(run(over(failing), {})).rejects.toThrow("the queue is gone");
  });
});
