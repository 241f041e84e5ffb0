import { fakeClock } from "@flyball/core";
import { describe, expect, it } from "vitest";
import { createEngine, type RunEvent, type RunEvents, workflow } from "../src/index.ts";

async function collect(events: RunEvents): Promise<RunEvent[]> {
  const all: RunEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}

describe("a run's events", () => {
  it("tell what happens, in order, with chunks as they come", async () => {
    const clock = fakeClock();
    const graph = workflow<number>("w")
      .node("a", { retry: { attempts: 2, backoffMs: 5, jitter: 0 } }, async (_state, context) => {
        if (context.attempt === 1) throw new Error("first");
        context.emit("to");
        await clock.sleep(20);
        context.emit("ken");
      })
      .node("b", { when: () => false }, () => 1)
      .map("m", { items: () => ["x"] }, () => 1)
      .build();
    const run = createEngine({ clock }).start(graph, 1);
    const events = collect(run.events());
    await clock.advance(100);
    const lines = (await events).map((event) => {
      const {
        type,
        path = "",
        status = "",
        durationMs = "",
        chunk = "",
        attempt = "",
      } = event as unknown as Record<string, unknown>;
      return [type, path, status, durationMs, chunk, attempt].join(" ").trim();
    });
    expect(lines.map((line) => line.replace(/ +/g, " "))).toEqual([
      "node-started a",
      "node-retried a 1",
      "node-chunk a to",
      "node-chunk a ken",
      "node-ended a ok 25",
      "node-started b",
      "node-ended b skipped 0",
      "node-started m",
      "node-started m[0]",
      "node-ended m[0] ok 0",
      "node-ended m ok 0",
      "run-ended completed",
    ]);
  });

  it("reach every listener, from the moment it listens; a late one hears the end", async () => {
    const graph = workflow<number>("w")
      .node("a", () => 1)
      .build();
    const run = createEngine().start(graph, 1);
    const [one, two] = [collect(run.events()), collect(run.events())];
    expect(await one).toEqual(await two);
    expect(await collect(run.events())).toEqual([{ type: "run-ended", status: "completed" }]);
  });

  it("drop chunks before anything else for a reader that is too slow, and count what they drop", async () => {
    const graph = workflow<number>("w")
      .node("a", (_state, context) => {
        for (let index = 0; index < 12_000; index++) context.emit(index);
      })
      .node("b", () => 1)
      .build();
    const run = createEngine().start(graph, 1);
    const events = run.events();
    await run.result;
    expect((await collect(events)).map(({ type }) => type)).toEqual([
      "node-started",
      "node-ended",
      "node-started",
      "node-ended",
      "run-ended",
    ]);
    expect(events.dropped).toBe(12_000);
  });

  it("keep the newest when there is nothing but starts and ends to drop", async () => {
    const graph = workflow<number>("w")
      .map("m", { items: () => Array(6_000).fill(0) }, () => 1)
      .build();
    const run = createEngine().start(graph, 1);
    const events = run.events();
    await run.result;
    const all = await collect(events);
    expect(all).toHaveLength(10_000);
    expect(all.at(-1)).toEqual({ type: "run-ended", status: "completed" });
    expect(events.dropped).toBe(12_003 - 10_000);
  });

  it("may be left early, and a chunk after the node's end is nobody's", async () => {
    let emit: (chunk: unknown) => void = () => {};
    const graph = workflow<number>("w")
      .node("a", (_state, context) => {
        emit = context.emit;
        emit(1);
      })
      .node("b", () => emit(2))
      .build();
    const run = createEngine().start(graph, 1);
    const heard = collect(run.events());
    for await (const event of run.events()) if (event.type === "node-chunk") break;
    expect((await run.result).status).toBe("completed");
    expect((await heard).filter(({ type }) => type === "node-chunk")).toHaveLength(1);
  });
});
