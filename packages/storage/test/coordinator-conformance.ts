import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ConfigurationError } from "@flyball/core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Coordinator } from "../src/index.ts";
import { type Member, type MemberSource, startMember } from "./fixtures/member.ts";
import { until } from "./fixtures/until.ts";

/** What a driver brings to the suite: a way to open coordinators on one shared place, here and in other processes. */
export interface ConformanceHarness {
  start(): Promise<void>;
  open(): Coordinator;
  /** How another process opens one. */
  readonly source: () => MemberSource;
  stop(): Promise<void>;
}

/** Everything that a Coordinator promises, run for every driver, with real time and real processes. */
export function describeCoordinator(driver: string, harness: ConformanceHarness): void {
  describe(`coordinator: ${driver}`, () => {
    const opened: Coordinator[] = [];
    const members: Promise<Member>[] = [];
    let unique = 0;
    const key = (): string => `key-${unique++}`;
    const open = (): Coordinator => {
      const coordinator = harness.open();
      opened.push(coordinator);
      return coordinator;
    };
    /** Other processes, started once and used by several tests: starting them is what takes the time. */
    const processes = (count: number): Promise<Member[]> => {
      while (members.length < count) members.push(startMember(harness.source()));
      return Promise.all(members.slice(0, count));
    };

    beforeAll(() => harness.start());
    afterEach(async () => {
      for (const coordinator of opened.splice(0)) await coordinator.close();
    });
    afterAll(async () => {
      for (const member of members) await (await member).kill();
      await harness.stop();
    });

    describe("claims", () => {
      test("one holder at a time, whoever asks", async () => {
        const [a, b, k] = [open(), open(), key()];
        const held = await a.claim(k, 10_000);
        expect(held?.key).toBe(k);
        expect(await a.claim(k, 10_000)).toBeUndefined();
        expect(await b.claim(k, 10_000)).toBeUndefined();
        expect(await b.claim(`${k}-other`, 10_000)).toBeDefined();
      });

      test("of many who ask at once, one gets it", async () => {
        const [a, b, k] = [open(), open(), key()];
        const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => (i % 2 ? a : b).claim(k, 10_000)));
        expect(answers.filter(Boolean)).toHaveLength(1);
      });

      test("a release lets the next one in, with a higher fence", async () => {
        const [a, b, k] = [open(), open(), key()];
        const fences: number[] = [];
        for (const coordinator of [a, b, a]) {
          const claim = await coordinator.claim(k, 10_000);
          fences.push(claim?.fence ?? 0);
          await claim?.release();
        }
        expect(fences).toEqual([...new Set(fences)].sort((x, y) => x - y));
      });

      test("expires, not before its time, and the late holder can neither renew nor release it", async () => {
        const [a, b, k] = [open(), open(), key()];
        const start = Date.now();
        const late = await a.claim(k, 120);
        const next = await until(() => b.claim(k, 10_000));
        expect(Date.now() - start).toBeGreaterThanOrEqual(119);
        expect(next.fence).toBeGreaterThan(late?.fence ?? Number.POSITIVE_INFINITY);
        expect(await late?.renew(10_000)).toBe(false);
        await late?.release();
        expect(await a.claim(k, 10_000)).toBeUndefined();
        expect(await next.renew(10_000)).toBe(true);
      });

      test("a renewal extends it", async () => {
        const [a, b, k] = [open(), open(), key()];
        const start = Date.now();
        const claim = await a.claim(k, 600);
        expect(await claim?.renew(700)).toBe(true);
        await until(() => b.claim(k, 1_000));
        expect(Date.now() - start).toBeGreaterThanOrEqual(699);
      });

      test("a released claim is not renewed", async () => {
        const [a, k] = [open(), key()];
        const claim = await a.claim(k, 10_000);
        await claim?.release();
        await claim?.release();
        expect(await claim?.renew(10_000)).toBe(false);
      });

      test("refuses a time to live that is none", async () => {
        const a = open();
        for (const ttl of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
          await expect(a.claim(key(), ttl)).rejects.toBeInstanceOf(ConfigurationError);
        }
        expect(await a.claim(key(), 0.5)).toBeDefined();
      });
    });

    describe("counters", () => {
      test("count from zero, in steps, seen by all", async () => {
        const [a, b, k] = [open(), open(), key()];
        expect(await a.counter(k)).toBe(0);
        expect(await a.increment(k, { ttlMs: 10_000 })).toBe(1);
        expect(await b.increment(k, { by: 41, ttlMs: 10_000 })).toBe(42);
        expect(await a.increment(k, { by: -2, ttlMs: 10_000 })).toBe(40);
        expect(await b.counter(k)).toBe(40);
      });

      test("expire after the first increment, whatever later ones ask for", async () => {
        const [a, k] = [open(), key()];
        const start = Date.now();
        await a.increment(k, { ttlMs: 400 });
        await a.increment(k, { ttlMs: 60_000 });
        await until(async () => (await a.counter(k)) === 0);
        expect(Date.now() - start).toBeGreaterThanOrEqual(399);
        expect(await a.increment(k, { ttlMs: 10_000 })).toBe(1);
      });

      test("refuse a step that is not whole", async () => {
        await expect(open().increment(key(), { by: 0.5, ttlMs: 1_000 })).rejects.toBeInstanceOf(ConfigurationError);
        await expect(open().increment(key(), { ttlMs: 0 })).rejects.toBeInstanceOf(ConfigurationError);
      });

      test("a claim and a counter of one name are two things", async () => {
        const [a, k] = [open(), key()];
        await a.claim(k, 10_000);
        expect(await a.increment(k, { ttlMs: 10_000 })).toBe(1);
      });
    });

    describe("messages", () => {
      test("reach every subscriber of the channel, here and elsewhere, in order", async () => {
        const [a, b, channel] = [open(), open(), key()];
        const [here, there, other]: string[][] = [[], [], []];
        await a.subscribe(channel, (message) => here?.push(message));
        await b.subscribe(channel, (message) => there?.push(message));
        await b.subscribe(`${channel}-other`, (message) => other?.push(message));
        const sent = Array.from({ length: 50 }, (_, i) => `${i} — “${"é".repeat(i)}”`);
        for (const message of sent) await a.publish(channel, message);
        await until(() => here?.length === 50 && there?.length === 50);
        expect(here).toEqual(sent);
        expect(there).toEqual(sent);
        expect(other).toEqual([]);
      });

      test("are not kept for those who come later, nor sent to those who left", async () => {
        const [a, b, channel] = [open(), open(), key()];
        const [left, stayed, late]: string[][] = [[], [], []];
        const unsubscribe = await b.subscribe(channel, (message) => left?.push(message));
        await b.subscribe(channel, (message) => stayed?.push(message));
        await a.publish(channel, "first");
        await until(() => stayed?.length === 1 && left?.length === 1);
        await unsubscribe();
        await a.subscribe(channel, (message) => late?.push(message));
        await a.publish(channel, "second");
        await until(() => stayed?.length === 2 && late?.length === 1);
        expect([left, stayed, late]).toEqual([["first"], ["first", "second"], ["second"]]);
      });

      test("are received again after everybody left and one came back", async () => {
        const [a, b, channel] = [open(), open(), key()];
        const got: string[] = [];
        for (const message of ["one", "two"]) {
          const unsubscribe = await b.subscribe(channel, (text) => got.push(text));
          await a.publish(channel, message);
          await until(() => got.includes(message));
          await unsubscribe();
          await a.publish(channel, "nobody");
        }
        expect(got).toEqual(["one", "two"]);
      });

      test("a subscriber that throws loses only its own, and may publish from inside", async () => {
        const [a, channel] = [open(), key()];
        const got: string[] = [];
        await a.subscribe(channel, () => {
          throw new Error("a subscriber's own fault");
        });
        await a.subscribe(channel, (message) => {
          got.push(message);
          if (message === "ping") void a.publish(channel, "pong");
        });
        await a.publish(channel, "ping");
        await until(() => got.length === 2);
        expect(got).toEqual(["ping", "pong"]);
      });
    });

    describe("several processes", () => {
      test("count together without losing one", async () => {
        const [k, four] = [key(), await processes(4)];
        const seen = await Promise.all(
          four.map((each) => each.ask<number[]>({ type: "increment", key: k, times: 100 })),
        );
        expect(await open().counter(k)).toBe(400);
        expect(new Set(seen.flat()).size).toBe(400);
      });

      test("exclude each other, fences growing", async () => {
        const [k, three] = [key(), await processes(3)];
        const folder = mkdtempSync(join(tmpdir(), "flyball-exclusion-"));
        const file = join(folder, "shared");
        writeFileSync(file, "[]");
        // Each adds its fence to the list by reading and writing the whole file: any overlap loses entries.
        await Promise.all(three.map((each) => each.ask({ type: "append-under-claim", key: k, file, times: 20 })));
        const fences = JSON.parse(readFileSync(file, "utf8")) as number[];
        rmSync(folder, { recursive: true });
        expect(fences).toHaveLength(60);
        expect(fences).toEqual(fences.toSorted((x, y) => x - y));
      });

      test("hear each other, in order", async () => {
        const [a, channel] = [open(), key()];
        const [talker, hearer] = (await processes(2)) as [Member, Member];
        const here: string[] = [];
        await a.subscribe(channel, (message) => here.push(message));
        const heard = hearer.ask<string[]>({ type: "hear", channel, count: 30 });
        await hearer.ask({ type: "subscribed", channel });
        await talker.ask({ type: "publish", channel, count: 30 });
        const expected = Array.from({ length: 30 }, (_, i) => String(i));
        expect(await heard).toEqual(expected);
        await until(() => here.length === 30);
        expect(here).toEqual(expected);
      });

      test("a holder killed by kill -9 is followed after its time", async () => {
        const [a, k, holder] = [open(), key(), (await processes(4))[3] as Member];
        const start = Date.now();
        const fence = await holder.ask<number>({ type: "claim", key: k, ttlMs: 1_500 });
        await holder.kill();
        expect(await a.claim(k, 1_000)).toBeUndefined();
        const next = await until(() => a.claim(k, 1_000));
        expect(Date.now() - start).toBeGreaterThanOrEqual(1_499);
        expect(next.fence).toBeGreaterThan(fence);
      });
    });

    test("a closed coordinator says so, and closing twice is fine", async () => {
      const a = harness.open();
      await a.counter("any");
      await a.close();
      await a.close();
      await expect(a.claim(key(), 1_000)).rejects.toMatchObject({ code: "coordinator_closed" });
      await expect(a.publish(key(), "x")).rejects.toMatchObject({ code: "coordinator_closed" });
    });
  });
}
