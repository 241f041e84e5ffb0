import { ConfigurationError } from "@flyball/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { available } from "../../../test/services/executable.ts";
import { type RedisService, startRedis } from "../../../test/services/redis.ts";
import { createRedisLedger, type Ledger, LedgerError } from "../src/index.ts";
import { collecting, totalsOf } from "./fixtures/collect.ts";
import { outcome } from "./fixtures/outcomes.ts";
import { ledgerConformance } from "./ledger-conformance.ts";

test("a URL that is none is refused without repeating it", () => {
  expect(() => createRedisLedger({ url: "http://user:secret@host" })).toThrow(ConfigurationError);
  expect(() => createRedisLedger({ url: "http://user:secret@host" })).not.toThrow(/secret/);
});

describe.skipIf(!available("redis-server"))("with a real Redis", () => {
  let redis: RedisService;
  const ledgers: Ledger[] = [];
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(async () => {
    for (const ledger of ledgers) await ledger.close();
    await redis.stop();
  });
  const open = (options: object = {}): Ledger => {
    const ledger = createRedisLedger({ url: redis.url, timeoutMs: 2_000, ...options });
    ledgers.push(ledger);
    return ledger;
  };

  ledgerConformance("Redis", open, () => ({ url: redis.url }));

  const serve = (collector: ReturnType<typeof collecting>, from: number, to: number): void => {
    for (let unit = from; unit < to; unit++) {
      collector.record(outcome({ unit: `u${unit}`, decisions: { cache: unit % 2 ? "control" : "treatment" } }));
    }
  };

  test("what was measured expires; a rollout's state does not", async () => {
    const ledger = open({ keepMs: 60_000, keyPrefix: "expiry:" });
    await ledger.update("effects:x", [], () => ({ set: { a: "1" }, result: undefined }));
    await ledger.update("rollouts", [], () => ({ set: { a: "1" }, result: undefined }));
    const { createClient } = await import("@redis/client");
    const client = await createClient({ url: redis.url }).connect();
    expect(await client.pTTL("expiry:effects:x")).toBeGreaterThan(50_000);
    expect(await client.pTTL("expiry:rollouts")).toBe(-1);
    client.destroy();
  });

  test("an answer that never came is found out: the same units are not counted twice", async () => {
    const ledger = open({ keyPrefix: "lost-answer:" });
    let lose = true;
    const losing: Ledger = {
      ...ledger,
      async update(space, fields, edit) {
        const result = await ledger.update(space, fields, edit);
        if (!lose) return result;
        lose = false;
        throw new LedgerError("the answer was lost", { subject: "test" });
      },
    };
    const collector = collecting(losing);
    serve(collector, 0, 100);
    await collector.flush();
    expect(collector.stats()).toMatchObject({ pending: 100, failedFlushes: 1 });
    serve(collector, 100, 150);
    await collector.flush();
    const { control, treatment } = await totalsOf(ledger);
    expect([control.units, treatment.units, collector.stats().pending]).toEqual([75, 75, 0]);
    expect(control.metrics.duration?.count).toBe(75);
  });

  test("Redis lost in the middle: nothing waits for it, what is pending is counted when it is back", {
    timeout: 60_000,
  }, async () => {
    const ledger = open({ keyPrefix: "middle:", timeoutMs: 300 });
    const collector = collecting(ledger, { maxPending: 150 });
    serve(collector, 0, 100);
    await collector.flush();
    const before = await totalsOf(ledger);
    redis.hang();
    serve(collector, 100, 300);
    await collector.flush();
    expect(collector.stats()).toMatchObject({ pending: 150, dropped: 50, failedFlushes: 1 });
    redis.wake();
    await collector.flush();
    await collector.flush();
    const after = await totalsOf(ledger);
    expect(after.incarnation).toBe(before.incarnation);
    expect(after.control.units + after.treatment.units).toBe(250);
    expect(after.control.metrics.duration?.count).toBe(125);

    // Killed, it comes back empty: the totals begin anew and say so.
    await redis.kill();
    serve(collector, 300, 320);
    await collector.flush();
    expect(collector.stats().failedFlushes).toBeGreaterThanOrEqual(2);
    await redis.restart();
    await collector.flush();
    const anew = await totalsOf(ledger);
    expect(anew.incarnation).not.toBe(before.incarnation);
    expect(anew.lostAt).toBeGreaterThan(0);
    expect(anew.control.units + anew.treatment.units).toBe(20);
  });
});
