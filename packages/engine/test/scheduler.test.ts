import { fakeClock } from "@flyball/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createEngine, workflow } from "../src/index.ts";

interface Node {
  readonly name: string;
  readonly after: readonly string[];
  readonly durationMs: number;
}

/** A random graph: each node comes after some of the nodes before it. */
const graphs = fc
  .array(fc.record({ durationMs: fc.integer({ min: 0, max: 50 }), picks: fc.array(fc.nat(), { maxLength: 4 }) }), {
    minLength: 1,
    maxLength: 14,
  })
  .map((list) =>
    list.map(({ durationMs, picks }, index): Node => {
      const after = index === 0 ? [] : [...new Set(picks.map((pick) => `n${pick % index}`))];
      return { name: `n${index}`, after, durationMs };
    }),
  );

/** Runs a graph on a fake clock and tells when each node began and what it saw. */
async function observe(nodes: readonly Node[], concurrency?: number) {
  const clock = fakeClock();
  const began = new Map<string, number>();
  const saw = new Map<string, string[]>();
  let atWork = 0;
  let most = 0;
  // biome-ignore lint/suspicious/noExplicitAny: the graph is made at run time
  let builder: any = workflow<number>("random");
  for (const { name, after, durationMs } of nodes) {
    builder = builder.node(name, { after }, async (state: object) => {
      began.set(name, clock.monotonic());
      saw.set(name, Object.keys(state));
      most = Math.max(most, ++atWork);
      await clock.sleep(durationMs);
      atWork--;
      return name;
    });
  }
  const engine = createEngine({ clock });
  const run = engine.start(builder.build(), 1, concurrency === undefined ? {} : { concurrency });
  await clock.advance(10_000);
  return { result: await run.result, began, saw, most };
}

/** When each node may begin at the earliest. */
function earliest(nodes: readonly Node[]): Map<string, number> {
  const begins = new Map<string, number>();
  const ends = new Map<string, number>();
  for (const { name, after, durationMs } of nodes) {
    const begin = Math.max(0, ...after.map((other) => ends.get(other)!));
    begins.set(name, begin);
    ends.set(name, begin + durationMs);
  }
  return begins;
}

function ancestors(nodes: readonly Node[], name: string): Set<string> {
  const node = nodes.find((other) => other.name === name)!;
  return new Set(node.after.flatMap((other) => [other, ...ancestors(nodes, other)]));
}

describe("the scheduler", () => {
  it("starts a node beside a slow one as soon as its own dependency ends (LangGraph waits for the round)", async () => {
    const { began } = await observe([
      { name: "n0", after: [], durationMs: 300 },
      { name: "n1", after: [], durationMs: 10 },
      { name: "n2", after: ["n1"], durationMs: 1 },
    ]);
    expect(began.get("n2")).toBe(10);
  });

  it("starts every node exactly when its last dependency ends, and shows it its ancestors' values alone", async () => {
    await fc.assert(
      fc.asyncProperty(graphs, async (nodes) => {
        const { result, began, saw } = await observe(nodes);
        expect(result.status).toBe("completed");
        expect([...began].sort()).toEqual([...earliest(nodes)].sort());
        for (const { name } of nodes) {
          const visible = new Set([...ancestors(nodes, name), "input"]);
          // A node that comes before or after every other one is handed the state itself, which holds the same.
          expect(new Set(saw.get(name))).toEqual(visible);
        }
      }),
      { numRuns: 60, seed: 1 },
    );
  });

  it("does not depend on the order of declaration", async () => {
    await fc.assert(
      fc.asyncProperty(
        graphs.chain((nodes) =>
          fc.tuple(fc.constant(nodes), fc.shuffledSubarray([...nodes], { minLength: nodes.length })),
        ),
        async ([nodes, shuffled]) => {
          const [one, two] = [await observe(nodes), await observe(shuffled)];
          expect([...two.began].sort()).toEqual([...one.began].sort());
          expect(two.result).toMatchObject({ status: "completed" });
        },
      ),
      { numRuns: 30, seed: 2 },
    );
  });

  it("keeps to the run's concurrency, and never leaves a slot free while a node is ready", async () => {
    await fc.assert(
      fc.asyncProperty(graphs, fc.integer({ min: 1, max: 4 }), async (nodes, concurrency) => {
        const { result, most, began } = await observe(nodes, concurrency);
        expect(result.status).toBe("completed");
        expect(most).toBeLessThanOrEqual(concurrency);
        const total = nodes.reduce((sum, { durationMs }) => sum + durationMs, 0);
        const free = earliest(nodes);
        for (const { name, durationMs } of nodes) {
          const begin = began.get(name)!;
          if (begin === free.get(name)) continue;
          // Graham's bound for list scheduling, which holds only when no slot idles beside a ready node.
          const chain = longestChainEndingAt(nodes, name) - durationMs;
          expect(begin).toBeLessThanOrEqual(chain + (total - chain) / concurrency + 1e-9);
        }
      }),
      { numRuns: 60, seed: 3 },
    );
  });

  it("runs a line of five thousand synchronous nodes without a deep stack", async () => {
    // biome-ignore lint/suspicious/noExplicitAny: the graph is made at run time
    let builder: any = workflow<number>("line");
    for (let index = 0; index < 5_000; index++) builder = builder.node(`n${index}`, () => index);
    const result = await createEngine().run(builder.build(), 1);
    expect(result).toMatchObject({ status: "completed", state: { n4999: 4999 } });
  });

  it("completes a graph without nodes", async () => {
    expect(await createEngine().run(workflow<number>("empty").build(), 7)).toMatchObject({
      status: "completed",
      output: { input: 7 },
    });
  });
});

function longestChainEndingAt(nodes: readonly Node[], name: string): number {
  const { after, durationMs } = nodes.find((node) => node.name === name)!;
  return durationMs + Math.max(0, ...after.map((other) => longestChainEndingAt(nodes, other)));
}
