import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { median } from "../measure.ts";
import type { SuiteResult } from "../report.ts";

// In the packages' own folders, so that each resolves what its package depends on.
const packages = resolve(import.meta.dirname, "../../../packages");

/** Milliseconds from the start of the process until the last line runs. */
const says = "process.stdout.write(String(performance.now()));process.exit(0);";

const subjects: readonly {
  readonly name: string;
  readonly package: string;
  readonly script: (home: string) => string;
}[] = [
  { name: "Node alone", package: "sdk", script: () => says },
  {
    name: "Node with OpenTelemetry's SDK",
    package: "otel",
    script: () => `
      import { NodeSDK } from "@opentelemetry/sdk-node";
      new NodeSDK({ autoDetectResources: false, metricReaders: [], logRecordProcessors: [], spanProcessors: [] }).start();
      ${says}`,
  },
  {
    name: "Flyball with the embedded store",
    package: "sdk",
    script: (home) => `
      import { start } from "@flyball/sdk";
      await start({ home: ${JSON.stringify(home)}, environment: {} });
      ${says}`,
  },
];

const rounds = 9;

/**
 * From nothing to ready, in processes of their own, interleaved, with the packages built as they are published. Wall
 * time: waiting for the disk is part of starting.
 */
export async function suite(): Promise<SuiteResult[]> {
  build();
  const home = mkdtempSync(join(tmpdir(), "flyball-start-"));
  const samples = subjects.map((): number[] => []);
  try {
    for (let round = 0; round < rounds; round++) {
      for (const [index, subject] of subjects.entries()) samples[index]?.push(readyAfter(subject, home));
    }
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
  const [alone = 0, openTelemetry = 0, flyball = 0] = samples.map(median);
  return [
    {
      suite: "start to ready",
      figures: [
        { name: "Node alone", value: alone, unit: "ms" },
        { name: "Node with OpenTelemetry's SDK", value: openTelemetry, unit: "ms" },
        { name: "Flyball with the embedded store", value: flyball, unit: "ms" },
        {
          name: "Flyball, beyond Node with OpenTelemetry's SDK",
          value: flyball - openTelemetry,
          unit: "ms",
          atMost: 300,
        },
      ],
    },
  ];
}

function build(): void {
  const compiler = resolve(packages, "../node_modules/.bin/tsc");
  const { status, stdout } = spawnSync(compiler, ["-b", join(packages, "sdk")], { encoding: "utf8" });
  if (status !== 0) throw new Error(`the packages do not build: ${stdout}`);
}

function readyAfter(subject: (typeof subjects)[number], home: string): number {
  const file = join(packages, subject.package, `.bench-start-${process.pid}.mjs`);
  writeFileSync(file, subject.script(home));
  try {
    const { stdout, stderr, status } = spawnSync(process.execPath, [file], {
      encoding: "utf8",
    });
    if (status !== 0) throw new Error(`${subject.name} did not start: ${stderr}`);
    return Number(stdout);
  } finally {
    rmSync(file, { force: true });
  }
}
