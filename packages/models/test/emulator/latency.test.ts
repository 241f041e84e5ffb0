import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { latencyOf, meanMs, planLatency, plannedStepMs } from "../../src/emulator/latency.ts";
import { parseProfile } from "../../src/emulator/profile.ts";
import { emulatorProfiles } from "../../src/emulator/profiles.ts";
import { seededRandom } from "../../src/emulator/random.ts";

const model = parseProfile({
  name: "test",
  latency: { baseMs: 400, perInputTokenMs: 1, perOutputTokenMs: 14, jitter: 0.1, tokenJitter: 0.3 },
}).latency;

describe("planned latencies", () => {
  it("are the same for the same seed and differ for another", () => {
    const tokens = { inputTokens: 300, outputTokens: 20 };
    const plan = (seed: number) => planLatency(model, tokens, seededRandom(seed));
    expect(plan(7)).toEqual(plan(7));
    expect(plan(7)).not.toEqual(plan(8));
  });

  it("have the configured mean, spread by their sigma", () => {
    const tokens = { inputTokens: 500, outputTokens: 60 };
    const totals: number[] = [];
    const firsts: number[] = [];
    for (let seed = 0; seed < 4000; seed++) {
      const { totalMs, firstTokenMs } = planLatency(model, tokens, seededRandom(seed));
      totals.push(totalMs);
      firsts.push(Math.log(firstTokenMs));
    }
    const mean = totals.reduce((sum, total) => sum + total, 0) / totals.length;
    expect(mean / meanMs(model, tokens)).toBeCloseTo(1, 2);
    const centre = firsts.reduce((sum, value) => sum + value, 0) / firsts.length;
    const sigma = Math.sqrt(firsts.reduce((sum, value) => sum + (value - centre) ** 2, 0) / firsts.length);
    expect(sigma).toBeGreaterThan(0.085);
    expect(sigma).toBeLessThan(0.115);
  });

  it("add up, are never negative, and cost less the more of the prompt is cached", () => {
    fc.assert(
      fc.property(fc.nat(4000), fc.nat(1), fc.nat(300), fc.nat(), (inputTokens, half, outputTokens, seed) => {
        const cacheReadTokens = half * Math.floor(inputTokens / 2);
        const plan = planLatency(model, { inputTokens, cacheReadTokens, outputTokens }, seededRandom(seed));
        expect(plan.gapsMs).toHaveLength(Math.max(0, outputTokens - 1));
        expect(Math.min(plan.firstTokenMs, ...plan.gapsMs)).toBeGreaterThanOrEqual(0);
        expect(plan.gapsMs.reduce((sum, gap) => sum + gap, plan.firstTokenMs)).toBeCloseTo(plan.totalMs, 6);
        const plain = planLatency(model, { inputTokens, outputTokens }, seededRandom(seed));
        expect(plan.totalMs).toBeLessThanOrEqual(plain.totalMs);
      }),
    );
  });
});

describe("the profiles", () => {
  const steps = Object.values(emulatorProfiles).flatMap((profile) => profile.steps.map((step) => ({ profile, step })));

  it.each(steps)("$profile.name takes the reference's time for $step.name, within a tenth", ({ profile, step }) => {
    const [from, to] = step.referenceMs;
    expect(plannedStepMs(profile, step)).toBeGreaterThanOrEqual(from * 0.9);
    expect(plannedStepMs(profile, step)).toBeLessThanOrEqual(to * 1.1);
  });

  it("are five, each with steps to be held against", () => {
    expect(Object.keys(emulatorProfiles).sort()).toEqual([
      "answers",
      "assistant",
      "consulting",
      "fir",
      "questionnaire",
    ]);
    for (const profile of Object.values(emulatorProfiles)) expect(profile.steps.length).toBeGreaterThan(0);
  });

  it("give a model of its own name its own latency, and every other the common one", () => {
    const profile = parseProfile({ name: "two", latency: { baseMs: 1 }, models: { big: { baseMs: 9 } } });
    expect(["big", "small", "constructor"].map((model) => latencyOf(profile, model).baseMs)).toEqual([9, 1, 1]);
  });

  it("name the path, the value and what was expected when they are wrong", () => {
    expect(() => parseProfile({ name: "x", latency: { baseMs: -5 } })).toThrow(/profile\.latency\.baseMs.*received -5/);
    expect(() => parseProfile({ name: "x", latency: { baseMs: 1 }, colour: "red" })).toThrow(/colour/);
    expect(() => parseProfile({ name: "Not A Name", latency: { baseMs: 1 } })).toThrow(/profile\.name/);
  });
});
