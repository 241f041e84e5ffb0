// Prints what the heap holds more after 10,000 runs than after a warm-up of 2,000, in bytes. Needs --expose-gc.
// Usage: node leak-child.ts [bare]
import { setImmediate } from "node:timers/promises";
import { createEngine, createMemoryCheckpoints, workflow } from "../src/index.ts";

const child = workflow<number>("child")
  .node("x", async (state) => state.input)
  .build();
const graph = workflow<number>("w")
  .node("a", async () => "x".repeat(100))
  .node("b", { timeoutMs: 10_000, retry: { attempts: 2, backoffMs: 0 } }, async (_state, context) => {
    context.signal.addEventListener("abort", () => {});
    if (context.attempt === 1) throw new Error("first");
  })
  .map("m", { items: () => [1, 2, 3], partial: true }, async (item) => {
    if (item === 2) throw new Error("two");
    return item;
  })
  .workflow("n", child, { input: () => 1 })
  .node("end", () => 1)
  .build();
const failing = workflow<number>("failing")
  .node("a", () => Promise.reject(new Error("no")))
  .build();

let ended = 0;
const start = () => ({
  traceId: "t",
  spanId: "s",
  within: <T>(work: () => T) => work(),
  event() {},
  content() {},
  end: () => ended++,
});
const all = { telemetry: { start }, checkpoints: createMemoryCheckpoints({ maxRuns: 10 }) };
const engine = createEngine(process.argv[2] === "bare" ? {} : all);
const controller = new AbortController();

async function one(index: number): Promise<void> {
  if (index % 10 === 0) await engine.run(failing, 1, { signal: controller.signal });
  const run = engine.start(graph, 1, { signal: controller.signal });
  if (index % 10 === 5) for await (const event of run.events()) if (event.type === "node-started") run.cancel();
  await run.result;
}

/** Runs side by side, fifty at a time, so that the test does not wait for timers. */
async function run(times: number): Promise<number> {
  for (let done = 0; done < times; done += 50) await Promise.all(Array.from({ length: 50 }, (_, index) => one(index)));
  for (let turn = 0; turn < 5; turn++) {
    await setImmediate();
    globalThis.gc?.();
  }
  return process.memoryUsage().heapUsed;
}

const before = await run(2_000);
process.stdout.write(String((await run(10_000)) - before));
