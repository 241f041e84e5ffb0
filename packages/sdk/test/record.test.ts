import type { Outcome } from "@flyball/telemetry";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Flyball } from "../src/flyball.ts";
import { start } from "../src/start.ts";

let flyball: Flyball;
let outcomes: Outcome[];
beforeEach(async () => {
  outcomes = [];
  flyball = await start({ environment: {}, store: { path: ":memory:" } });
  flyball.telemetry.subscribe((outcome) => outcomes.push(outcome));
});
afterEach(() => flyball.shutdown());

const scraped = async (): Promise<string> => (await flyball.metrics({})).body;

describe("recording by hand", () => {
  test("a request, as the middleware would have", async () => {
    flyball.record.request({ method: "GET", route: "/users/:id", statusCode: 200, durationMs: 12 });
    flyball.record.request({ method: "GET", route: "/users/:id", statusCode: 503, durationMs: 30 });
    expect(outcomes.map(({ kind, name, status }) => [kind, name, status])).toEqual([
      ["http", "GET /users/:id", "ok"],
      ["http", "GET /users/:id", "error"],
    ]);
    expect(await scraped()).toMatch(
      /^flyball_http_request_duration_seconds_count\{method="GET",route="\/users\/:id",status_code="503"\} 1$/m,
    );
  });

  test("a node, with its turn and its quality", async () => {
    const quality = [{ name: "gold", score: 0.8 }];
    flyball.record.node({ name: "summary", durationMs: 250, iteration: 2, quality });
    expect(outcomes[0]).toMatchObject({ kind: "node", status: "ok", durationMs: 250, iteration: 2, quality });
    expect(await scraped()).toMatch(/^flyball_node_duration_seconds_count\{.*node="summary".*\} 1$/m);
  });

  test("a database operation that failed", async () => {
    flyball.record.database({ operation: "select user", durationMs: 4, errorType: "ECONNRESET" });
    expect(outcomes[0]).toMatchObject({
      kind: "database",
      name: "select user",
      status: "error",
      errorType: "ECONNRESET",
    });
    expect(await scraped()).toMatch(/^flyball_database_duration_seconds_count\{.*status="error".*\} 1$/m);
  });

  test("a model call, priced like any other; an unknown model is unpriced", () => {
    const usage = { inputTokens: 1_000_000, outputTokens: 0 };
    flyball.record.modelCall({ model: "gpt-4o-mini", provider: "openai", durationMs: 900, usage });
    flyball.record.modelCall({ model: "nobody-knows-1", provider: "openai", durationMs: 900, usage });
    expect(outcomes.map(({ cost }) => cost)).toEqual([
      expect.objectContaining({ priced: true, usd: 0.15 }),
      expect.objectContaining({ priced: false }),
    ]);
    expect(flyball.windows.read({ kind: "model" }).cost).toMatchObject({ usd: 0.15, priced: 1, unpriced: 1 });
  });

  test("a cache hit, with what it saved apart from what was spent", async () => {
    flyball.record.cache({
      cache: "answers",
      hit: true,
      level: "redis",
      durationMs: 2,
      avoided: { usd: 0.01, ms: 900 },
    });
    flyball.record.cache({ cache: "answers", hit: false, durationMs: 1 });
    expect(outcomes.map(({ labels }) => labels)).toEqual([{ result: "hit", level: "redis" }, { result: "miss" }]);
    const { avoided, cost } = flyball.windows.read({ kind: "cache" });
    expect([avoided.usd, avoided.ms, cost.usd]).toEqual([0.01, 900, 0]);
    expect(await scraped()).toMatch(/^flyball_cache_duration_seconds_count\{.*result="hit".*\} 1$/m);
  });

  test("inside a run it belongs to the run", async () => {
    await flyball.withRun({ workflow: "own", priority: "critical" }, async () => {
      flyball.record.database({ operation: "insert", durationMs: 3 });
    });
    expect(outcomes[0]?.run).toMatchObject({ workflow: "own", priority: "critical" });
    expect(outcomes[0]?.parentSpanId).toBe(outcomes[1]?.spanId);
  });
});
