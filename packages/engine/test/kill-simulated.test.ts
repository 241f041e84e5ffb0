import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Approval,
  type CheckpointStore,
  createEngine,
  createMemoryCheckpoints,
  type NodeContext,
  type RunResult,
  type Workflow,
  workflow,
} from "../src/index.ts";

/** A random workflow: what it is made of, from which it is built again in every "process". */
type Shape =
  | { readonly kind: "node" | "skip" | "approval" }
  | { readonly kind: "refine" | "map"; readonly times: number; readonly partial: boolean }
  | { readonly kind: "parallel" | "route"; readonly inner: readonly Shape[] }
  | { readonly kind: "nested"; readonly inner: readonly Shape[]; readonly copies: number };

const leaf: fc.Arbitrary<Shape> = fc.oneof(
  fc.constantFrom<Shape>({ kind: "node" }, { kind: "node" }, { kind: "skip" }, { kind: "approval" }),
  fc.record({
    kind: fc.constantFrom("refine" as const, "map" as const),
    times: fc.integer({ min: 1, max: 3 }),
    partial: fc.boolean(),
  }),
);
const shapes: fc.Arbitrary<readonly Shape[]> = fc.letrec<{ shape: Shape; list: readonly Shape[] }>((tie) => ({
  shape: fc.oneof(
    { maxDepth: 2, depthSize: "small" },
    leaf,
    fc.record({ kind: fc.constantFrom("parallel" as const, "route" as const), inner: tie("list") }),
    fc.record({ kind: fc.constant("nested" as const), inner: tie("list"), copies: fc.integer({ min: 1, max: 2 }) }),
  ),
  list: fc.array(tie("shape"), { minLength: 1, maxLength: 4 }),
})).list;

/** Everything that survives a process, and the process that lives now. */
class World {
  readonly base = createMemoryCheckpoints();
  readonly violations: string[] = [];
  readonly kept = new Set<string>();
  /** Times that functions were begun, over all processes. */
  begun = 0;
  #budget = Number.POSITIVE_INFINITY;
  #die: () => void = () => {};
  dead: Promise<"killed"> = new Promise(() => {});

  /** A new process, which dies when it asks the store for the `budget`-th time. */
  spawn(budget: number): void {
    this.#budget = budget;
    this.dead = new Promise((resolve) => {
      this.#die = () => resolve("killed");
    });
  }

  /** The store as one process sees it: after its death nothing comes back, but what was asked last may have been done. */
  store(): CheckpointStore {
    const alive = this.dead;
    const mortal = async <T>(work: () => Promise<T>): Promise<T> => {
      if (alive !== this.dead || this.#budget <= 0) return new Promise(() => {});
      if (--this.#budget > 0) return work();
      if (this.begun % 2) await work();
      this.#die();
      return new Promise(() => {});
    };
    const { base, kept } = this;
    return {
      ...base,
      create: (head) => mortal(() => base.create(head)),
      save: (runId, record) =>
        mortal(async () => {
          await base.save(runId, record);
          if (record.status !== "suspended") kept.add(record.path);
        }),
      setStatus: (runId, status) => mortal(() => base.setStatus(runId, status)),
      load: (runId) => mortal(() => base.load(runId)),
      claim: async (_runId, owner) => owner,
      release: async () => {},
    };
  }

  /** What every node does: a function that must not begin again once its end is kept. */
  work(context: NodeContext): Promise<string> {
    const alive = this.dead;
    if (this.kept.has(context.path)) this.violations.push(context.path);
    this.begun++;
    return new Promise((resolve) => setImmediate(() => alive === this.dead && resolve(context.path)));
  }

  build(shape: readonly Shape[], name: string): Workflow<unknown, object, unknown> {
    // biome-ignore lint/suspicious/noExplicitAny: the graph is made at run time
    let builder: any = workflow<unknown>(name);
    const work = (_state: unknown, context: NodeContext) => this.work(context);
    for (const [index, part] of shape.entries()) {
      const id = `n${index}`;
      // Every other node runs beside the one before it.
      const after = index > 1 && index % 2 ? { after: [`n${index - 2}`] } : {};
      const inner = "inner" in part ? this.build(part.inner, `${name}-${id}`) : undefined;
      switch (part.kind) {
        case "node":
          builder = builder.node(id, after, work);
          break;
        case "skip":
          builder = builder.node(id, { ...after, when: () => false }, work);
          break;
        case "approval":
          builder = builder.approval(id, { ...after, show: (state: object) => Object.keys(state) });
          break;
        case "map": {
          const item = (which: number, _state: unknown, context: NodeContext) =>
            this.work(context).then((path) => (part.partial && which === 1 ? Promise.reject(new Error(path)) : path));
          builder = builder.map(
            id,
            { ...after, items: () => [...Array(part.times).keys()], partial: part.partial },
            item,
          );
          break;
        }
        case "refine": {
          const score = (_value: unknown, _state: unknown, context: NodeContext) => context.iteration;
          builder = builder.refine(id, { ...after, attempt: work, score, threshold: part.times, maxIterations: 3 });
          break;
        }
        case "parallel":
          builder = builder.parallel(id, after, { plain: work, inner });
          break;
        case "route":
          builder = builder.route(id, { ...after, choose: () => "inner" }, { other: work, inner });
          break;
        case "nested":
          builder = builder.map(id, { ...after, items: () => Array(part.copies).fill(0) }, inner);
      }
    }
    return builder.build();
  }
}

const yes: Approval = { approved: true };

/** Runs a workflow to its end, whatever it takes, and gives its final state. */
async function live(world: World, shape: readonly Shape[], budgets: readonly number[], together: boolean) {
  let answers: Record<string, Approval> = {};
  for (let process = 0; process < 200; process++) {
    world.spawn(budgets[process] ?? Number.POSITIVE_INFINITY);
    const graph = world.build(shape, "w");
    const engine = createEngine({ checkpoints: world.store() });
    const started = (await world.base.load("run")) !== undefined;
    const run = started ? engine.resume(graph, "run", { answers }) : engine.start(graph, 1, { runId: "run" });
    const result: RunResult<object, unknown> | "killed" = await Promise.race([run.result, world.dead]);
    if (result === "killed") continue;
    if (result.status === "completed") return result.output;
    if (result.status !== "suspended") throw new Error(`${result.status}: ${String(result.error)}`);
    const asked = together ? result.pending : result.pending.slice(0, 1);
    answers = Object.fromEntries(asked.map(({ path }) => [path, yes]));
  }
  throw new Error("the run came to no end");
}

describe("a process that dies at any moment", () => {
  it("never has a finished node run twice, and the run ends as if nothing had happened", async () => {
    const budgets = fc.array(fc.integer({ min: 1, max: 25 }), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(shapes, budgets, fc.boolean(), async (shape, budget, together) => {
        const undisturbed = await live(new World(), shape, [], together);
        const world = new World();
        expect(await live(world, shape, budget, together)).toEqual(undisturbed);
        expect(world.violations).toEqual([]);
      }),
      { numRuns: 150, seed: 4 },
    );
  });

  it("is a test that notices: without the journal's restore the same runs would do work twice", async () => {
    const world = new World();
    const forgetful = {
      ...world.base,
      load: async (runId: string) => {
        const stored = await world.base.load(runId);
        return stored && { ...stored, records: stored.records.filter(({ status }) => status === "suspended") };
      },
    };
    const graph = world.build([{ kind: "node" }, { kind: "approval" }], "w");
    world.spawn(Number.POSITIVE_INFINITY);
    await createEngine({ checkpoints: { ...world.store() } }).run(graph, 1, { runId: "run" });
    await createEngine({ checkpoints: forgetful }).resume(graph, "run", { answers: { n1: yes } }).result;
    expect(world.violations).toEqual(["n0"]);
  });
});
