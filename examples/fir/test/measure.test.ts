import { expect, test } from "vitest";
import { loadComplaints, loadSections } from "../src/data.ts";
import { type Measurement, measureFlow } from "../src/measure.ts";
import { type Mode, modes } from "../src/modes.ts";

const complaints = loadComplaints(loadSections());

function measure(name: string): Promise<Measurement> {
  const mode = { ...(modes[name] as Mode), times: 5 };
  return measureFlow({ mode, complaints, runs: 5, concurrency: 1, timeScale: 0.005, seed: 1 });
}

test("a complaint that comes again finds its sections in the cache; without it each one is searched", async () => {
  const { failed, cacheHitRatio, steps } = await measure("cache");
  expect([failed, cacheHitRatio]).toEqual([0, 0.8]);
  // The one that was searched took the reference's second at least.
  const retrieval = steps.find(({ step }) => step === "retrieval");
  expect(retrieval?.p99).toBeGreaterThan(1_000);
  expect(retrieval?.p50).toBeLessThan(retrieval?.p99 as number);

  const plain = await measure("off");
  expect([plain.failed, plain.cacheHitRatio]).toEqual([0, undefined]);
  expect(plain.steps.find(({ step }) => step === "retrieval")?.p50).toBeGreaterThan(1_000);
});
