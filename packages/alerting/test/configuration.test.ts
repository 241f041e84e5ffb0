import { describe, expect, it } from "vitest";
import { defaultRules, documentRules, parseObjectives, parseRules, parseRulesFile, rulesOf } from "../src/index.ts";

const threshold = {
  type: "threshold",
  name: "rule",
  summary: "For tests.",
  measure: { metric: "duration", statistic: "p95", kind: "run" },
  above: 30,
};
const burn = {
  type: "burn-rate",
  name: "rule",
  summary: "For tests.",
  indicator: { kind: "run" },
  target: 0.99,
  windows: [{ long: 60, short: 5, factor: 14.4 }],
};
const cost = { metric: "cost" };

describe("a rule is refused at load", () => {
  it.each<[string, object, RegExp]>([
    [
      "a metric that is not there",
      { measure: { metric: "latency" } },
      /measure\.metric: expected one of .*received "latency"/,
    ],
    ["a metric that was mistyped", { measure: { metric: "duratoin" } }, /did you mean duration\?/],
    ["a statistic of none", { measure: { ...cost, statistic: "p95" } }, /measure\.statistic/],
    [
      "a statistic that is not there",
      { measure: { ...threshold.measure, statistic: "p94" } },
      /measure\.statistic: expected one of/,
    ],
    ["a metric without its kind", { measure: { metric: "error_rate" } }, /measure\.kind: expected a kind of operation/],
    ["a kind that is not there", { measure: { ...threshold.measure, kind: "runs" } }, /did you mean run\?/],
    ["chunks of what does not stream", { measure: { metric: "first_chunk", kind: "run" } }, /measure\.kind/],
    [
      "a label that is not there",
      { measure: { ...threshold.measure, labels: { workfow: "fir" } } },
      /did you mean workflow\?/,
    ],
    [
      "a label of another kind",
      { measure: { ...threshold.measure, labels: { cache: "answers" } } },
      /measure\.labels: expected one of workflow, priority/,
    ],
    ["a group that is no label", { by: ["node"] }, /\.by: expected one of workflow, priority/],
    ["an exception of what has no name", { measure: { ...cost, except: ["x"] } }, /measure\.except/],
    ["a threshold of NaN", { above: Number.NaN }, /\.above/],
    ["an infinite threshold", { above: Number.POSITIVE_INFINITY }, /\.above/],
    ["no threshold", { above: undefined }, /either above or below/],
    ["two thresholds", { below: 3 }, /either above or below/],
    ["thresholds swapped", { clear: 31 }, /clear: expected at most above, 30/],
    ["thresholds swapped, below", { above: undefined, below: 0.5, clear: 0.4 }, /clear: expected at least below, 0.5/],
    ["a window of nothing", { window: 0 }, /\.window/],
    ["a window of half minutes", { window: 1.5 }, /\.window/],
    ["a window of more than a day", { window: 2_000 }, /\.window/],
    ["an unknown key", { treshold: 3 }, /\.treshold/],
    ["a name with spaces", { name: "Run latency" }, /\.name: expected lower-case words/],
    ["a severity that is not there", { severity: "page" }, /\.severity: expected one of info, warning, critical/],
    ["part of no ratio", { measure: { ...threshold.measure, part: { name: "x" } } }, /measure\.part/],
    ["a ratio without part", { measure: { metric: "ratio", kind: "cache" } }, /measure\.part/],
    ["a rate of a mean", { measure: { ...threshold.measure, per: "hour" } }, /measure\.per/],
  ])("with %s", (_name, change, message) => {
    expect(() => parseRules([{ ...threshold, ...change }])).toThrow(
      expect.objectContaining({ code: "configuration_invalid", message: expect.stringMatching(message) }),
    );
  });

  it.each<[string, object, RegExp]>([
    ["a target of 1", { ...burn, target: 1 }, /target/],
    [
      "windows swapped",
      { ...burn, windows: [{ long: 5, short: 60, factor: 2 }] },
      /windows\[0\]\.short: expected less than long/,
    ],
    ["an indicator of no kind", { ...burn, indicator: {} }, /indicator\.kind/],
    ["an absence of no kind", { type: "absence", name: "a", summary: "s", of: {} }, /of\.kind/],
    [
      "an anomaly of a quantile",
      { type: "anomaly", name: "a", summary: "s", measure: threshold.measure },
      /statistic: expected mean/,
    ],
    [
      "a budget of a mean",
      { type: "forecast", name: "a", summary: "s", measure: { metric: "quality" }, budget: 1 },
      /measure\.metric/,
    ],
  ])("with %s", (_name, rule, message) => {
    expect(() => parseRules([rule])).toThrow(message);
  });

  it("with the severe threshold on the mild side", () => {
    const rules = [
      { ...threshold, name: "mild", alert: "slow", above: 30 },
      { ...threshold, name: "severe", alert: "slow", above: 20, severity: "critical" },
    ];
    expect(() => parseRules(rules)).toThrow(/rules\[1\]\.above: expected beyond 30, that of the less severe rule mild/);
  });

  it("and accepted with labels of the service's own, when these are declared", () => {
    const rule = { ...threshold, measure: { ...threshold.measure, labels: { tenant: "a" } }, by: ["tenant"] };
    expect(() => parseRules([rule])).toThrow(/labels/);
    expect(parseRules([rule], { labels: ["tenant"] })).toHaveLength(1);
  });
});

describe("the default rules", () => {
  const rules = [...defaultRules(), ...documentRules()];

  it("are fifteen, and four for documents, and pass the checks that rules of others do", () => {
    expect(defaultRules()).toHaveLength(15);
    expect(documentRules()).toHaveLength(4);
    expect(parseRules(rules)).toEqual(rules);
  });

  it("each have a reason, a summary and a runbook", () => {
    for (const { name, reason, summary, runbook } of rules) {
      expect(reason, name).toBeTruthy();
      expect(summary, name).toMatch(/\.$/);
      expect(runbook, name).toBe(`docs/runbooks/${name}.md`);
    }
  });

  it("are judged every five minutes over fifteen, unless there is a reason", () => {
    const others = defaultRules().filter(({ every = 5 }) => every !== 5);
    expect(others.map(({ name }) => name)).toEqual(["redis-health", "vector-store-health", "model-provider-health"]);
  });

  it("take thresholds", () => {
    const latency = defaultRules({ runSeconds: 10 }).find(({ name }) => name === "run-latency");
    expect(latency).toMatchObject({ above: 10, clear: 8 });
  });
});

describe("objectives", () => {
  const objective = { name: "fir", indicator: { kind: "run", name: "fir" }, target: 0.99 };

  it("burn at the standard factors: 14.4, 6, 3 and 1 over 30 days", () => {
    const [page, ticket] = rulesOf(parseObjectives([objective]));
    expect(page).toMatchObject({
      severity: "critical",
      every: 1,
      alert: "fir-budget",
      windows: [
        { long: 60, short: 5, factor: 14.4 },
        { long: 360, short: 30, factor: 6 },
      ],
    });
    expect(ticket).toMatchObject({
      severity: "warning",
      alert: "fir-budget",
      windows: [
        { long: 1_440, short: 120, factor: 3 },
        { long: 4_320, short: 360, factor: 1 },
      ],
    });
  });

  it("burn faster over a shorter period: the factor is the share of the budget times period over window", () => {
    const [page] = rulesOf(parseObjectives([{ ...objective, days: 7 }]));
    expect(page).toMatchObject({ windows: [{ factor: 3.36 }, { factor: 1.4 }] });
  });

  it("have no alert that cannot fire: a loose target cannot be missed 14 times over", () => {
    const rules = rulesOf(parseObjectives([{ ...objective, target: 0.5 }]));
    expect(rules.map(({ name }) => name)).toEqual(["fir-ticket"]);
    expect(rules[0]).toMatchObject({ windows: [{ factor: 1 }] });
  });

  it.each<[string, object, RegExp]>([
    ["a target of 1", { target: 1 }, /target/],
    [
      "a label that is not there",
      { indicator: { kind: "run", labels: { nod: "x" } } },
      /expected one of workflow, priority/,
    ],
    ["no kind", { indicator: {} }, /kind/],
    ["an unknown key", { targett: 0.9 }, /targett|target/],
  ])("are refused with %s", (_name, change, message) => {
    expect(() => parseObjectives([{ ...objective, ...change }])).toThrow(message);
  });

  it("and rules of one file share no name", () => {
    const text = `
objectives: [{ name: fir, indicator: { kind: run }, target: 0.9 }]
rules: [{ type: absence, name: fir-page, summary: Nothing., of: { kind: run } }]
`;
    expect(() => parseRulesFile(text, "rules.yaml")).toThrow(/rules\.yaml: rules.*name/);
  });
});
