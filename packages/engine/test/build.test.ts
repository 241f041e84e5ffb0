import { describe, expect, it } from "vitest";
import { WorkflowError, workflow } from "../src/index.ts";

/** What reaches the builder when a caller has no types. */
// biome-ignore lint/suspicious/noExplicitAny: untyped callers are what is tested here
const untyped = (name = "w"): any => workflow<number>(name);

describe("building a workflow", () => {
  const refusals: readonly [string, () => unknown, RegExp][] = [
    [
      "a name used twice",
      () =>
        untyped()
          .node("a", () => 1)
          .node("a", () => 2)
          .build(),
      /two nodes have the name "a"/,
    ],
    [
      "an unknown dependency",
      () =>
        untyped()
          .node("a", { after: ["b"] }, () => 1)
          .build(),
      /a comes after "b", which is no node/,
    ],
    [
      "a node that waits for itself",
      () =>
        untyped()
          .node("a", { after: ["a"] }, () => 1)
          .build(),
      /wait for each other: a → a/,
    ],
    [
      "a cycle",
      () =>
        untyped()
          .node("root", () => 0)
          .node("a", { after: ["root", "c"] }, () => 1)
          .node("b", () => 2)
          .node("c", () => 3)
          .build(),
      /wait for each other: (a → b → c → a|b → c → a → b|c → a → b → c)/,
    ],
    ["a reserved name", () => untyped().node("input", () => 1), /the name input is reserved/],
    ["a name that would break the state", () => untyped().node("__proto__", () => 1), /the name __proto__ is reserved/],
    ["a name that would break paths", () => untyped().node("a/b", () => 1), /expected a text without/],
    ["an empty name", () => untyped().node("", () => 1), /at least one character/],
    ["a branch's bad name", () => untyped().parallel("p", { "a[0]": () => 1 }), /a branch of p/],
    ["no function", () => untyped().node("a", 3), /a: expected a function, received 3/],
    [
      "a misspelled option",
      () => untyped().node("a", { timeOutMs: 3 }, () => 1),
      /a.timeOutMs: expected one of the options of node/,
    ],
    [
      "an option of another kind",
      () => untyped().node("a", { concurrency: 3 }, () => 1),
      /a.concurrency: expected one of/,
    ],
    [
      "no timeout at all",
      () => untyped().node("a", { timeoutMs: Number.NaN }, () => 1),
      /a.timeoutMs: expected a positive number/,
    ],
    ["a negative timeout", () => untyped().node("a", { timeoutMs: -1 }, () => 1), /a.timeoutMs/],
    [
      "no concurrency",
      () => untyped().map("m", { items: () => [], concurrency: 0 }, () => 1),
      /m.concurrency: expected a positive integer, received 0/,
    ],
    ["half a concurrency", () => untyped().parallel("p", { concurrency: 1.5 }, { a: () => 1 }), /p.concurrency/],
    ["no tries", () => untyped().node("a", { retry: { attempts: 0 } }, () => 1), /a.retry.attempts/],
    ["too much jitter", () => untyped().node("a", { retry: { attempts: 2, jitter: 2 } }, () => 1), /a.retry.jitter/],
    [
      "an endless backoff",
      () => untyped().node("a", { retry: { attempts: 2, backoffMs: Infinity } }, () => 1),
      /a.retry.backoffMs/,
    ],
    ["no branches", () => untyped().parallel("p", {}), /p's branches/],
    ["a map without items", () => untyped().map("m", {}, () => 1), /m.items: expected a function/],
    ["a route without a choice", () => untyped().route("r", {}, { a: () => 1 }), /r.choose: expected a function/],
    [
      "no threshold",
      () => untyped().refine("f", { attempt: () => 1, score: () => 1, maxIterations: 2 }),
      /f.threshold/,
    ],
    [
      "no end of a loop",
      () => untyped().refine("f", { attempt: () => 1, score: () => 1, threshold: 1 }),
      /f.maxIterations/,
    ],
    ["an approval that shows nothing", () => untyped().approval("ok", {}), /ok.show/],
    [
      "an unknown answer to a refusal",
      () => untyped().approval("ok", { show: () => 1, onReject: "retry" }),
      /ok.onReject/,
    ],
    [
      "what is no workflow",
      () => untyped().workflow("n", { name: "x" }, { input: () => 1 }),
      /expected a workflow made by build/,
    ],
    ["what is no schema", () => untyped().node("a", { output: {} }, () => 1), /a.output: expected a schema/],
    ["a workflow without a name", () => untyped(""), /needs a name/],
  ];
  it.each(refusals)("refuses %s", (_what, build, message) => {
    expect(build).toThrow(WorkflowError);
    expect(build).toThrow(message);
  });

  it("refuses retries of nested workflows, whose finished nodes would run twice", () => {
    const child = workflow<number>("child")
      .node("a", () => 1)
      .build();
    const builds = [
      () => untyped().map("m", { items: () => [], retry: { attempts: 2 } }, child),
      () => untyped().parallel("p", { retry: { attempts: 2 } }, { a: child }),
      () => untyped().route("r", { choose: () => "a", retry: { attempts: 2 } }, { a: child }),
    ];
    for (const build of builds) expect(build).toThrow(/retry does not apply to a nested workflow/);
  });

  it("leaves a builder as it was, so that two graphs may begin alike", () => {
    const base = workflow<number>("w").node("a", () => 1);
    const one = base.node("b", () => 2).build();
    const two = base.node("c", () => 3).build();
    expect(one.mermaid()).not.toContain('"c"');
    expect(two.mermaid()).not.toContain('"b"');
  });

  it("gives graphs of one shape the same hash whatever order they are declared in, and others another one", () => {
    const shape = (order: readonly string[], after: Record<string, string[]>) =>
      order.reduce((graph, name) => graph.node(name, { after: after[name] ?? [] }, () => 1), untyped()).build().shape;
    const edges = { b: ["a"], c: ["a", "b"] };
    expect(shape(["a", "b", "c"], edges)).toBe(shape(["c", "b", "a"], edges));
    expect(shape(["a", "b", "c"], edges)).not.toBe(shape(["a", "b", "c"], { ...edges, c: ["b"] }));
    const branches = (...names: string[]) =>
      untyped()
        .parallel("p", Object.fromEntries(names.map((name) => [name, () => 1])))
        .build().shape;
    expect(branches("a", "b")).toBe(branches("b", "a"));
    expect(branches("a", "b")).not.toBe(branches("a", "c"));
    const nested = (child: string) =>
      untyped()
        .workflow(
          "n",
          workflow("x")
            .node(child, () => 1)
            .build(),
          { input: () => 1 },
        )
        .build();
    expect(nested("a").shape).not.toBe(nested("b").shape);
    expect(
      untyped()
        .map("m", { items: () => [] }, () => 1)
        .build().shape,
    ).not.toBe(
      untyped()
        .map("m", { items: () => [], partial: true }, () => 1)
        .build().shape,
    );
  });
});
