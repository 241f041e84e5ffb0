import { CancelledError, type FakeClock, fakeClock, TimeoutError } from "@flyball/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createModelClient } from "../../src/client.ts";
import { ModelError, OverloadedError, ProviderHttpError } from "../../src/errors.ts";
import { createRateLimiter, type RateLimiter, type RateLimiterOptions } from "../../src/limit/rate-limiter.ts";
import { createScriptedProvider } from "../../src/providers/scripted.ts";

function limiter(options: RateLimiterOptions = {}): { clock: FakeClock; limiter: RateLimiter } {
  const clock = fakeClock();
  return { clock, limiter: createRateLimiter({ ...options, clock }) };
}

const call = { request: {} };

async function ends(limited: RateLimiter, clock: FakeClock, succeeded: number, failed: number): Promise<void> {
  for (let index = 0; index < succeeded; index++) limited.report(true);
  for (let index = 0; index < failed; index++) limited.report(false);
  await clock.advance(10_000);
  // An adjustment is made when a call ends, so one more has to end in the next interval.
  limited.report(failed === 0);
}

describe("holding back", () => {
  it("lets the burst through at once and the rest at the rate, in order of arrival", async () => {
    const { clock, limiter: limited } = limiter({ rate: 10, burst: 3 });
    const passed: [number, number][] = [];
    for (let index = 0; index < 6; index++) void limited.acquire().then(() => passed.push([index, clock.monotonic()]));
    await clock.advance(0);
    expect(passed.map(([index]) => index)).toEqual([0, 1, 2]);
    await clock.advance(300);
    expect(passed.slice(3).map(([index, at]) => [index, Math.round(at)])).toEqual([
      [3, 100],
      [4, 200],
      [5, 300],
    ]);
    expect(limited.stats()).toMatchObject({ passed: 6, heldBack: 3, waiting: 0 });
  });

  it("never passes more than rate × time + burst, whatever arrives and leaves", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 10 }),
        fc.array(fc.record({ pauseMs: fc.nat(700), arrive: fc.nat(8), leave: fc.boolean() }), { maxLength: 15 }),
        async (rate, burst, steps) => {
          const { clock, limiter: limited } = limiter({ rate, burst, minRate: 1, maxRate: 20, maxWaitMs: 1e9 });
          const passedAt: number[] = [];
          for (const { pauseMs, arrive, leave } of steps) {
            const leaving = new AbortController();
            for (let index = 0; index < arrive; index++) {
              limited.acquire(leaving.signal).then(
                () => passedAt.push(clock.monotonic()),
                () => {},
              );
            }
            await clock.advance(pauseMs);
            if (leave) leaving.abort();
          }
          await clock.advance(120_000);
          expect(limited.stats().waiting).toBe(0);
          for (let first = 0; first < passedAt.length; first++) {
            for (let last = first; last < passedAt.length; last++) {
              const seconds = ((passedAt[last] as number) - (passedAt[first] as number)) / 1000;
              expect(last - first + 1).toBeLessThanOrEqual(rate * seconds + burst + 1e-6);
            }
          }
        },
      ),
      { numRuns: 30 },
    );
  });

  it("does not let a newcomer overtake those who wait", async () => {
    const { clock, limiter: limited } = limiter({ rate: 10, burst: 1 });
    const passed: string[] = [];
    await limited.acquire();
    void limited.acquire().then(() => passed.push("waiting"));
    await clock.advance(99);
    void limited.acquire().then(() => passed.push("newcomer"));
    await clock.advance(1);
    expect(passed).toEqual(["waiting"]);
    await clock.advance(100);
    expect(passed).toEqual(["waiting", "newcomer"]);
  });

  it("refuses beyond its bound, and ends a wait that is too long or no longer wanted", async () => {
    const { clock, limiter: limited } = limiter({ rate: 1, burst: 1, maxWaiting: 2, maxWaitMs: 1500 });
    await limited.acquire();
    const leaving = new AbortController();
    const cancelled = limited.acquire(leaving.signal);
    const second = limited.acquire();
    await expect(limited.acquire()).rejects.toThrow(OverloadedError);
    leaving.abort();
    await expect(cancelled).rejects.toThrow(CancelledError);
    const late = limited.acquire();
    const outcome = expect(late).rejects.toThrow(TimeoutError);
    await clock.advance(1500);
    await second;
    await outcome;
    expect(limited.stats()).toMatchObject({ passed: 2, refused: 1, expired: 1, waiting: 0 });
    await clock.advance(500);
    await limited.acquire();
  });

  it("is out of the way when switched off, and back when switched on", async () => {
    let on = false;
    const { limiter: limited, clock } = limiter({ rate: 1, burst: 1, enabled: () => on });
    for (let index = 0; index < 50; index++) await limited.acquire();
    expect(limited.stats()).toMatchObject({ unlimited: 50, passed: 0, heldBack: 0 });
    on = true;
    await limited.acquire();
    const held = limited.acquire();
    await clock.advance(1000);
    await held;
    expect(limited.stats()).toMatchObject({ passed: 2, heldBack: 1 });
  });
});

describe("adapting", () => {
  it("starts at 10 a second with a burst of 20", async () => {
    const { limiter: limited, clock } = limiter();
    const passed = Array.from({ length: 25 }, () => limited.acquire());
    await clock.advance(0);
    expect(limited.stats()).toMatchObject({ rate: 10, passed: 20, waiting: 5 });
    await clock.advance(500);
    await Promise.all(passed);
  });

  it("cuts by a fifth above 10 % errors and raises by a tenth under 1 %, once an interval", async () => {
    const { limiter: limited, clock } = limiter();
    await ends(limited, clock, 88, 12);
    expect(limited.stats()).toMatchObject({ rate: 8, cuts: 1, raises: 0 });
    await ends(limited, clock, 300, 0);
    expect(limited.stats().rate).toBeCloseTo(8.8, 9);
    expect(limited.stats()).toMatchObject({ cuts: 1, raises: 1 });
  });

  it("leaves the rate alone between 1 % and 10 %, and while there is little to learn from", async () => {
    const { limiter: limited, clock } = limiter();
    await ends(limited, clock, 95, 5);
    expect(limited.stats()).toMatchObject({ rate: 10, cuts: 0, raises: 0 });
    const quiet = limiter();
    await ends(quiet.limiter, quiet.clock, 0, 3);
    expect(quiet.limiter.stats().rate).toBe(10);
    for (let index = 0; index < 6; index++) quiet.limiter.report(false);
    expect(quiet.limiter.stats().rate).toBe(8);
  });

  it("stays between its bounds, whatever happens", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.boolean(), { maxLength: 40 }), async (intervals) => {
        const { limiter: limited, clock } = limiter({ rate: 10, minRate: 4, maxRate: 15 });
        for (const well of intervals) {
          await ends(limited, clock, well ? 50 : 0, well ? 0 : 50);
          expect(limited.stats().rate).toBeGreaterThanOrEqual(4);
          expect(limited.stats().rate).toBeLessThanOrEqual(15);
        }
      }),
      { numRuns: 20 },
    );
  });

  it("slows those who wait already", async () => {
    const { limiter: limited, clock } = limiter({ rate: 10, burst: 1, adjustEveryMs: 100, minSamples: 1, minRate: 1 });
    await limited.acquire();
    const passedAt: number[] = [];
    for (let index = 0; index < 3; index++)
      void limited.acquire().then(() => passedAt.push(Math.round(clock.monotonic())));
    await clock.advance(100);
    limited.report(false);
    await clock.advance(1000);
    // The second's wait was begun at 10 a second; what it lacked then comes at 8.
    expect(passedAt).toEqual([100, 225, 350]);
  });
});

describe("as middleware of a model client", () => {
  const rateLimited = new ProviderHttpError("too many", { status: 429, retryable: true });
  const wrong = new ModelError("context_exceeded", "too long");

  it("takes a provider's 429 as a failure, and a caller's mistake or departure not", async () => {
    const { clock, limiter: limited } = limiter({ burst: 100, minSamples: 20, adjustEveryMs: 1 });
    const ask = (error: unknown) => limited.middleware(call, () => Promise.reject(error)).catch(() => {});
    for (let index = 0; index < 19; index++) await ask(wrong);
    await clock.advance(10);
    await ask(new CancelledError("x"));
    expect(limited.stats()).toMatchObject({ raises: 0, cuts: 0 });
    await ask(wrong);
    expect(limited.stats()).toMatchObject({ raises: 1, cuts: 0 });
    for (let index = 0; index < 19; index++) await ask(rateLimited);
    await clock.advance(10);
    await ask(new TypeError("fetch failed"));
    expect(limited.stats()).toMatchObject({ raises: 1, cuts: 1 });
  });

  it("holds back whole and streamed calls alike", async () => {
    const { clock, limiter: limited } = limiter({ rate: 1, burst: 1 });
    const provider = createScriptedProvider({ answers: [{ text: "one", times: 1 }, "two"] });
    const client = createModelClient({ provider, clock, middleware: [limited.middleware] });
    const request = { model: "m", messages: [{ role: "user" as const, content: "?" }] };
    const done: string[] = [];
    void client.generate(request).then(({ text }) => done.push(text));
    void client.streamBuffered(request).then(({ text }) => done.push(text));
    await clock.advance(900);
    expect(done).toEqual(["one"]);
    await clock.advance(100);
    expect(done).toEqual(["one", "two"]);
    await client.close();
  });

  it("refuses settings that make no sense, naming them", () => {
    expect(() => createRateLimiter({ rate: 500 })).toThrow(/rate: .*maxRate \(100\).*received 500/);
    expect(() => createRateLimiter({ minRate: 0 })).toThrow(/minRate/);
    expect(() => createRateLimiter({ burst: 0 })).toThrow(/burst/);
    expect(() => createRateLimiter({ maxWaiting: Number.NaN })).toThrow(/maxWaiting/);
  });
});
