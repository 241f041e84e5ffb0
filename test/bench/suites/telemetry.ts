import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Clock, type FakeClock, fakeClock, systemClock } from "@flyball/core";
import { createModelClient, createScriptedProvider, type GenerateRequest, type Provider } from "@flyball/models";
import { startOtel } from "@flyball/otel";
import { openStore, type Store } from "@flyball/storage";
import {
  createOutcomeMetrics,
  createTelemetry,
  createWindowReader,
  type Telemetry,
  type TelemetryOptions,
  telemetryMigrations,
  telemetryRetention,
} from "@flyball/telemetry";
import { BatchSpanProcessor, type SpanExporter, TracerProvider } from "@opentelemetry/sdk-trace";
import { type Measured, measure, type Subject } from "../measure.ts";
import type { SuiteResult } from "../report.ts";
import { scrapeSuite } from "./scrape.ts";

const run = { runId: "r", workflow: "bench", unit: "u", priority: "normal" } as const;

/** What an outcome costs on its way into windows, metrics and a listener, and what a day of one series costs to read. */
export async function suite(): Promise<SuiteResult[]> {
  const folder = mkdtempSync(join(tmpdir(), "flyball-bench-"));
  try {
    return [await outcomes(folder), await modelCalls(), await windows(folder), await scrapeSuite()];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function open(folder: string, name: string, clock: Clock = systemClock): Store {
  const tables = { migrations: telemetryMigrations, retention: telemetryRetention() };
  return openStore({ path: join(folder, name), clock, ...tables });
}

async function outcomes(folder: string): Promise<SuiteResult> {
  const otel = await startOtel({ serviceName: "bench" });
  // Spans end where an exporter that is fast enough would take them.
  const exporter: SpanExporter = { export: (_spans, done) => done({ code: 0 }), shutdown: async () => {} };
  const processor = new BatchSpanProcessor({ exporter });
  const tracer = new TracerProvider({ spanProcessors: [processor] }).getTracer("bench");
  const subject = (name: string, options: TelemetryOptions): Subject => {
    const telemetry = createTelemetry({ recorders: [createOutcomeMetrics({ meter: otel.meter })], ...options });
    let heard = 0;
    telemetry.subscribe(() => {
      heard++;
    });
    return {
      name,
      run(times) {
        // A node's outcome as the engine makes it; runs and stored traces have their own share in the engine's suite.
        for (let index = 0; index < times; index++) telemetry.start({ kind: "node", name: "step", run }).end("ok");
        if (heard === 0) throw new Error("the listener heard nothing");
      },
    };
  };
  const store = open(folder, "outcomes.db");
  const measured = await measure([
    subject("outcome into windows, metrics and a listener", {}),
    subject("the same with its OpenTelemetry span", { tracer }),
    subject("the same with the embedded store instead", { store }),
  ]);
  const goals = [1.5, 4];
  await store.close();
  await otel.shutdown(1_000);
  return {
    suite: "telemetry: CPU of one outcome",
    figures: measured.map(({ name, cpuMicros }, index) => {
      const goal = goals[index];
      return { name, value: cpuMicros, unit: "µs", ...(goal === undefined ? {} : { atMost: goal }) };
    }),
  };
}

/** What wrapping a model call costs, beyond a provider that answers at once. */
async function modelCalls(): Promise<SuiteResult> {
  const otel = await startOtel({ serviceName: "bench" });
  const provider = createScriptedProvider({ answers: ["yes"] });
  const telemetry = createTelemetry({ recorders: [createOutcomeMetrics({ meter: otel.meter })] });
  const request: GenerateRequest = { model: "gpt-4o-mini", messages: [{ role: "user", content: "Is it?" }] };
  const subject = (name: string, models: Pick<Provider, "generate">): Subject => ({
    name,
    async run(times) {
      for (let index = 0; index < times; index++) await models.generate(request);
    },
  });
  const measured = await measure([
    subject("the provider alone", provider),
    subject("through a client", createModelClient({ provider })),
    subject("through a client, traced, priced and counted", createModelClient({ provider, telemetry })),
  ]);
  await otel.shutdown(1_000);
  const [alone] = measured as [Measured];
  return {
    suite: "models: CPU added to one call",
    figures: measured.slice(1).map(({ name, cpuMicros }) => ({ name, value: cpuMicros - alone.cpuMicros, unit: "µs" })),
  };
}

/** A day of one series, an outcome every ten seconds, read back from the file as another process would. */
async function windows(folder: string): Promise<SuiteResult> {
  const clock = fakeClock();
  const store = open(folder, "windows.db", clock);
  const telemetry = createTelemetry({ store, clock });
  await fillDay(telemetry, store, clock);
  await telemetry.flush(10_000);
  const reader = createWindowReader(store.database, clock);
  const query = { kind: "node", name: "step", lastMinutes: 1_440 } as const;
  const read = reader.read(query);
  if (read.count < 8_000) throw new Error(`expected a day of outcomes, read ${read.count}`);
  const [measured] = (await measure([
    {
      name: "window query, one series over 1,440 minutes",
      run(times) {
        for (let index = 0; index < times; index++) reader.read(query);
      },
    },
  ])) as [Measured];
  await telemetry.shutdown(5_000);
  await store.close();
  return {
    suite: "telemetry: reading windows",
    figures: [{ name: measured.name, value: measured.cpuMicros / 1_000, unit: "ms", atMost: 5 }],
  };
}

async function fillDay(telemetry: Telemetry, store: Store, clock: FakeClock): Promise<void> {
  let seed = 1;
  for (let minute = 0; minute < 1_440; minute++) {
    for (let index = 0; index < 6; index++) {
      seed = (seed * 48_271) % 2_147_483_647;
      telemetry.record({ kind: "node", name: "step", run, durationMs: 50 + (seed % 2_000) });
    }
    await clock.advance(60_000);
    // A day in some seconds is more than the bounded queue takes at once; a real day is not.
    if (minute % 60 === 0) await store.writer.flush(60_000);
  }
}
