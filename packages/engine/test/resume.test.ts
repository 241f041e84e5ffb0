import { describe, expect, it } from "vitest";
import {
  type Approval,
  type CheckpointStore,
  createEngine,
  createMemoryCheckpoints,
  type RunResult,
  workflow,
} from "../src/index.ts";

const yes: Approval = { approved: true, by: "Ann" };
const answered = (...paths: string[]) => Object.fromEntries(paths.map((path) => [path, yes]));

/** Each engine stands for a process of its own; what they share is the store. */
function processes(checkpoints: CheckpointStore = createMemoryCheckpoints()) {
  return { checkpoints, engine: () => createEngine({ checkpoints }) };
}

/** Counts how often each piece of work was done. */
function counter() {
  const counts: Record<string, number> = {};
  const count = (name: string) => {
    counts[name] = (counts[name] ?? 0) + 1;
    return name;
  };
  return { counts, count };
}

const index = (name: string) => Number(name.slice(1));
const pendingOf = (result: RunResult<unknown, unknown>) =>
  result.status === "suspended" ? result.pending.map(({ path }) => path) : result.status;

describe("a run that waits for an approval", () => {
  const graph = workflow<string>("w")
    .node("draft", (state) => `draft of ${state.input}`)
    .approval("ok", { show: (state) => state.draft })
    .node("final", (state) => [state.draft, state.ok.by, state.ok.edit])
    .build({ output: (state) => state.final });

  it("goes on with the answer in another process, and tells what it waits for meanwhile", async () => {
    const { engine } = processes();
    const run = engine().start(graph, "x");
    expect(await run.result).toMatchObject({
      status: "suspended",
      state: { draft: "draft of x" },
      pending: [{ path: "ok", node: "ok", show: "draft of x" }],
    });
    expect(await engine().pending(run.id)).toEqual([{ path: "ok", node: "ok", show: "draft of x" }]);
    expect(await engine().list({ status: "suspended" })).toMatchObject([{ runId: run.id, workflow: "w" }]);
    expect(pendingOf(await engine().resume(graph, run.id).result)).toEqual(["ok"]);
    const answers = { ok: { approved: true, by: "Ann", edit: "better" } };
    expect(await engine().resume(graph, run.id, { answers }).result).toMatchObject({
      status: "completed",
      output: ["draft of x", "Ann", "better"],
    });
    expect(await engine().pending(run.id)).toEqual([]);
    expect(await engine().pending("nobody")).toBeUndefined();
  });

  it("fails when the answer is no, and may be answered again; or goes on when it is told to", async () => {
    const { engine } = processes();
    const run = engine().start(graph, "x");
    await run.result;
    const no = { ok: { approved: false, by: "Ann", comment: "too long" } };
    expect(await engine().resume(graph, run.id, { answers: no }).result).toMatchObject({
      status: "failed",
      node: "ok",
      error: {
        code: "approval_rejected",
        message: "Approval `ok` was refused by Ann: too long",
        by: "Ann",
        comment: "too long",
      },
    });
    expect((await engine().resume(graph, run.id, { answers: answered("ok") }).result).status).toBe("completed");

    const tolerant = workflow<string>("w")
      .approval("ok", { show: () => 1, onReject: "continue" })
      .build();
    const second = engine().start(tolerant, "x");
    await second.result;
    expect(await engine().resume(tolerant, second.id, { answers: no }).result).toMatchObject({
      status: "completed",
      state: { ok: { approved: false } },
    });
  });

  it("refuses a wrong answer before anything runs, and takes the same answer twice", async () => {
    const schema = {
      parse(value: unknown): string {
        if (typeof value === "string") return value;
        throw new Error("expected string");
      },
    };
    const checked = workflow<string>("w")
      .approval("one", { show: () => 1, schema })
      .node("middle", () => 1)
      .approval("two", { show: () => 2 })
      .build();
    const { engine } = processes();
    const run = engine().start(checked, "x");
    await run.result;
    const refusal = async (answers: Record<string, unknown>) => {
      const result = await engine().resume(checked, run.id, { answers: answers as never }).result;
      return result.status === "refused" ? result.error : result.status;
    };
    expect(await refusal({ nobody: yes })).toMatchObject({
      code: "answer_invalid",
      message: "Node `nobody`: workflow `w` has no approval there",
    });
    expect(await refusal({ middle: yes })).toMatchObject({ code: "answer_invalid" });
    expect(await refusal({ two: yes })).toMatchObject({
      message: "Node `two`: nothing waits for an answer there; waiting: `one`",
    });
    expect(await refusal({ one: "yes" })).toMatchObject({
      message: expect.stringContaining("expected an answer { approved"),
    });
    expect(await refusal({ one: { approved: true, edit: 3 } })).toMatchObject({
      message: expect.stringContaining("expected string"),
    });
    expect(await refusal({ one: { approved: true, edit: "a" } })).toBe("suspended");
    expect(await refusal({ one: { approved: true, edit: "a" } })).toBe("suspended");
    expect(await refusal({ one: { approved: false } })).toMatchObject({
      message: expect.stringContaining("it was answered differently before"),
    });
    expect(await refusal({ one: { approved: true, edit: "a" }, two: yes })).toBe("completed");
  });

  it("may be answered in the process itself, without suspending", async () => {
    const asked: unknown[] = [];
    const approve = async (pending: { path: string; show: unknown }): Promise<Approval | undefined> => {
      asked.push([pending.path, pending.show]);
      return yes;
    };
    expect(await createEngine().run(graph, "x", { approve })).toMatchObject({
      status: "completed",
      output: ["draft of x", "Ann", undefined],
    });
    expect(asked).toEqual([["ok", "draft of x"]]);
    const { engine } = processes();
    const failing = engine();
    expect(
      pendingOf(await failing.run(graph, "x", { approve: () => Promise.reject(new Error("no terminal")) })),
    ).toEqual(["ok"]);
    expect(failing.failures.get("approve")).toBe(1);
    expect(await createEngine().run(graph, "x", { approve: () => undefined })).toMatchObject({
      status: "failed",
      node: "ok",
    });
    expect(await createEngine().run(graph, "x")).toMatchObject({
      status: "refused",
      error: { code: "checkpoints_missing" },
    });
    const run = engine().start(graph, "y");
    await run.result;
    expect((await engine().resume(graph, run.id, { approve }).result).status).toBe("completed");
  });
});

describe("resuming, where others break", () => {
  it("does not restart a nested workflow from its beginning (langgraphjs#1552)", async () => {
    const { counts, count } = counter();
    const child = workflow<string>("child")
      .node("first", () => count("first"))
      .node("second", () => count("second"))
      .approval("ok", { show: () => 1 })
      .node("third", () => count("third"))
      .build({ output: (state) => state.third });
    const graph = workflow<string>("w")
      .node("before", () => count("before"))
      .workflow("n", child, { input: () => "x" })
      .build();
    const { engine } = processes();
    const run = engine().start(graph, "x");
    expect(pendingOf(await run.result)).toEqual(["n/ok"]);
    expect(await engine().resume(graph, run.id, { answers: answered("n/ok") }).result).toMatchObject({
      status: "completed",
      state: { n: "third" },
    });
    expect(counts).toEqual({ before: 1, first: 1, second: 1, third: 1 });
  });

  it("comes to a second approval after the first, and a third (langgraphjs#1298)", async () => {
    const graph = workflow<string>("w")
      .approval("one", { show: () => 1 })
      .node("a", () => 1)
      .approval("two", { show: (state) => state.a })
      .approval("three", { show: () => 3 })
      .node("end", () => "end")
      .build({ output: (state) => state.end });
    const { engine } = processes();
    const run = engine().start(graph, "x");
    expect(pendingOf(await run.result)).toEqual(["one"]);
    expect(pendingOf(await engine().resume(graph, run.id, { answers: answered("one") }).result)).toEqual(["two"]);
    expect(pendingOf(await engine().resume(graph, run.id, { answers: answered("two") }).result)).toEqual(["three"]);
    expect(await engine().resume(graph, run.id, { answers: answered("three") }).result).toMatchObject({
      output: "end",
    });
  });

  const { counts, count } = counter();
  const branch = (name: string) =>
    workflow<unknown>(name)
      .node("work", () => count(`${name} work`))
      .approval("ok", { show: (state) => state.work })
      .node("after", () => count(`${name} after`))
      .build({ output: (state) => state.after });
  const parallel = workflow<string>("w")
    .parallel("p", { a: branch("a"), b: branch("b"), plain: () => count("plain"), c: branch("c") })
    .node("end", (state) => [count("end"), state.p.a, state.p.b, state.p.c, state.p.plain])
    .build({ output: (state) => state.end });

  it("neither reverts finished branches (mastra#9288) nor completes with branches still suspended (mastra#6418)", async () => {
    const { engine } = processes();
    const run = engine().start(parallel, "x");
    expect(pendingOf(await run.result)).toEqual(["p/a/ok", "p/b/ok", "p/c/ok"]);
    expect(pendingOf(await engine().resume(parallel, run.id, { answers: answered("p/b/ok") }).result)).toEqual([
      "p/a/ok",
      "p/c/ok",
    ]);
    expect(counts).toMatchObject({ plain: 1, "b after": 1 });
    expect(counts.end).toBeUndefined();
    expect(pendingOf(await engine().resume(parallel, run.id, { answers: answered("p/a/ok") }).result)).toEqual([
      "p/c/ok",
    ]);
    expect(await engine().resume(parallel, run.id, { answers: answered("p/c/ok") }).result).toMatchObject({
      status: "completed",
      output: ["end", "a after", "b after", "c after", "plain"],
    });
    expect(new Set(Object.values(counts))).toEqual(new Set([1]));
  });

  it("takes several answers together", async () => {
    const { engine } = processes();
    const run = engine().start(parallel, "x");
    await run.result;
    const answers = answered("p/a/ok", "p/b/ok", "p/c/ok");
    expect((await engine().resume(parallel, run.id, { answers }).result).status).toBe("completed");
  });

  it("resumes approvals two workflows deep, in a map's items, without restarting what is around them (mastra#5650)", async () => {
    const { counts, count } = counter();
    const innermost = workflow<string>("innermost")
      .node("look", (state) => count(`look ${state.input}`))
      .approval("sign", { show: (state) => state.look })
      .build({ output: (state) => state.sign.by });
    const middle = workflow<string>("middle")
      .node("prepare", (state) => count(`prepare ${state.input}`))
      .workflow("inner", innermost, { input: (state) => state.input })
      .approval("release", { show: (state) => state.inner })
      .build({ output: (state) => state.inner });
    const graph = workflow<string[]>("outer")
      .node("begin", () => count("begin"))
      .map("each", { items: (state) => state.input, concurrency: 2, partial: true }, middle)
      .build({ output: (state) => state.each });
    const { engine } = processes();
    const run = engine().start(graph, ["x", "y", "z"]);
    expect(pendingOf(await run.result)).toEqual(["each[0]/inner/sign", "each[1]/inner/sign", "each[2]/inner/sign"]);
    const resume = (...paths: string[]) => engine().resume(graph, run.id, { answers: answered(...paths) }).result;
    const pendingAfter = async (...paths: string[]) => [...pendingOf(await resume(...paths))].sort();
    expect(await pendingAfter("each[1]/inner/sign")).toEqual([
      "each[0]/inner/sign",
      "each[1]/release",
      "each[2]/inner/sign",
    ]);
    expect(await pendingAfter("each[1]/release", "each[0]/inner/sign")).toEqual([
      "each[0]/release",
      "each[2]/inner/sign",
    ]);
    expect(await pendingAfter("each[2]/inner/sign", "each[0]/release")).toEqual(["each[2]/release"]);
    expect(await resume("each[2]/release")).toMatchObject({
      status: "completed",
      output: [0, 1, 2].map(() => ({ status: "ok", value: "Ann" })),
    });
    expect(counts).toEqual({
      begin: 1,
      ...Object.fromEntries(
        ["x", "y", "z"].flatMap((item) => [`look ${item}`, `prepare ${item}`].map((name) => [name, 1])),
      ),
    });
  });

  it("runs each of many steps that end at the same moment once, and what joins them once (inngest#4897)", async () => {
    const { counts, count } = counter();
    const steps = Array.from({ length: 20 }, (_, index) => `s${index}`);
    // biome-ignore lint/suspicious/noExplicitAny: the graph is made at run time
    let builder: any = workflow<string>("race").approval("ready", { show: () => 1 });
    for (const step of steps) {
      const body = index(step) % 3 === 0 ? () => count(step) : async () => count(step);
      builder = builder.node(step, { after: ["ready"] }, body);
    }
    for (const join of ["join", "again"]) builder = builder.node(join, { after: steps }, () => count(join));
    const graph = builder.build();
    const once = Object.fromEntries([...steps, "join", "again"].map((name) => [name, 1]));
    expect((await createEngine().run(graph, "x", { approve: () => yes })).status).toBe("completed");
    expect(counts).toEqual(once);
    for (const name of Object.keys(counts)) delete counts[name];
    const { engine } = processes();
    const run = engine().start(graph, "x");
    await run.result;
    const resumed = await engine().resume(graph, run.id, { answers: answered("ready") }).result;
    expect(resumed.status).toBe("completed");
    expect(counts).toEqual(once);
  });

  it("never leaves a parent waiting for its children, however they end (bullmq#3362)", async () => {
    const waits = workflow<unknown>("waits")
      .approval("ok", { show: () => 1 })
      .build();
    const endings = {
      ok: () => 1,
      later: async () => 1,
      throws: () => Promise.reject(new Error("no")),
      times: () => new Promise(() => {}),
      waits,
    };
    const names = Object.keys(endings) as (keyof typeof endings)[];
    for (const partial of [true, false]) {
      for (const [a, b, c] of names.flatMap((one) =>
        names.flatMap((two) => names.map((three) => [one, two, three] as const)),
      )) {
        const branches = { a: endings[a], b: endings[b], c: endings[c] };
        const child = workflow<unknown>("child").parallel("p", { partial, timeoutMs: 2 }, branches).build();
        const graph = workflow<string>("parent")
          .workflow("n", child, { input: () => 1 })
          .node("end", () => 1)
          .build();
        const { engine } = processes();
        const run = engine().start(graph, "x");
        const { status } = await run.result;
        const fails = [a, b, c].some((name) => name === "throws" || name === "times");
        const suspends = [a, b, c].includes("waits");
        expect([a, b, c, status]).toEqual([
          a,
          b,
          c,
          fails && !partial ? "failed" : suspends ? "suspended" : "completed",
        ]);
        if (status !== "suspended") continue;
        const pending = (await engine().pending(run.id)) ?? [];
        const answers = answered(...pending.map(({ path }) => path));
        expect((await engine().resume(graph, run.id, { answers }).result).status).toBe("completed");
      }
    }
  });

  it("goes on at the branch that a route took, at the iteration that a loop had reached, with the items that a map had", async () => {
    let moment = 0;
    const waits = workflow<unknown>("waits")
      .approval("ok", { show: () => 1 })
      .build({ output: (state) => state.ok.by });
    const iterations: number[] = [];
    let crash = true;
    const graph = workflow<string>("w")
      // Each of these would decide otherwise if it were asked again.
      .route("r", { choose: () => (moment++ === 0 ? "first" : "other") }, { first: waits, other: () => "wrong" })
      .map(
        "m",
        { items: () => [moment++, moment++] },
        workflow<number>("item")
          .approval("ok", { show: (state) => state.input })
          .build({ output: (state) => state.input }),
      )
      .workflow(
        "n",
        workflow<number>("n")
          .approval("ok", { show: (state) => state.input })
          .build({ output: (state) => state.input }),
        { input: () => moment++ },
      )
      .refine("f", {
        attempt(_state, context) {
          iterations.push(context.iteration!);
          if (context.iteration === 3 && crash) throw new Error("crash");
          return context.iteration!;
        },
        score: (value) => value,
        threshold: 3,
        maxIterations: 5,
      })
      .build();
    const { engine } = processes();
    const run = engine().start(graph, "x");
    await run.result;
    const resume = (...paths: string[]) => engine().resume(graph, run.id, { answers: answered(...paths) }).result;
    await resume("r/first/ok");
    await resume("m[0]/ok");
    await resume("m[1]/ok");
    expect(await resume("n/ok")).toMatchObject({ status: "failed", node: "f[3]" });
    crash = false;
    expect(await resume()).toMatchObject({
      status: "completed",
      state: { r: "Ann", m: [1, 2], n: 3, f: { value: 3, iterations: 3 } },
    });
    expect(iterations).toEqual([1, 2, 3, 3]);
  });

  it("keeps what was skipped skipped, and the failures that partial work had", async () => {
    const { counts, count } = counter();
    let applies = false;
    const graph = workflow<string>("w")
      .node("skipped", { when: () => applies }, () => count("skipped"))
      .map("m", { items: () => [1, 2], partial: true }, (item) => {
        count(`item ${item}`);
        if (item === 2) throw new TypeError("two");
        return item;
      })
      .approval("ok", { show: () => 1 })
      .node("end", (state) => [state.skipped, state.m])
      .build({ output: (state) => state.end });
    const { engine } = processes();
    const run = engine().start(graph, "x");
    await run.result;
    applies = true;
    expect(await engine().resume(graph, run.id, { answers: answered("ok") }).result).toMatchObject({
      output: [
        undefined,
        [
          { status: "ok", value: 1 },
          { status: "failed", error: { type: "TypeError", message: "two" } },
        ],
      ],
    });
    expect(counts).toEqual({ "item 1": 1, "item 2": 1 });
  });

  it("does a failed run's unfinished nodes again, and only those", async () => {
    const { counts, count } = counter();
    let outage = true;
    const graph = workflow<string>("w")
      .node("good", () => count("good"))
      .node("bad", () => {
        count("bad");
        if (outage) throw new Error("outage");
        return 1;
      })
      .build();
    const { engine } = processes();
    const run = engine().start(graph, "x");
    expect((await run.result).status).toBe("failed");
    outage = false;
    expect((await engine().resume(graph, run.id).result).status).toBe("completed");
    expect(counts).toEqual({ good: 1, bad: 2 });
  });

  it("gives a completed run's result without running anything", async () => {
    const { counts, count } = counter();
    const graph = workflow<string>("w")
      .node("a", () => ({
        date: new Date(count("a").length),
        big: 2n ** 70n,
        bytes: Buffer.from("x"),
        map: new Map([[1, undefined]]),
      }))
      .build({ output: (state) => ({ ...state.a }) });
    const { engine } = processes();
    const run = engine().start(graph, "x");
    const first = await run.result;
    expect(await engine().resume(graph, run.id).result).toEqual(first);
    expect(counts).toEqual({ a: 1 });
  });
});

describe("a checkpoint that cannot be read", () => {
  it("fails the node that it belongs to, and says so", async () => {
    const graph = workflow<string>("w")
      .node("a", () => 1)
      .approval("ok", { show: () => 1 })
      .build();
    const { engine, checkpoints } = processes();
    const run = engine().start(graph, "x");
    await run.result;
    await checkpoints.save(run.id, { path: "a", status: "ok", value: new Uint8Array([255, 15, 34, 200]), at: 1 });
    expect(await engine().resume(graph, run.id, { answers: answered("ok") }).result).toMatchObject({
      status: "failed",
      node: "a",
      error: { code: "checkpoint_failed", message: "The checkpoint of `a` cannot be read" },
    });
  });
});

describe("what a resume refuses", () => {
  const graph = workflow<string>("w")
    .node("a", () => 1)
    .approval("ok", { show: () => 1 })
    .build();

  it("is a run that began with another graph, that nobody knows, or whose id is taken", async () => {
    const { engine, checkpoints } = processes();
    const run = engine().start(graph, "x");
    await run.result;
    const changed = workflow<string>("w")
      .node("a", () => 1)
      .node("new", () => 2)
      .approval("ok", { show: () => 1 })
      .build();
    expect(await engine().resume(changed, run.id, { answers: answered("ok") }).result).toMatchObject({
      status: "refused",
      error: { code: "graph_changed", message: expect.stringContaining(graph.shape) },
    });
    expect((await checkpoints.load(run.id))?.head.status).toBe("suspended");
    expect(await engine().resume(graph, "nobody").result).toMatchObject({
      status: "refused",
      error: { code: "run_unknown" },
    });
    expect(await engine().start(graph, "y", { runId: run.id }).result).toMatchObject({
      status: "refused",
      error: { code: "run_exists" },
    });
    expect((await engine().resume(graph, run.id, { answers: answered("ok") }).result).status).toBe("completed");
  });
});

describe("decisions of a resumed run", () => {
  it("are those it began with, unless one was rolled back meanwhile, which stays so", async () => {
    const seen: unknown[] = [];
    const graph = workflow<string>("w")
      .node("a", (_state, context) => void seen.push(context.run.decisions))
      .approval("one", { show: () => 1 })
      .node("b", (_state, context) => void seen.push(context.run.decisions))
      .approval("two", { show: () => 1 })
      .node("c", (_state, context) => void seen.push(context.run.decisions))
      .build();
    const { engine } = processes();
    const began = { cache: "treatment", batch: "control" } as const;
    const run = engine().start(graph, "x", { decisions: began, unit: "u" });
    await run.result;
    const decisions = (stored: object) => ({ ...stored, cache: "off" as const });
    await engine().resume(graph, run.id, { answers: answered("one"), decisions }).result;
    await engine().resume(graph, run.id, { answers: answered("two") }).result;
    expect(seen).toEqual([began, { cache: "off", batch: "control" }, { cache: "off", batch: "control" }]);
  });

  it("are all off when nobody can say which", async () => {
    const seen: unknown[] = [];
    const graph = workflow<string>("w")
      .approval("one", { show: () => 1 })
      .node("b", (_state, context) => void seen.push(context.run.decisions))
      .build();
    const { engine } = processes();
    const run = engine().start(graph, "x", { decisions: { cache: "treatment" } });
    await run.result;
    const decisions = () => JSON.parse("{") as never;
    await engine().resume(graph, run.id, { answers: answered("one"), decisions }).result;
    expect(seen).toEqual([{ cache: "off" }]);
  });
});
