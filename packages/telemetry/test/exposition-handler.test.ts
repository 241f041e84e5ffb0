import { fakeClock } from "@flyball/core";
import { describe, expect, it } from "vitest";
import {
  createMetricsHandler,
  createSeriesMeter,
  type Family,
  type FamilyType,
  type MetricsSource,
  mergeFamilies,
  meterSource,
  parseExposition,
  renderExposition,
} from "../src/index.ts";

function family(name: string, type: FamilyType, series: Readonly<Record<string, number>>, help = ""): Family {
  return { name, type, help, samples: Object.entries(series).map(([one, value]) => ({ series: one, value })) };
}

function source(name: string, collect: MetricsSource["collect"]): MetricsSource {
  return { name, collect };
}

const openMetrics = { accept: "application/openmetrics-text" };

describe("merging families", () => {
  it("joins samples under the first HELP, TYPE and UNIT", () => {
    const first = { ...family("a_seconds", "gauge", { 'a_seconds{x="1"}': 1 }, "First."), unit: "seconds" };
    const second = family("a_seconds", "gauge", { 'a_seconds{x="2"}': 2 }, "Second.");
    const { families, conflicts, duplicates } = mergeFamilies([first, second]);
    expect(families).toEqual([{ ...first, samples: [...first.samples, ...second.samples] }]);
    expect([conflicts, duplicates]).toEqual([[], 0]);
  });

  it("keeps the first of a series given twice, however its labels are ordered", () => {
    const first = family("a", "gauge", { 'a{x="1",y="2"}': 1 });
    const second = family("a", "gauge", { 'a{y="2",x="1"}': 9, 'a{y="3"}': 3 });
    const { families, duplicates } = mergeFamilies([first, second]);
    expect(families[0]?.samples.map((sample) => sample.value)).toEqual([1, 3]);
    expect(duplicates).toBe(1);
  });

  it("refuses a family of another type", () => {
    const { families, conflicts } = mergeFamilies([family("a", "gauge", { a: 1 }), family("a", "counter", { a: 2 })]);
    expect(families).toHaveLength(1);
    expect(families[0]?.type).toBe("gauge");
    expect(conflicts).toEqual(["a"]);
  });

  it("refuses a family whose samples another one writes", () => {
    const histogram = family("a", "histogram", { 'a_bucket{le="+Inf"}': 1, a_sum: 1, a_count: 1 });
    const { conflicts } = mergeFamilies([histogram, family("a_count", "gauge", { a_count: 7 })]);
    expect(conflicts).toEqual(["a_count"]);
    expect(mergeFamilies([family("a_count", "gauge", { a_count: 7 }), histogram]).conflicts).toEqual(["a"]);
  });
});

describe("OpenMetrics", () => {
  it("declares counters without _total and ends with EOF", () => {
    const text = renderExposition(
      [family("calls_total", "counter", { calls_total: 1 }, 'Say "calls".')],
      "openmetrics",
    );
    expect(text).toBe('# HELP calls Say \\"calls\\".\n# TYPE calls counter\ncalls_total 1\n# EOF\n');
  });

  it("declares a counter unknown when its name would not be valid or is taken", () => {
    const text = renderExposition(
      [
        family("calls", "counter", { calls: 1 }),
        family("a", "gauge", { a: 1 }),
        family("a_total", "counter", { a_total: 2 }),
      ],
      "openmetrics",
    );
    expect(text).toContain("# TYPE calls unknown\ncalls 1\n");
    expect(text).toContain("# TYPE a gauge\na 1\n");
    expect(text).toContain("# TYPE a_total unknown\na_total 2\n");
  });

  it("writes units that names end with, and timestamps in seconds", () => {
    const timed: Family = {
      ...family("a_seconds", "gauge", {}),
      unit: "seconds",
      samples: [{ series: "a_seconds", value: 1, timestampMs: 1_500 }],
    };
    expect(renderExposition([timed], "openmetrics")).toContain("# UNIT a_seconds seconds\na_seconds 1 1.5\n");
    expect(renderExposition([timed], "prometheus")).toBe(
      "# HELP a_seconds \n# TYPE a_seconds gauge\na_seconds 1 1500\n",
    );
    expect(renderExposition([{ ...timed, name: "a" }], "openmetrics")).not.toContain("UNIT");
  });

  it("gives exemplars to buckets and counters, and the older format none", () => {
    const exemplar = { labels: 'trace_id="abc"', value: 0.5, timestampMs: 1_500 };
    const samples = [{ series: "a_total", value: 1, exemplar }];
    const counter: Family = { name: "a_total", type: "counter", help: "", samples };
    expect(renderExposition([counter], "openmetrics")).toContain('a_total 1 # {trace_id="abc"} 0.5 1.5\n');
    expect(renderExposition([{ ...counter, type: "gauge" }], "openmetrics")).not.toContain("trace_id");
    expect(renderExposition([counter], "prometheus")).not.toContain("trace_id");
  });
});

describe("metrics handler", () => {
  it("serves a meter in both formats", async () => {
    const meter = createSeriesMeter();
    meter.createCounter("calls", { description: "Calls." }).add(2, { x: "1" });
    const handler = createMetricsHandler({ sources: [meterSource(meter)] });
    const plain = await handler({});
    expect(plain.contentType).toBe("text/plain; version=0.0.4; charset=utf-8");
    expect(plain.body).toContain('# HELP calls_total Calls.\n# TYPE calls_total counter\ncalls_total{x="1"} 2\n');
    const open = await handler(openMetrics);
    expect(open.contentType).toBe("application/openmetrics-text; version=1.0.0; charset=utf-8");
    expect(open.body).toContain('# HELP calls Calls.\n# TYPE calls counter\ncalls_total{x="1"} 2\n');
  });

  it("leaves out a source that throws, rejects or hangs, and counts it", async () => {
    const clock = fakeClock();
    const handler = createMetricsHandler({
      clock,
      sourceTimeoutMs: 1_000,
      sources: [
        source("throws", () => {
          throw new Error("broken");
        }),
        source("rejects", async () => Promise.reject(new Error("broken"))),
        source("hangs", () => new Promise(() => {})),
        source("partly", () => ({ families: [family("b", "gauge", { b: 1 })], failures: 3 })),
        source("works", () => ({ families: [family("a", "gauge", { a: 1 })] })),
      ],
    });
    const answering = handler({});
    await clock.advance(1_000);
    const { families } = parseExposition((await answering).body);
    const values = new Map(families.flatMap(({ samples }) => samples.map((one) => [one.series, one.value])));
    expect(values.get("a")).toBe(1);
    expect(values.get("b")).toBe(1);
    const failed = (name: string) => values.get(`flyball_scrape_failures_total{source="${name}"}`);
    expect(["throws", "rejects", "hangs", "partly", "works"].map(failed)).toEqual([1, 1, 1, 3, 0]);
  });

  it("counts conflicts and duplicates on the exposition itself", async () => {
    const handler = createMetricsHandler({
      sources: [
        source("one", () => ({ families: [family("a", "gauge", { a: 1 }), family("b", "gauge", { b: 1 })] })),
        source("two", () => ({ families: [family("a", "counter", { a: 2 }), family("b", "gauge", { b: 2 })] })),
      ],
    });
    await handler({});
    const { body } = await handler({});
    expect(body).toContain("flyball_scrape_conflicts_total 2\n");
    expect(body).toContain("flyball_scrape_duplicates_total 2\n");
    expect(body).toContain("\na 1\n");
    expect(body).toContain("\nb 1\n");
  });

  it("does not let a source speak for the handler's own counters", async () => {
    const name = "flyball_scrape_conflicts_total";
    const handler = createMetricsHandler({
      sources: [source("liar", () => ({ families: [family(name, "counter", { [name]: 99 })] }))],
    });
    expect((await handler({})).body).toContain(`${name} 0\n`);
  });
});
