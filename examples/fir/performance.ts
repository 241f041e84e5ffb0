/**
 * The performance test that a person runs: checks that the services are healthy, runs the whole flow plain and
 * optimized against the emulated model server, prints the time of every step at the reference's speed, and PASS or
 * FAIL against the threshold. Exit status 0 for PASS, 1 for FAIL, 2 for wrong use, 3 when a service is not healthy.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { parseArgs } from "node:util";
import { loadComplaints, loadSections } from "./src/data.ts";
import { type Measurement, measureFlow, UnhealthyError } from "./src/measure.ts";
import { modes } from "./src/modes.ts";
import { measureRecall } from "./src/recall.ts";
import type { StepTime } from "./src/step-times.ts";

const usage = `node examples/fir/performance.ts [options]

  --runs N          runs of each mode (default 20; figures that are published use 100)
  --mode NAME       ${Object.keys(modes).join(", ")} or all (default all)
  --concurrency N   runs at once (default 1)
  --time-scale X    real time per reference time (default 0.02: a minute of the reference takes 1.2 s)
  --threshold S     seconds that the 99th percentile of the optimized flow may take (default 30)
  --seed N          seed of the emulator (default 1)
  --json FILE       where the result is kept (default .flyball/fir-performance.json)
  --help`;

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "20" },
    mode: { type: "string", default: "all" },
    concurrency: { type: "string", default: "1" },
    "time-scale": { type: "string", default: "0.02" },
    threshold: { type: "string", default: "30" },
    seed: { type: "string", default: "1" },
    json: { type: "string", default: ".flyball/fir-performance.json" },
    help: { type: "boolean", default: false },
  },
});

if (values.help) {
  process.stdout.write(`${usage}\n`);
  process.exit(0);
}

const runs = positive("runs");
const concurrency = positive("concurrency");
const timeScale = positive("time-scale");
const thresholdMs = positive("threshold") * 1_000;
const chosen = values.mode === "all" ? Object.keys(modes) : [values.mode];

/** The number of an option. Ends the process with status 2 when it is none. */
function positive(name: "runs" | "concurrency" | "time-scale" | "threshold" | "seed"): number {
  const value = Number(values[name]);
  if (value > 0) return value;
  return refuse(`--${name}: expected a positive number, received ${JSON.stringify(values[name])}`);
}

function refuse(message: string): never {
  process.stderr.write(`${message}\n\n${usage}\n`);
  process.exit(2);
}

const seconds = (milliseconds: number): string => `${(milliseconds / 1_000).toFixed(2)} s`.padStart(10);
const total = (measurement: Measurement): StepTime =>
  measurement.steps.find(({ step }) => step === "total") as StepTime;

function print({ mode, steps, failed }: Measurement): void {
  process.stdout.write(`\n${mode}${failed > 0 ? `, ${failed} runs failed` : ""}\n`);
  process.stdout.write(
    `  ${"step".padEnd(12)}${["mean", "p50", "p95", "p99"].map((name) => name.padStart(10)).join("")}\n`,
  );
  for (const { step, mean, p50, p95, p99 } of steps) {
    process.stdout.write(`  ${step.padEnd(12)}${[mean, p50, p95, p99].map(seconds).join("")}\n`);
  }
}

async function main(): Promise<number> {
  const sections = loadSections();
  const complaints = loadComplaints(sections);
  const heldOut = complaints.filter((complaint) => complaint.heldOut);
  const measurements: Record<string, Measurement> = {};
  for (const name of chosen) {
    const mode = modes[name] ?? refuse(`--mode: expected ${Object.keys(modes).join(", ")} or all, received ${name}`);
    const onRun = (done: number): void => {
      if (process.stderr.isTTY) process.stderr.write(`\r${mode.name}: ${done} of ${runs}\u001b[K`);
    };
    measurements[name] = await measureFlow({
      mode,
      complaints: heldOut,
      runs,
      concurrency,
      timeScale,
      seed: positive("seed"),
      onRun,
    });
    if (process.stderr.isTTY) process.stderr.write("\r\u001b[K");
    print(measurements[name]);
  }

  const { off, parallel, budgets, health, cache, on } = measurements;
  const meanOf = (one: Measurement, name: string): number =>
    one.steps.find(({ step }) => step === name)?.mean ?? Number.NaN;
  const checks = (one: Measurement): number => meanOf(one, "checks");
  const less = (after: number, before: number): string => `${(100 * (1 - after / before)).toFixed(0)} % less`;
  process.stdout.write("\n");
  if (off && parallel)
    process.stdout.write(`checks, equal number side by side:  ${less(checks(parallel), checks(off))}\n`);
  if (off && on) process.stdout.write(`checks, fewer and side by side:     ${less(checks(on), checks(off))}\n`);
  if (off && budgets)
    process.stdout.write(`whole flow, tight budgets:          ${less(total(budgets).mean, total(off).mean)}\n`);
  if (off && health) {
    const saved = (total(off).mean - total(health).mean) / 1_000;
    process.stdout.write(`whole flow, cached health checks:   ${saved.toFixed(1)} s less\n`);
  }
  if (off && cache) {
    const [before, after] = [meanOf(off, "retrieval"), meanOf(cache, "retrieval")].map((ms) => seconds(ms).trim());
    const share = (100 * (cache.cacheHitRatio ?? 0)).toFixed(0);
    process.stdout.write(`retrieval, cached queries:          ${before} to ${after}, ${share} % from the cache\n`);
  }
  if (off && on)
    process.stdout.write(`whole flow, everything:                         ${less(total(on).mean, total(off).mean)}\n`);
  const recall = await measureRecall(sections, complaints, [10, 20]);
  for (const { hits, recall: share } of recall) {
    process.stdout.write(`gold sections among the first ${hits} hits: ${(100 * share).toFixed(0)} %\n`);
  }

  const judged = on ?? (measurements[chosen.at(-1) as string] as Measurement);
  const passed = total(judged).p99 <= thresholdMs && judged.failed === 0;
  process.stdout.write(
    `\n${passed ? "PASS" : "FAIL"}  p99 of "${judged.mode}": ${seconds(total(judged).p99).trim()}, threshold ${seconds(thresholdMs).trim()}\n`,
  );

  mkdirSync(dirname(values.json), { recursive: true });
  const settings = { runs, concurrency, timeScale, seed: positive("seed"), thresholdMs };
  writeFileSync(
    values.json,
    `${JSON.stringify({ at: new Date().toISOString(), settings, passed, recall, measurements }, null, 2)}\n`,
  );
  process.stdout.write(`kept in ${values.json}\n`);
  return passed ? 0 : 1;
}

// Somebody may read the first lines only, through `head`.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
});
process.exitCode = await main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  return error instanceof UnhealthyError ? 3 : 1;
});
