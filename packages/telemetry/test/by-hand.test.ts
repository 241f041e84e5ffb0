import { expect, test } from "vitest";
import { cacheLookup, databaseOperation, httpRequest, modelCall, pipelineNode } from "../src/by-hand.ts";
import { createPrices } from "../src/prices/prices.ts";
import { storedTelemetry } from "./support.ts";

test("what was recorded by hand is in the windows like anything else", () => {
  const prices = createPrices({ overrides: { version: "1", models: { tiny: { input: 1, output: 2 } } } });
  const { telemetry } = storedTelemetry({ prices });
  const usage = { inputTokens: 1_000_000, outputTokens: 500_000 };
  telemetry.record(httpRequest({ method: "POST", route: "/analyze", statusCode: 200, durationMs: 800 }));
  telemetry.record(httpRequest({ method: "POST", route: "/analyze", statusCode: 503, durationMs: 5 }));
  telemetry.record(pipelineNode({ name: "summary", durationMs: 300, iteration: 2 }));
  telemetry.record(databaseOperation({ operation: "read_company", durationMs: 80, status: "timeout" }));
  telemetry.record(modelCall({ model: "tiny", provider: "llama.cpp", usage, durationMs: 250 }));
  telemetry.record(
    cacheLookup({ cache: "answers", level: "memory", result: "hit", durationMs: 1, avoided: { usd: 0.01, ms: 250 } }),
  );
  const { windows } = telemetry;
  expect(windows.read({ kind: "http", labels: { route: "/analyze" } })).toMatchObject({ count: 2, errors: 1 });
  expect(windows.read({ kind: "http", labels: { status_code: "503" } })).toMatchObject({ count: 1, errors: 1 });
  expect(windows.read({ kind: "node", name: "summary" })).toMatchObject({ count: 1, refinements: 1 });
  expect(windows.read({ kind: "database" })).toMatchObject({ count: 1, errors: 1, statuses: { timeout: 1 } });
  expect(windows.read({ kind: "model", name: "tiny" })).toMatchObject({
    cost: { usd: 2, priced: 1 },
    tokens: { output: 500_000 },
  });
  const hits = windows.read({ kind: "cache", labels: { level: "memory", result: "hit" } });
  expect(hits).toMatchObject({ count: 1, avoided: { count: 1, usd: 0.01, ms: 250 }, cost: { usd: 0 } });
});
