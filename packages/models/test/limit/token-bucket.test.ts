import { fakeClock } from "@flyball/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { tokenBucket } from "../../src/limit/token-bucket.ts";

describe("a token bucket", () => {
  it("never lets more than rate × time + burst through in any stretch", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.double({ min: 0.5, max: 50, noNaN: true }),
        fc.integer({ min: 1, max: 30 }),
        fc.array(fc.record({ pauseMs: fc.nat(2000), tries: fc.nat(40) }), { maxLength: 25 }),
        async (rate, burst, steps) => {
          const clock = fakeClock();
          const bucket = tokenBucket({ rate, burst, clock });
          const taken: number[] = [];
          for (const { pauseMs, tries } of steps) {
            await clock.advance(pauseMs);
            for (let attempt = 0; attempt < tries; attempt++) if (bucket.tryTake()) taken.push(clock.monotonic());
          }
          for (let first = 0; first < taken.length; first++) {
            for (let last = first; last < taken.length; last++) {
              const seconds = ((taken[last] as number) - (taken[first] as number)) / 1000;
              expect(last - first + 1).toBeLessThanOrEqual(rate * seconds + burst + 1e-6);
            }
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it("says exactly how long until the next token", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.double({ min: 0.1, max: 100, noNaN: true }),
        fc.integer({ min: 1, max: 5 }),
        async (rate, burst) => {
          const clock = fakeClock();
          const bucket = tokenBucket({ rate, burst, clock });
          for (let token = 0; token < burst; token++) expect(bucket.tryTake()).toBe(true);
          const waitMs = bucket.waitMs();
          await clock.advance(waitMs * 0.999);
          expect(bucket.tryTake()).toBe(false);
          await clock.advance(waitMs * 0.001);
          expect(bucket.tryTake()).toBe(true);
        },
      ),
      { numRuns: 60 },
    );
  });

  it("keeps what it has earned when the rate changes", async () => {
    const clock = fakeClock();
    const bucket = tokenBucket({ rate: 1, burst: 10, clock });
    for (let token = 0; token < 10; token++) bucket.tryTake();
    await clock.advance(3000);
    bucket.setRate(100);
    const earned = Array.from({ length: 5 }, () => bucket.tryTake());
    expect(earned).toEqual([true, true, true, false, false]);
    expect(bucket.waitMs()).toBeCloseTo(10, 3);
  });
});
