import { describe, expect, test } from "vitest";
import { chance, detections, falseAlarms, mistake, scenarios } from "./simulation/study.ts";

// The whole study, with a thousand rollouts each, is `npm run statistics -w @flyball/governor`; it writes
// docs/statistics.md. Here are fewer, from the same seeds.
const rollouts = 60;

describe("false alarms of the whole rollout path", () => {
  test.each(scenarios.map((scenario) => [scenario.name, scenario] as const))(
    "%s: at most the level that is promised",
    { timeout: 120_000 },
    (_, scenario) => {
      const { share } = falseAlarms(scenario, rollouts, { mostUnits: 3_500 });
      expect(share).toBeLessThanOrEqual(0.05 + chance(0.05, rollouts));
    },
  );
});

test("harm is found within the units that it should take", { timeout: 120_000 }, () => {
  const [errors, slower, muchSlower, longer] = detections(40);
  // 3,264 units and 0.81 by 6,000 an arm are what the tests take on their own; a tenth more is allowed here, and
  // what chance does to forty rollouts.
  expect(errors?.median).toBeLessThan(3_264 * 1.1 * 1.25);
  expect(errors?.found.share).toBeGreaterThan(0.85);
  expect(slower?.found.share).toBeGreaterThan(0.81 - chance(0.81, 40));
  expect(muchSlower?.median).toBeLessThan(1_600 * 1.1 * 1.15);
  expect(longer?.median).toBeLessThan(4_000);
});

test("the promise rests on one number a unit, made in one place", { timeout: 120_000 }, () => {
  const right = mistake(undefined, 40);
  expect(right.share).toBeLessThanOrEqual(0.05 + chance(0.05, 40));
  expect(mistake("every run a unit", 40).share).toBeGreaterThan(0.25);
  expect(mistake({ instances: 8 }, 40).share).toBeGreaterThan(0.15);
});
