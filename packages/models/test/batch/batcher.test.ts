import { AsyncLocalStorage } from "node:async_hooks";
import { CancelledError, fakeClock } from "@flyball/core";
import { describe, expect, it } from "vitest";
import { type Batcher, type BatcherOptions, createBatcher } from "../../src/batch/batcher.ts";

interface Calls {
  readonly single: number[];
  readonly together: number[][];
}

function doubling(options: Partial<BatcherOptions<number, number>> = {}) {
  const clock = fakeClock();
  const calls: Calls = { single: [], together: [] };
  const batcher: Batcher<number, number> = createBatcher<number, number>({
    clock,
    async single(item) {
      calls.single.push(item);
      return item * 2;
    },
    async together(items) {
      calls.together.push([...items]);
      return items.map((item) => item * 2);
    },
    ...options,
  });
  return { clock, calls, batcher };
}

describe("collecting", () => {
  it("asks at once when full, and what is left when the window ends; each gets its own answer", async () => {
    const { clock, calls, batcher } = doubling({ size: 3, windowMs: 20 });
    const answers = Promise.all([1, 2, 3, 4, 5].map((item) => batcher.ask(item)));
    await clock.advance(0);
    expect(calls.together).toEqual([[1, 2, 3]]);
    await clock.advance(19);
    expect(calls.together).toHaveLength(1);
    await clock.advance(1);
    expect(calls.together).toEqual([
      [1, 2, 3],
      [4, 5],
    ]);
    expect(await answers).toEqual([2, 4, 6, 8, 10]);
    expect(batcher.stats()).toEqual({
      items: 5,
      plain: 0,
      batches: 2,
      sizes: { 2: 1, 3: 1 },
      fallbacks: 0,
      failedBatches: 0,
    });
  });

  it("takes the plain path for one that nobody joined", async () => {
    const { clock, calls, batcher } = doubling();
    const answer = batcher.ask(7);
    await clock.advance(20);
    expect(await answer).toBe(14);
    expect(calls).toEqual({ single: [7], together: [] });
  });

  it("takes the plain path at once when batches are of one", async () => {
    const { calls, batcher } = doubling({ size: 1 });
    expect(await Promise.all([batcher.ask(1), batcher.ask(2)])).toEqual([2, 4]);
    expect(calls).toEqual({ single: [1, 2], together: [] });
  });

  it("switches to the plain path and back while running", async () => {
    let enabled = true;
    const { clock, calls, batcher } = doubling({ enabled: () => enabled, size: 2 });
    const waiting = batcher.ask(1);
    enabled = false;
    expect(await batcher.ask(2)).toBe(4);
    expect(calls).toEqual({ single: [2], together: [] });
    enabled = true;
    const second = batcher.ask(3);
    await clock.advance(0);
    expect(await Promise.all([waiting, second])).toEqual([2, 6]);
    expect(calls.together).toEqual([[1, 3]]);
  });

  it("never mixes groups", async () => {
    const { clock, calls, batcher } = doubling({ groupOf: (item) => (item % 2 ? "odd" : "even") });
    const answers = Promise.all([1, 2, 3, 4].map((item) => batcher.ask(item)));
    await clock.advance(20);
    await answers;
    expect(calls.together).toEqual([
      [1, 3],
      [2, 4],
    ]);
  });

  it("lets no more wait than its bound", async () => {
    const { clock, calls, batcher } = doubling({ maxWaiting: 2, size: 10 });
    const answers = Promise.all([1, 2, 3].map((item) => batcher.ask(item)));
    await clock.advance(0);
    expect(calls.single).toEqual([3]);
    await clock.advance(20);
    expect(await answers).toEqual([2, 4, 6]);
  });
});

describe("falling back", () => {
  it("asks an item alone whose answer is missing, and only that one", async () => {
    const { clock, calls, batcher } = doubling({
      size: 3,
      together: async (items) => items.map((item) => (item === 2 ? undefined : item * 2)),
    });
    const answers = Promise.all([1, 2, 3].map((item) => batcher.ask(item)));
    await clock.advance(0);
    expect(await answers).toEqual([2, 4, 6]);
    expect(calls.single).toEqual([2]);
    expect(batcher.stats()).toMatchObject({ batches: 1, fallbacks: 1 });
  });

  it("treats too few answers as missing ones", async () => {
    const { clock, calls, batcher } = doubling({ size: 3, together: async () => [2] });
    const answers = Promise.all([1, 2, 3].map((item) => batcher.ask(item)));
    await clock.advance(0);
    expect(await answers).toEqual([2, 4, 6]);
    expect(calls.single).toEqual([2, 3]);
  });

  it("asks everybody alone when the call fails; an item that fails alone loses only itself", async () => {
    const { clock, batcher } = doubling({
      size: 2,
      together: () => Promise.reject(new Error("batch")),
      single: (item) => (item === 1 ? Promise.reject(new Error("alone")) : Promise.resolve(item * 2)),
    });
    const answers = Promise.allSettled([batcher.ask(1), batcher.ask(2)]);
    await clock.advance(0);
    expect(await answers).toMatchObject([{ status: "rejected", reason: { message: "alone" } }, { value: 4 }]);
    expect(batcher.stats()).toMatchObject({ failedBatches: 1, fallbacks: 2 });
  });
});

describe("leaving", () => {
  it("takes an item out that is no longer wanted, before the call", async () => {
    const { clock, calls, batcher } = doubling();
    const leaving = new AbortController();
    const left = batcher.ask(1, { signal: leaving.signal });
    const others = Promise.all([batcher.ask(2), batcher.ask(3)]);
    leaving.abort();
    await expect(left).rejects.toThrow(CancelledError);
    await clock.advance(20);
    await others;
    expect(calls.together).toEqual([[2, 3]]);
    await expect(batcher.ask(4, { signal: leaving.signal })).rejects.toThrow(CancelledError);
  });

  it("cancels a shared call only when nobody waits for it any more", async () => {
    let shared: AbortSignal | undefined;
    const { clock, calls, batcher } = doubling({
      size: 2,
      together: (_, signal) => {
        shared = signal;
        return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
      },
    });
    const leaving = [new AbortController(), new AbortController()];
    const asked = leaving.map(({ signal }, index) => batcher.ask(index, { signal }));
    const outcomes = Promise.allSettled(asked);
    await clock.advance(0);
    leaving[0]?.abort();
    expect(shared?.aborted).toBe(false);
    leaving[1]?.abort();
    expect(shared?.aborted).toBe(true);
    expect(await outcomes).toMatchObject([{ status: "rejected" }, { status: "rejected" }]);
    await clock.advance(0);
    expect(calls.single).toEqual([]);
    expect(batcher.stats()).toMatchObject({ failedBatches: 0, fallbacks: 0 });
  });
});

describe("context", () => {
  it("the batch runs in the opener's context and every fallback in its own asker's", async () => {
    const storage = new AsyncLocalStorage<string>();
    const seen: (string | undefined)[] = [];
    const { clock, batcher } = doubling({
      size: 2,
      async together(items) {
        seen.push(storage.getStore());
        return items.map(() => undefined);
      },
      async single(item) {
        seen.push(storage.getStore());
        return item;
      },
    });
    const answers = ["first", "second"].map((run, index) => storage.run(run, () => batcher.ask(index)));
    await clock.advance(0);
    await Promise.all(answers);
    expect(seen).toEqual(["first", "first", "second"]);
  });
});

it("refuses sizes and windows that make no sense", () => {
  expect(() => doubling({ size: 0 })).toThrow(/size: expected 1 to 100, received 0/);
  expect(() => doubling({ windowMs: -1 })).toThrow(/windowMs/);
});
