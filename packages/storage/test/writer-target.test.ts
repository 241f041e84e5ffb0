import { failureLog, fakeClock, silentLogger, systemClock } from "@flyball/core";
import { expect, test } from "vitest";
import { type BatchResult, prepareStatement, type Statement } from "../src/writer/statement.ts";
import type { WriteTarget } from "../src/writer/target.ts";
import { workerTarget } from "../src/writer/worker-target.ts";
import { databaseWriter } from "../src/writer/writer.ts";

/** A target that answers when the test says so. */
function heldTarget(): WriteTarget & {
  readonly sent: (readonly Statement[])[];
  answer(result: BatchResult | "lost" | "gone"): Promise<void>;
} {
  const sent: (readonly Statement[])[] = [];
  let settle: (result: BatchResult | "lost" | "gone") => void = () => {};
  return {
    sent,
    apply(batch) {
      sent.push(batch);
      return new Promise((resolve) => {
        settle = resolve;
      });
    },
    async answer(result) {
      settle(result);
      await new Promise((resolve) => setImmediate(resolve));
    },
    checkpoint() {},
    stop: () => Promise.resolve(),
  };
}
const stored = (done: number): BatchResult => ({ done, failed: 0, changes: 0 });
const failures = () => failureLog(silentLogger);

test("a view of a large piece of memory takes only its own bytes along", () => {
  const view = new Uint8Array(100_000).subarray(500, 510).fill(7);
  const prepared = prepareStatement("a", ["text", view, 1]);
  const [, copy] = prepared?.statement.values ?? [];
  expect(copy).toEqual(new Uint8Array(10).fill(7));
  expect((copy as Uint8Array).buffer.byteLength).toBe(10);
  expect(prepared?.bytes).toBeLessThan(200);
});

test("statements wait for company, a full batch does not, and one batch is out at a time", async () => {
  const [target, clock] = [heldTarget(), fakeClock()];
  const writer = databaseWriter({ target, clock, failures: failures(), lingerMs: 20 });
  writer.write("a", []);
  writer.write("b", []);
  await clock.advance(19);
  expect(target.sent).toHaveLength(0);
  await clock.advance(1);
  expect(target.sent.map((batch) => batch.map((statement) => statement.sql))).toEqual([["a", "b"]]);
  for (let i = 0; i < 1000; i++) writer.write("c", []);
  await clock.advance(1_000);
  expect(target.sent).toHaveLength(1);
  expect(writer.queued).toBe(1002);
  await target.answer(stored(2));
  expect(target.sent).toHaveLength(2);
  expect(target.sent[1]?.length).toBe(256);
});

test("what a locked database has not taken is sent again, from where it stopped, before anything later", async () => {
  const [target, clock] = [heldTarget(), fakeClock()];
  const writer = databaseWriter({ target, clock, failures: failures() });
  for (const sql of ["a", "b", "c"]) writer.write(sql, []);
  const flushed = writer.flush(60_000);
  await target.answer(stored(1));
  await target.answer(stored(0));
  writer.write("d", []);
  expect(target.sent).toHaveLength(2);
  await clock.advance(50);
  expect(target.sent.map((batch) => batch.map((statement) => statement.sql))).toEqual([
    ["a", "b", "c"],
    ["b", "c"],
    ["b", "c"],
  ]);
  await target.answer(stored(2));
  await flushed;
  expect(writer).toMatchObject({ queued: 1, failed: 0, dropped: 0 });
});

test("a flush waits for what was queued before it, and for nothing later", async () => {
  const [target, clock] = [heldTarget(), fakeClock()];
  const writer = databaseWriter({ target, clock, failures: failures() });
  await writer.flush(1);
  writer.write("a", []);
  const flushed = writer.flush(60_000);
  writer.write("b", []);
  await target.answer(stored(1));
  await flushed;
  expect(writer.queued).toBe(1);
  const late = writer.flush(500);
  const refusal = expect(late).rejects.toThrow("did not finish within 500 ms");
  await clock.advance(500);
  await refusal;
});

test("a thread that crashes is restarted once; crashing again it is given up, and everything is counted", async () => {
  const log = failures();
  const target = workerTarget({
    path: "unused",
    busyTimeoutMs: 1,
    clock: systemClock,
    failures: log,
    file: new URL("./fixtures/crashing-worker.ts", import.meta.url),
  });
  const writer = databaseWriter({ target, clock: systemClock, failures: log });
  writer.write("first", []);
  await writer.flush(10_000);
  expect(writer).toMatchObject({ failed: 1, dropped: 0 });
  writer.write("second", []);
  await writer.flush(10_000);
  expect(writer).toMatchObject({ failed: 2, dropped: 0 });
  for (let i = 0; i < 10; i++) writer.write("third", []);
  await writer.flush(10_000);
  expect(writer).toMatchObject({ failed: 2, dropped: 10, queued: 0 });
  expect(log.counts.get("writer thread")).toBe(2);
  target.checkpoint();
  await writer.close(1_000);
});

test("a thread that recovers from one crash goes on after it", async () => {
  const clock = fakeClock();
  const target = workerTarget({
    path: "unused",
    busyTimeoutMs: 1,
    clock,
    failures: failures(),
    file: new URL("./fixtures/crashing-worker.ts", import.meta.url),
  });
  for (let crash = 0; crash < 3; crash++) {
    expect(await target.apply([{ sql: "x", values: [] }])).toBe("lost");
    await clock.advance(60_000);
  }
  expect(await target.apply([{ sql: "x", values: [] }])).toBe("lost");
  expect(await target.apply([{ sql: "x", values: [] }])).toBe("lost");
  expect(await target.apply([{ sql: "x", values: [] }])).toBe("gone");
});
