import { createMetricsHandler, parseExposition } from "@flyball/telemetry";
import { Counter, Gauge, Histogram, Registry, register, Summary } from "prom-client";
import { describe, expect, it } from "vitest";
import { processRegistry, registrySource } from "../src/index.ts";

async function scrape(registry: Registry, accept?: string): Promise<string> {
  const handler = createMetricsHandler({ sources: [registrySource(registry, "registry")] });
  return (await handler({ accept })).body;
}

function fill(registry: Registry): void {
  const registers = [registry];
  new Counter({ name: "calls_total", help: "Calls.", labelNames: ["route"], registers }).inc({ route: 'a"\\\n' }, 2);
  new Counter({ name: "errors", help: "Errors.", registers }).inc();
  new Gauge({ name: "size", help: "Size.", registers }).set(Number.NaN);
  new Histogram({ name: "took_seconds", help: "Time.", buckets: [1, 2], registers }).observe(1.5);
  new Summary({ name: "sum_seconds", help: "Sum.", percentiles: [0.5], registers }).observe(3);
}

describe("prom-client", () => {
  it("its process and runtime metrics are served, on a registry that is not the global one", async () => {
    const { families } = parseExposition(await scrape(processRegistry()));
    const names = families.map((family) => family.name);
    expect(names).toContain("process_cpu_seconds_total");
    expect(names).toContain("process_resident_memory_bytes");
    expect(names).toContain("nodejs_eventloop_lag_p99_seconds");
    expect(names).toContain("nodejs_heap_size_used_bytes");
    expect(register.getMetricsAsArray()).toEqual([]);
    expect(processRegistry()).toBe(processRegistry());
  });

  it("its gauges that are named like counters are left out: OpenMetrics forbids them", async () => {
    expect(await scrape(processRegistry())).not.toMatch(/nodejs_active_(handles|requests|resources)_total/);
  });

  it("a host's registry is served beside ours, every sort of metric, in both formats", async () => {
    const registry = new Registry();
    fill(registry);
    const expected = parseExposition(await registry.metrics()).families;
    const read = parseExposition(await scrape(registry)).families;
    expect(read.filter((family) => !family.name.startsWith("flyball_"))).toEqual(expected);
    const open = await scrape(registry, "application/openmetrics-text");
    expect(open).toContain('# TYPE calls counter\ncalls_total{route="a\\"\\\\\\n"} 2\n');
    expect(open).toContain("# TYPE errors unknown\nerrors 1\n");
    expect(open).toContain("size NaN\n");
    expect(open).toContain('took_seconds_bucket{le="2"} 1\n');
    expect(open).toContain('sum_seconds{quantile="0.5"} 3\n');
  });

  it("a registry that is set to OpenMetrics gives the same, its exemplars included", async () => {
    const registry = new Registry();
    registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE as never);
    const counter = new Counter({ name: "calls_total", help: "Calls.", registers: [registry], enableExemplars: true });
    counter.inc({ value: 2, exemplarLabels: { trace_id: "abc" } });
    expect(await scrape(registry)).toContain("# TYPE calls_total counter\ncalls_total 2\n");
    const open = await scrape(registry, "application/openmetrics-text");
    expect(open).toMatch(/# TYPE calls counter\ncalls_total 2 # \{trace_id="abc"\} 2 \d/);
  });

  it("a collector that throws costs its own metric alone, and is counted", async () => {
    const registry = new Registry();
    fill(registry);
    new Gauge({
      name: "broken",
      help: "Broken.",
      registers: [registry],
      collect() {
        throw new Error("broken");
      },
    });
    const body = await scrape(registry);
    expect(body).not.toContain("broken");
    expect(body).toContain("took_seconds_sum 1.5\n");
    expect(body).toContain('flyball_scrape_failures_total{source="registry"} 1\n');
  });
});
