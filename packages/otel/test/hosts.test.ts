import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { hosts } from "../../../test/hosts/installed.ts";

interface Report {
  readonly tracing: string;
  readonly outcomes: readonly {
    readonly kind: string;
    readonly traceId: string;
    readonly spanId: string;
    readonly parentSpanId?: string;
  }[];
  readonly metrics: string;
  readonly spans: readonly {
    readonly name: string;
    readonly traceId: string;
    readonly spanId: string;
    readonly parentSpanId?: string;
    readonly attributes: Readonly<Record<string, unknown>>;
  }[];
}

const folder = join(import.meta.dirname, "../../../test/hosts");

/** Runs a service in a process of its own: a provider is registered once a process, and cannot be taken out again. */
async function serve(script: string, ...rest: string[]): Promise<Report> {
  const hook = join(folder, "host-api.mjs");
  const options = ["--conditions=@flyball/source", "--import", hook, join(folder, script), ...rest];
  const { stdout } = await promisify(execFile)(process.execPath, options, { timeout: 30_000 });
  return JSON.parse(stdout) as Report;
}

/** Metrics and outcomes are the same whatever the host does with spans. */
function expectMeasured({ metrics, outcomes }: Report): void {
  expect(metrics).toContain('flyball_node_duration_seconds_count{workflow="fir",node="summary",status="ok"} 1\n');
  expect(metrics).toContain('flyball_outcomes_total{kind="model",status="ok"} 1\n');
  const [model, node, run] = outcomes;
  expect(outcomes.map((outcome) => outcome.kind)).toEqual(["model", "node", "run"]);
  expect(new Set(outcomes.map((outcome) => outcome.traceId)).size).toBe(1);
  expect([model?.parentSpanId, node?.parentSpanId]).toEqual([node?.spanId, run?.spanId]);
}

/** Our spans are inside the host's request, under the ids that our outcomes carry. */
function expectOurSpansIn({ spans, outcomes }: Report): void {
  const named = (name: string) => spans.find((span) => span.name === name);
  const ours = ["chat gpt-x", "flyball.node summary", "invoke_workflow fir"].map(named);
  expect(ours.map((span) => span?.spanId)).toEqual(outcomes.map((outcome) => outcome.spanId));
  expect(ours[0]?.parentSpanId).toBe(ours[1]?.spanId);
  expect(ours[1]?.parentSpanId).toBe(ours[2]?.spanId);
  expect(ours[2]?.parentSpanId).toBe(named("host request")?.spanId);
  expect(named("host request")?.traceId).toBe(outcomes[0]?.traceId);
  expect(ours[0]?.attributes).toMatchObject({ "gen_ai.request.model": "gpt-x", "gen_ai.provider.name": "openai" });
}

describe.skipIf(!hosts.installed())("a host", () => {
  it("without OpenTelemetry gets metrics and outcomes, and no spans are made", async () => {
    const report = await serve("none.mjs");
    expect(report.tracing).toBe("none");
    expectMeasured(report);
  });

  it("with an older SDK and API keeps its provider and finds our spans in its traces", async () => {
    const report = await serve("older-sdk.mjs");
    expect(report.tracing).toBe("host");
    expectMeasured(report);
    expectOurSpansIn(report);
    expect(report.spans.at(-1)?.name).toBe("host afterwards");
  });

  it("that samples nothing gets no spans, and metrics and outcomes all the same", async () => {
    const report = await serve("older-sdk.mjs", "off");
    expect(report.tracing).toBe("host");
    expectMeasured(report);
    expect(report.spans).toEqual([]);
  });

  it("with Sentry keeps Sentry's provider and finds our spans in its transactions", async () => {
    const report = await serve("sentry.mjs");
    expect(report.tracing).toBe("host");
    expectMeasured(report);
    expectOurSpansIn(report);
    expect(report.spans.at(-1)?.name).toBe("host afterwards");
  });
});
