import type { TelemetryService, TraceReader, WindowReader } from "@flyball/telemetry";
import { describe, expectTypeOf, it } from "vitest";
import type { Channel, Readings, Rule, ThresholdRule, TraceFinder } from "../src/index.ts";

describe("types", () => {
  it("take telemetry's windows and traces as they are", () => {
    expectTypeOf<WindowReader>().toExtend<Readings>();
    expectTypeOf<TraceReader>().toExtend<TraceFinder>();
    expectTypeOf<TelemetryService["windows"]>().toExtend<Readings>();
  });

  it("know each rule by its type, and what it needs", () => {
    expectTypeOf<Extract<Rule, { type: "threshold" }>>().toEqualTypeOf<ThresholdRule>();
    const summary = "For tests.";
    // @ts-expect-error a threshold needs a measure
    const incomplete: Rule = { type: "threshold", name: "a", summary };
    // @ts-expect-error an absence has no threshold
    const confused: Rule = { type: "absence", name: "a", summary, of: { kind: "run" }, above: 3 };
    // @ts-expect-error a channel says its name
    const nameless: Channel = { send: async () => {} };
    void [incomplete, confused, nameless];
  });
});
