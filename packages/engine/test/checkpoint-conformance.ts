import { deserialize, serialize } from "node:v8";
import { type FakeClock, fakeClock } from "@flyball/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { CheckpointHead, CheckpointRecord, CheckpointStore } from "../src/index.ts";

export interface StoreUnderTest {
  readonly store: CheckpointStore;
  /** Another process's view of the same runs; the store itself when there can be none. */
  readonly other: CheckpointStore;
  stop(): Promise<void>;
}

export function headOf(runId: string, more: Partial<CheckpointHead> = {}): CheckpointHead {
  return {
    ...{ runId, workflow: "w", graph: "0123456789abcdef", input: serialize({ text: "ä" }), unit: "user-1" },
    ...{ session: undefined, priority: "critical", decisions: { cache: "treatment" }, traceId: "t", spanId: "s" },
    ...{ startedAt: 1_000, status: "running" },
    ...more,
  };
}

export function recordOf(path: string, value: unknown, more: Partial<CheckpointRecord> = {}): CheckpointRecord {
  return { path, status: "ok", value: serialize(value), at: 2_000, ...more };
}

/** What every checkpoint store promises. `start` gets the clock that decides when claims end, if the store takes one. */
export function checkpointConformance(
  name: string,
  start: (clock: FakeClock) => Promise<StoreUnderTest>,
  realTime = false,
) {
  describe(`checkpoint store: ${name}`, () => {
    let clock: FakeClock;
    let under: StoreUnderTest;
    let store: CheckpointStore;
    let other: CheckpointStore;

    beforeEach(async () => {
      clock = fakeClock();
      under = await start(clock);
      ({ store, other } = under);
    });
    afterEach(() => under.stop());

    it("gives back what it was given, in another process too", async () => {
      const head = headOf("a");
      expect(await store.create(head)).toBe(true);
      const value = { date: new Date(5), map: new Map([["k", 1n]]), bytes: Buffer.from("x"), nothing: undefined };
      await store.save("a", recordOf("checks[3]/ok?", value));
      await store.save("a", recordOf("wait", "shown", { status: "suspended" }));
      const stored = await other.load("a");
      expect(plain(stored?.head)).toEqual(plain(head));
      const records = [...(stored?.records ?? [])].sort((a, b) => (a.path < b.path ? -1 : 1));
      expect(records.map(({ path, status, at }) => [path, status, at])).toEqual([
        ["checks[3]/ok?", "ok", 2_000],
        ["wait", "suspended", 2_000],
      ]);
      expect(deserialize(records[0]!.value)).toEqual(value);
    });

    it("refuses a run id that exists, and leaves the run as it is", async () => {
      await store.create(headOf("a"));
      await store.save("a", recordOf("n", 1));
      expect(await other.create(headOf("a", { workflow: "another" }))).toBe(false);
      const stored = await store.load("a");
      expect(stored?.head.workflow).toBe("w");
      expect(stored?.records).toHaveLength(1);
    });

    it("replaces a record of the same path", async () => {
      await store.create(headOf("a"));
      await store.save("a", recordOf("n", "shown", { status: "suspended" }));
      await store.save("a", recordOf("n", "answer", { at: 3_000 }));
      const stored = await store.load("a");
      expect(stored?.records.map(({ status, at }) => [status, at])).toEqual([["ok", 3_000]]);
      expect(deserialize(stored!.records[0]!.value)).toBe("answer");
    });

    it("stores records that end at the same time, each as if it were alone", async () => {
      await store.create(headOf("a"));
      await Promise.all(Array.from({ length: 50 }, (_, index) => store.save("a", recordOf(`n${index}`, index))));
      expect((await other.load("a"))?.records).toHaveLength(50);
    });

    it("rejects a record of an unknown run, and only that one", async () => {
      await store.create(headOf("a"));
      const results = await Promise.allSettled([
        store.save("a", recordOf("n1", 1)),
        store.save("nobody", recordOf("n", 1)),
        store.save("a", recordOf("n2", 1)),
      ]);
      expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
      expect((await store.load("a"))?.records).toHaveLength(2);
      expect(await store.load("nobody")).toBeUndefined();
    });

    it("lists runs by status, newest first", async () => {
      for (const [index, id] of ["a", "b", "c", "d"].entries())
        await store.create(headOf(id, { startedAt: 1_000 + index }));
      await store.setStatus("b", "suspended");
      await store.setStatus("d", "suspended");
      expect((await other.list({ limit: 10 })).map(({ runId }) => runId)).toEqual(["d", "c", "b", "a"]);
      expect((await other.list({ status: "suspended", limit: 10 })).map(({ runId }) => runId)).toEqual(["d", "b"]);
      expect((await other.list({ limit: 2 })).map(({ runId }) => runId)).toEqual(["d", "c"]);
      expect((await other.load("b"))?.head.status).toBe("suspended");
    });

    it("deletes a run with all that belongs to it", async () => {
      await store.create(headOf("a"));
      await store.save("a", recordOf("n", 1));
      await store.delete("a");
      expect(await other.load("a")).toBeUndefined();
      expect(await store.list({ limit: 10 })).toEqual([]);
      expect(await store.create(headOf("a"))).toBe(true);
      expect((await store.load("a"))?.records).toEqual([]);
      await store.delete("never there");
    });

    it("lets one owner at a time go on with a run, until it gives up or its time is over", async () => {
      expect(await store.claim("a", "me", 60_000)).toBe("me");
      expect(await other.claim("a", "you", 60_000)).toBe("me");
      expect(await store.claim("a", "me", 60_000)).toBe("me");
      await other.release("a", "you");
      expect(await other.claim("a", "you", 60_000)).toBe("me");
      await store.release("a", "me");
      expect(await other.claim("a", "you", 30)).toBe("you");
      if (realTime) await new Promise((resolve) => setTimeout(resolve, 60));
      else await clock.advance(30);
      expect(await store.claim("a", "me", 60_000)).toBe("me");
    });

    it("gives one of many that ask at once the claim", async () => {
      const owners = ["a", "b", "c", "d", "e", "f"];
      const holders = await Promise.all(owners.map((owner, i) => (i % 2 ? store : other).claim("run", owner, 60_000)));
      expect(new Set(holders).size).toBe(1);
    });
  });
}

/** Bytes come back as another subclass of Uint8Array, and fields that are undefined may be left out. */
function plain(head: CheckpointHead | undefined) {
  return head && { ...head, input: deserialize(head.input) };
}
