import { describe, expect, it } from "vitest";
import { createMetricsHandler, createOutcomeMetrics, createSeriesMeter, meterSource } from "../src/index.ts";
import { storedTelemetry } from "./support.ts";

describe("exemplars on the exposition", () => {
  it("lead to traces that are kept, and to those alone", async () => {
    const meter = createSeriesMeter();
    const recorders = [createOutcomeMetrics({ meter })];
    // Of ordinary traces none is kept, so that what is linked to can only be the error.
    const sampling = { rate: 0, keepFirst: 0, keepPerMinute: 0, slowMs: 60_000 };
    const { telemetry } = storedTelemetry({ recorders, sampling });
    for (const failing of [false, true, false]) {
      const run = { runId: failing ? "failed-run" : "fine-run", workflow: "fir" };
      await telemetry
        .trace({ kind: "run", name: "fir", run }, () =>
          telemetry.trace({ kind: "node", name: "summary" }, async () => {
            if (failing) throw new Error("broken");
          }),
        )
        .catch(() => undefined);
    }
    await telemetry.flush(5_000);
    const handler = createMetricsHandler({ sources: [meterSource(meter)] });
    const { body } = await handler({ accept: "application/openmetrics-text" });
    const links = [...body.matchAll(/^(\w+)\{.*# \{trace_id="([0-9a-f]{32})",span_id="([0-9a-f]{16})"\}/gm)];
    expect(links.map(([, name]) => name)).toContain("flyball_node_duration_seconds_bucket");
    for (const [, , traceId = "", spanId] of links) {
      const trace = telemetry.traces?.find(traceId);
      expect(trace?.runId).toBe("failed-run");
      expect(trace?.spans.map((span) => span.spanId)).toContain(spanId);
    }
    expect(links.length).toBeGreaterThan(1);
  });
});
