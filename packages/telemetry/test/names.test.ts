import { describe, expect, test } from "vitest";
import {
  allowedLabels,
  attribute,
  buckets,
  flyballMetrics,
  type MetricDefinition,
  namesFor,
  spanName,
} from "../src/names.ts";

const profiles = ["v1.41", "genai-main"] as const;

function metricsOf(profile: (typeof profiles)[number]): MetricDefinition[] {
  const genAi = Object.values(namesFor(profile).metrics).filter((definition) => definition !== undefined);
  return [...genAi, ...Object.values(flyballMetrics)];
}

describe.each(profiles)("profile %s", (profile) => {
  test("has each metric and family once", () => {
    const definitions = metricsOf(profile);
    expect(new Set(definitions.map(({ name }) => name)).size).toBe(definitions.length);
    expect(new Set(definitions.map(({ prometheus }) => prometheus)).size).toBe(definitions.length);
  });

  test("spells units and types as Prometheus wants them", () => {
    for (const { prometheus, type, unit, buckets: bounds } of metricsOf(profile)) {
      expect(prometheus).toMatch(/^[a-z][a-z0-9_]*$/);
      expect(prometheus.endsWith("_total")).toBe(type === "counter");
      if (unit === "s") expect(prometheus).toMatch(/_seconds(_total)?$/);
      expect(bounds !== undefined).toBe(type === "histogram");
      expect([...(bounds ?? [])].toSorted((a, b) => a - b)).toEqual(bounds ?? []);
    }
  });
});

test("the profiles share no name that one of them renamed", () => {
  const [old, next] = profiles.map((profile) => namesFor(profile));
  expect(old?.metrics.operationDuration.name).toBe("gen_ai.client.operation.duration");
  expect(next?.metrics.operationDuration.name).toBe("gen_ai.client.inference.duration");
  expect(old?.metrics.inputTokens ?? next?.metrics.tokenUsage).toBeUndefined();
  expect([old?.cacheWriteTokens, next?.cacheWriteTokens]).toEqual([
    "gen_ai.usage.cache_creation.input_tokens",
    "gen_ai.usage.cache_write.input_tokens",
  ]);
});

test("attributes are distinct, labels are words, token buckets are powers of 4", () => {
  const names = Object.values(attribute);
  expect(new Set(names).size).toBe(names.length);
  for (const label of allowedLabels) expect(label).toMatch(/^[a-z_]+$/);
  expect(buckets.tokens).toEqual(Array.from({ length: 14 }, (_, i) => 4 ** i));
});

test("a span's name says the operation and what it works on", () => {
  expect(spanName("model", "tiny")).toBe("chat tiny");
  expect(spanName("node", "summary")).toBe("flyball.node summary");
  expect(spanName("http", "GET /health")).toBe("GET /health");
});
