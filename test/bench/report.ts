import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** One line of a suite's result: what was measured, what it has to stay under, and whether it did. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** The promise, where there is one. */
  readonly atMost?: number;
  readonly note?: string;
}

export interface SuiteResult {
  readonly suite: string;
  readonly figures: readonly Figure[];
}

export const kept = (figure: Figure): boolean => figure.atMost === undefined || figure.value <= figure.atMost;

/** Prints a suite as a table. */
export function print(result: SuiteResult): void {
  process.stdout.write(`\n${result.suite}\n`);
  const width = Math.max(...result.figures.map((figure) => figure.name.length));
  for (const figure of result.figures) {
    const value = figure.value >= 100 ? figure.value.toFixed(0) : figure.value.toPrecision(3);
    const goal = figure.atMost === undefined ? "" : `  goal ≤ ${figure.atMost}  ${kept(figure) ? "ok" : "MISSED"}`;
    process.stdout.write(
      `  ${figure.name.padEnd(width)}  ${value.padStart(9)} ${figure.unit}${goal}${figure.note ? `  (${figure.note})` : ""}\n`,
    );
  }
}

/** Keeps a run as JSON under `results/`, named by its time, and returns the path. */
export function keep(results: readonly SuiteResult[], folder: string, now: Date): string {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${now.toISOString().replaceAll(":", "-")}.json`);
  const machine = { node: process.versions.node, arch: process.arch, platform: process.platform };
  writeFileSync(path, `${JSON.stringify({ at: now.toISOString(), machine, results }, null, 2)}\n`);
  return path;
}
