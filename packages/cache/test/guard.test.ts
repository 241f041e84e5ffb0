import { type FakeClock, fakeClock, TimeoutError } from "@flyball/core";
import { beforeEach, describe, expect, test } from "vitest";
import { LevelUnavailableError } from "../src/index.ts";
import { createGuard, type Guard, type GuardOptions } from "../src/levels/guard.ts";
import { settle } from "./fixtures/counted.ts";

let clock: FakeClock;
beforeEach(() => {
  clock = fakeClock();
});

function guardOf(options: Partial<GuardOptions> = {}): Guard {
  return createGuard({
    ...{ name: "store", deadlineMs: 50, maxPending: 10, tripAfter: 3, clock },
    probe: async () => 1,
    ...options,
  });
}

const never = (): Promise<never> => new Promise(() => {});
const failing = async (): Promise<never> => {
  throw new Error("refused");
};

describe("guard", () => {
  test("passes on what the operation gives and throws", async () => {
    const guard = guardOf();
    expect(await guard.run(async () => 7)).toBe(7);
    await expect(guard.run(failing)).rejects.toThrow("refused");
    expect(guard.available).toBe(true);
  });

  test("a hang costs one deadline, and the next call nothing", async () => {
    const guard = guardOf({ probe: never });
    const hung = guard.run(never).catch((error: unknown) => error);
    await clock.advance(50);
    await settle();
    expect(await hung).toBeInstanceOf(TimeoutError);
    expect(guard.available).toBe(false);
    await expect(guard.run(async () => 7)).rejects.toBeInstanceOf(LevelUnavailableError);
  });

  test("each operation has the whole deadline for itself", async () => {
    const guard = guardOf();
    const settled: string[] = [];
    const late = (name: string): void => void guard.run(never).catch(() => settled.push(name));
    late("first");
    await clock.advance(30);
    late("second");
    await clock.advance(20);
    await settle();
    expect(settled).toEqual(["first"]);
    await clock.advance(29);
    await settle();
    expect(settled).toEqual(["first"]);
    await clock.advance(2);
    await settle();
    expect(settled).toEqual(["first", "second"]);
  });

  test("an answer that waits in the loop while a thread is busy is not taken for a hang", async () => {
    const guard = guardOf();
    let answer: (value: number) => void = () => {};
    const asked = guard.run(() => new Promise<number>((resolve) => (answer = resolve)));
    // The timer runs first, as it does after a long computation; the socket is read in the same turn.
    const advanced = clock.advance(50);
    setImmediate(() => answer(7));
    await advanced;
    expect(await asked).toBe(7);
    expect(guard.available).toBe(true);
  });

  test("errors open it after so many in a row, and a success in between begins anew", async () => {
    const guard = guardOf({ probe: never });
    for (const fails of [true, true, false, true, true]) {
      await guard.run(fails ? failing : async () => 1).catch(() => {});
      expect(guard.available).toBe(true);
    }
    await guard.run(failing).catch(() => {});
    expect(guard.available).toBe(false);
  });

  test("a refusal of one thing says nothing about the rest", async () => {
    const guard = guardOf({ isUnwell: (error) => error.message !== "refused" });
    for (let i = 0; i < 10; i++) await guard.run(failing).catch(() => {});
    expect(guard.available).toBe(true);
  });

  test("a probe closes it, and callers never do the probing", async () => {
    let well = false;
    let probes = 0;
    const guard = guardOf({
      probe: async () => {
        probes++;
        if (!well) throw new Error("still down");
      },
    });
    guard.trip(new Error("down"));
    await clock.advance(1_000);
    expect(guard.available).toBe(false);
    expect(probes).toBeGreaterThan(2);
    well = true;
    await clock.advance(10_000);
    expect(guard.available).toBe(true);
    const before = probes;
    await clock.advance(60_000);
    expect(probes).toBe(before);
  });

  test("probes come at longer and longer intervals, at most five seconds", async () => {
    let probes = 0;
    const guard = guardOf({
      probe: async () => {
        probes++;
        throw new Error("down");
      },
    });
    guard.trip(new Error("down"));
    await clock.advance(60_000);
    expect(probes).toBeGreaterThanOrEqual(12);
    expect(probes).toBeLessThan(40);
    guard.close();
    const before = probes;
    await clock.advance(60_000);
    expect(probes).toBe(before);
  });

  test("a probe that hangs is given up, too", async () => {
    let hangs = true;
    const guard = guardOf({ probe: () => (hangs ? never() : Promise.resolve()), probeDeadlineMs: 500 });
    guard.trip(new Error("down"));
    await clock.advance(200);
    hangs = false;
    await clock.advance(1_000);
    expect(guard.available).toBe(true);
  });

  test("refuses more than so many at once", async () => {
    const guard = guardOf();
    const running = Array.from({ length: 10 }, () => guard.run(never).catch(() => {}));
    await expect(guard.run(async () => 1)).rejects.toBeInstanceOf(LevelUnavailableError);
    await clock.advance(51);
    await Promise.all(running);
  });

  test("a late failure of what was given up is nobody's rejection", async () => {
    const guard = guardOf();
    let reject: (error: Error) => void = () => {};
    const asked = guard.run(() => new Promise((_, no) => (reject = no))).catch((error: unknown) => error);
    await clock.advance(51);
    reject(new Error("late"));
    await settle();
    expect(await asked).toBeInstanceOf(TimeoutError);
  });
});
