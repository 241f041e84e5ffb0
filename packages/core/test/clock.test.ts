import { describe, expect, test } from "vitest";
import { fakeClock, systemClock, withDeadline } from "../src/index.ts";

describe("fake clock", () => {
  test("runs due timers in order of time, then of making", async () => {
    const clock = fakeClock(0);
    const seen: string[] = [];
    clock.after(20, () => seen.push("b"));
    clock.after(10, () => seen.push("a"));
    clock.after(20, () => seen.push("c"));
    await clock.advance(20);
    expect(seen).toEqual(["a", "b", "c"]);
    expect(clock.now()).toBe(20);
  });

  test("runs timers that timers make, at their own time", async () => {
    const clock = fakeClock(0);
    const seen: number[] = [];
    clock.after(5, () => clock.after(5, () => seen.push(clock.now())));
    await clock.advance(10);
    expect(seen).toEqual([10]);
  });

  test("repeats until cancelled", async () => {
    const clock = fakeClock(0);
    let ticks = 0;
    const timer = clock.every(10, () => ticks++);
    await clock.advance(35);
    timer.cancel();
    await clock.advance(100);
    expect(ticks).toBe(3);
    expect(clock.pending).toBe(0);
  });

  test("a jump moves wall time and leaves durations alone", () => {
    const clock = fakeClock(0);
    clock.jump(-5_000);
    expect(clock.now()).toBe(-5_000);
    expect(clock.monotonic()).toBe(0);
  });

  test("an aborted sleep rejects with the signal's reason and leaves no timer", async () => {
    const clock = fakeClock();
    const abort = new AbortController();
    const sleep = clock.sleep(1_000, abort.signal);
    abort.abort(new Error("enough"));
    await expect(sleep).rejects.toThrow("enough");
    expect(clock.pending).toBe(0);
  });
});

describe("withDeadline", () => {
  test("rejects with a TimeoutError that names what was late", async () => {
    const clock = fakeClock();
    const late = withDeadline(new Promise(() => {}), 50, "the store", clock);
    const seen = expect(late).rejects.toMatchObject({
      code: "timeout",
      message: "the store did not finish within 50 ms",
    });
    await clock.advance(50);
    await seen;
  });

  test("passes a value on and gives its timer back", async () => {
    const clock = fakeClock();
    await expect(withDeadline(Promise.resolve(1), 50, "it", clock)).resolves.toBe(1);
    expect(clock.pending).toBe(0);
  });

  test("passes an error on and gives its timer back", async () => {
    const clock = fakeClock();
    await expect(withDeadline(Promise.reject(new Error("no")), 50, "it", clock)).rejects.toThrow("no");
    expect(clock.pending).toBe(0);
  });
});

describe("system clock", () => {
  test("an aborted signal refuses a sleep at once", async () => {
    await expect(systemClock.sleep(60_000, AbortSignal.abort(new Error("stop")))).rejects.toThrow("stop");
  });

  test("cancelled timers do not run", async () => {
    let ran = false;
    systemClock
      .after(0, () => {
        ran = true;
      })
      .cancel();
    await systemClock.sleep(5);
    expect(ran).toBe(false);
  });

  test("delays past 2^31 ms do not fire at once", async () => {
    let ran = false;
    const timer = systemClock.after(2 ** 31 + 1_000, () => {
      ran = true;
    });
    await systemClock.sleep(5);
    timer.cancel();
    expect(ran).toBe(false);
  });
});
