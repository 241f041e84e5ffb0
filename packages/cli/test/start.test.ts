import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startOtlpCollector } from "../../../test/services/otlp-collector.ts";
import { type Ended, type FlyballHome, flyballHome, orders } from "./flyball.ts";

describe("flyball start --once, and what can be asked of it afterwards", () => {
  let home: FlyballHome;
  let started: Ended;
  beforeAll(async () => {
    home = flyballHome();
    started = await home.run(["start", orders, "--once", "--port", "0", "--set", "failing=2", "--concurrency", "2"]);
  });
  afterAll(() => home.remove());

  test("a run that fails makes the status 1, and loses only itself", () => {
    expect(started.status, started.stderr).toBe(1);
    expect(started.stdout).toContain("orders: 2 of 3 runs completed");
    expect(started.stdout).toContain("order-2: failed at booking: order 2 cannot be booked");
    expect(started.stdout).toContain("booked 1: two lamps");
    expect(started.stdout).toContain("booked 3: two lamps");
  });

  test("prints a row per step with count, errors, times, tokens and cost, then where to look", () => {
    const row = (name: string): string[] =>
      started.stdout
        .split("\n")
        .find((line) => line.startsWith(`${name} `))
        ?.split(/ {2,}/) ?? [];
    expect(row("summary").slice(0, 2)).toEqual(["summary", "3"]);
    expect(row("summary").slice(-3)).toEqual(["24", "6", "$0.0000072"]);
    expect(row("booking").slice(0, 3)).toEqual(["booking", "3", "1"]);
    expect(row("orders").slice(-1)).toEqual(["$0.0000072"]);
    expect(started.stdout).toMatch(/traces {3}flyball trace \w+-\w+/);
    expect(started.stdout).toMatch(/metrics {2}http:\/\/127\.0\.0\.1:\d+\/metrics/);
    expect(started.stdout).toContain("that was all");
  });

  test("is plain where nobody sits: a line per node on stderr, no colours, no redrawing", () => {
    expect(started.stdout + started.stderr).not.toContain("\x1b");
    expect(started.stderr).toMatch(/^order-1 {2}stock {2}ok {2}/m);
    expect(started.stderr).toMatch(/^order-2 {2}booking {2}error: order 2 cannot be booked {2}/m);
  });

  test("flyball trace draws a run, the failed one when asked", async () => {
    const drawn = await home.run(["trace", "--failed"]);
    expect(drawn.status, drawn.stderr).toBe(0);
    expect(drawn.stdout).toMatch(/^orders {2}error /);
    expect(drawn.stdout).toMatch(/^ {4}model gpt-4o-mini .*█.* ok .*8 → 2 {2}\$0\.0000024$/m);
    expect(drawn.stdout).toMatch(/^ {2}booking .*error: /m);
    expect(drawn.stdout).toContain("booking: order 2 cannot be booked");

    const [, runId = ""] = /run (\w+-\w+)/.exec(drawn.stdout) ?? [];
    const asked = await home.run(["trace", runId, "--json"]);
    const trace = JSON.parse(asked.stdout);
    expect(trace.runId).toBe(runId);
    expect(trace.spans.map((span: { name: string }) => span.name).sort()).toEqual(
      ["booking", "check stock", "gpt-4o-mini", "orders", "release", "stock", "summary"].sort(),
    );
  });

  test("flyball trace --list lists, and an unknown id is a failure", async () => {
    const [listed, unknown] = await Promise.all([
      home.run(["trace", "--list", "--slowest", "--json"]),
      home.run(["trace", "0123456789abcdef"]),
    ]);
    const traces = JSON.parse(listed.stdout);
    expect(traces).toHaveLength(3);
    const durations = traces.map((trace: { durationMs: number }) => trace.durationMs);
    expect(durations).toEqual(durations.toSorted((a: number, b: number) => b - a));
    expect(unknown.status).toBe(1);
    expect(unknown.stderr).toContain("0123456789abcdef");
  });

  test("flyball metrics says what was slow and what it cost, by operation and by priority", async () => {
    const [byOperation, byPriority, text] = await Promise.all([
      home.run(["metrics", "--json"]),
      home.run(["metrics", "--by", "priority", "--json", "--since", "2h"]),
      home.run(["metrics"]),
    ]);
    const { rows, total } = JSON.parse(byOperation.stdout);
    const rowOf = (kind: string, name: string) =>
      rows.find((row: { kind: string; name: string }) => row.kind === kind && row.name.endsWith(name));
    expect(rowOf("run", "orders")).toMatchObject({ count: 3, errors: 1 });
    expect(rowOf("node", "booking")).toMatchObject({ count: 3, errors: 1 });
    expect(rowOf("model", "gpt-4o-mini")).toMatchObject({ count: 3, errors: 0, inputTokens: 24, outputTokens: 6 });
    expect(rowOf("model", "gpt-4o-mini").usd).toBeCloseTo(7.2e-6, 12);
    expect(total).toMatchObject({ unpriced: 0 });

    const priorities = JSON.parse(byPriority.stdout);
    expect(priorities.sinceMinutes).toBe(120);
    expect(priorities.rows.map((row: { name: string; count: number }) => [row.name, row.count])).toEqual([
      ["critical", 1],
      ["normal", 2],
    ]);
    expect(priorities.rows[1].usd).toBeCloseTo(4.8e-6, 12);
    expect(text.stdout).toMatch(/^model gpt-4o-mini +3 /m);
    expect(text.stdout).toContain("spent in the last 15 minutes: $0.0000072");
  });
});

describe("flyball start", () => {
  let home: FlyballHome;
  beforeAll(() => {
    home = flyballHome();
  });
  afterAll(() => home.remove());

  test("--json prints one document and nothing else on stdout", async () => {
    const { status, stdout } = await home.run(["start", orders, "--once", "--limit", "1", "--json", "--port", "0"]);
    expect(status).toBe(0);
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({ pipeline: "orders", completed: 1, notCompleted: 0, summary: "that was all" });
    expect(report.runs).toEqual([
      expect.objectContaining({
        item: "order-1",
        status: "completed",
        runId: expect.any(String),
        traceId: expect.any(String),
      }),
    ]);
    expect(report.steps.find((step: { name: string }) => step.name === "summary")).toMatchObject({
      count: 1,
      errors: 0,
    });
    expect(Object.keys(report.urls)).toEqual(["metrics", "health"]);
  });

  test("stays up to be scraped, beside other commands, until Ctrl-C", async () => {
    const started = home.start(["start", orders, "--port", "0"]);
    const [, url] = await started.says(/metrics {2}(http:\S+)\/metrics/);
    await started.says(/Serving/);
    const metrics = await (await fetch(`${url}/metrics`)).text();
    expect(metrics).toMatch(
      /^flyball_node_duration_seconds_count\{workflow="orders",node="booking",status="ok",priority="normal"\} 2$/m,
    );
    const open = await fetch(`${url}/metrics`, { headers: { accept: "application/openmetrics-text; version=1.0.0" } });
    expect(open.headers.get("content-type")).toContain("application/openmetrics-text");
    expect(await open.text()).toMatch(/# EOF\n$/);
    const health = (await (await fetch(`${url}/health`)).json()) as { status: string; parts: Record<string, unknown> };
    expect(health.status).toBe("ok");
    expect(Object.keys(health.parts)).toEqual(["store", "coordinator", "checkpoints", "model openai"]);
    expect((await fetch(`${url}/metrics`, { method: "POST" })).status).toBe(404);

    const beside = await home.run(["metrics", "--json"]);
    expect(JSON.parse(beside.stdout).rows.length).toBeGreaterThan(0);
    started.child.kill("SIGINT");
    expect((await started.ended).status).toBe(0);
  });

  test("Ctrl-C in the middle ends the runs, writes out what is known of them, and is status 130", async () => {
    const other = flyballHome();
    try {
      const slow = ["--set", "bookingMs=60000", "--set", "announce=true"];
      const started = other.start(["start", orders, "--once", "--port", "0", ...slow]);
      await started.says(/booking has begun/);
      started.child.kill("SIGINT");
      const { status, stdout } = await started.ended;
      expect(status).toBe(130);
      expect(stdout).toContain("order-1: cancelled");
      const { rows } = JSON.parse((await other.run(["metrics", "--json"])).stdout);
      expect(rows.find((row: { kind: string }) => row.kind === "run")).toMatchObject({ name: "orders", count: 1 });
      expect(rows.find((row: { kind: string }) => row.kind === "model")).toMatchObject({ count: 1 });
    } finally {
      other.remove();
    }
  });

  test("a second Ctrl-C does not wait", async () => {
    const slow = ["--set", "closingMs=60000", "--set", "announce=true", "--set", "bookingMs=60000"];
    const started = home.start(["start", orders, "--once", "--port", "0", ...slow]);
    await started.says(/booking has begun/);
    started.child.kill("SIGINT");
    await started.says(/0 of 1 runs completed/);
    started.child.kill("SIGINT");
    expect((await started.ended).status).toBe(130);
  });

  test("spans reach a collector, with what the configuration says of the service, before the command ends", async () => {
    const collector = await startOtlpCollector();
    try {
      const { status, stdout } = await home.run(["start", orders, "--once", "--limit", "1", "--json", "--port", "0"], {
        environment: {
          OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
          OTEL_EXPORTER_OTLP_HEADERS: "authorization=Bearer%20let-me-in",
          OTEL_SERVICE_NAME: "shop",
          FLYBALL_SERVICE_ENVIRONMENT: "staging",
        },
      });
      expect(status).toBe(0);
      const [{ traceId }] = JSON.parse(stdout).runs;
      const spans = collector.spans.filter((span) => span.traceId === traceId);
      expect(spans.map((span) => span.name)).toEqual(
        expect.arrayContaining(["invoke_workflow orders", "flyball.node summary", "chat gpt-4o-mini"]),
      );
      expect(spans[0]?.resource).toMatchObject({ "service.name": "shop", "deployment.environment.name": "staging" });
      expect(JSON.stringify(spans)).not.toContain("Summarise order");
      expect(collector.requests[0]?.headers.authorization).toBe("Bearer let-me-in");
    } finally {
      await collector.stop();
    }
  });

  test("--approve terminal asks, and takes yes, no and what is piped in", async () => {
    const parameters = ["start", orders, "--once", "--port", "0", "--approve", "terminal", "--set", "approval=true"];
    const { status, stdout, stderr } = await home.run(parameters, { input: "y\nwhat\nno\ny\n" });
    expect(status).toBe(1);
    expect(stderr).toContain("release waits for approval:\ntwo lamps");
    expect(stdout).toContain("booked 1: two lamps");
    expect(stdout).toMatch(/order-2: failed at release: /);
    expect(stdout).toContain("booked 3: two lamps");
  });
});
