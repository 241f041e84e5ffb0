import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { percentile } from "../src/step-times.ts";

const folder = mkdtempSync(join(tmpdir(), "flyball-fir-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

// Whole flows of every mode in a process of its own, and the shipped model over every complaint.
const timeout = 120_000;

function performance(...options: string[]) {
  const script = join(import.meta.dirname, "../performance.ts");
  const json = join(folder, "result.json");
  const run = spawnSync(
    process.execPath,
    ["--conditions=@flyball/source", script, "--json", json, "--runs", "1", "--time-scale", "0.02", ...options],
    { encoding: "utf8", cwd: folder },
  );
  const kept = () => JSON.parse(readFileSync(json, "utf8"));
  return { status: run.status, out: run.stdout, err: run.stderr, kept };
}

test("prints every step, passes under a generous threshold and keeps the figures", { timeout }, () => {
  const { status, out, kept } = performance("--threshold", "1000");
  for (const step of ["process", "summary", "retrieval", "checks", "narrative", "document", "total"]) {
    expect(out).toMatch(new RegExp(`^  ${step} .* s$`, "m"));
  }
  expect(out).toMatch(/^PASS /m);
  expect(status).toBe(0);
  const { measurements, recall, passed } = kept();
  expect(passed).toBe(true);
  expect(Object.keys(measurements)).toEqual([...["off", "parallel", "fewer-hits", "budgets", "health", "cache", "on"]]);
  expect(measurements.off).toMatchObject({ runs: 1, failed: 0 });
  expect(recall[1].recall).toBeGreaterThanOrEqual(recall[0].recall);
});

test("fails a threshold that cannot be met, with status 1", { timeout }, () => {
  const { status, out } = performance("--mode", "on", "--threshold", "0.001");
  expect(out).toMatch(/^FAIL /m);
  expect(status).toBe(1);
});

test.each([[["--runs", "none"]], [["--mode", "sideways"]], [["--unknown"]]])("refuses %j with a word", (options) => {
  const { status, err } = performance(...options);
  expect(status).not.toBe(0);
  expect(err).toMatch(new RegExp(`${options[0]}`));
});

test("percentiles are nearest-rank", () => {
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);
  expect([percentile(hundred, 0.5), percentile(hundred, 0.95), percentile(hundred, 0.99)]).toEqual([50, 95, 99]);
  expect(percentile([7], 0.99)).toBe(7);
  expect(percentile([], 0.5)).toBeNaN();
});
