import { failureLog, fakeClock, silentLogger } from "@flyball/core";
import { expect, test } from "vitest";
import { createClosers } from "../src/shutdown.ts";

test("closes the last opened first, whatever fails, and once", async () => {
  const failures = failureLog(silentLogger);
  const closers = createClosers(fakeClock(), failures);
  const closed: string[] = [];
  closers.add("store", () => closed.push("store"));
  closers.add("broken", () => {
    throw new Error("broken");
  });
  closers.add("http", async () => closed.push("http"));
  const done = closers.run(1000);
  expect(closers.run(5)).toBe(done);
  await done;
  expect(closed).toEqual(["http", "store"]);
  expect([...failures.counts.keys()]).toEqual(["closing broken"]);

  closers.add("late", () => closed.push("late"));
  expect(closed.at(-1)).toBe("late");
});

test("what hangs is left after the deadline, and what comes last still has time", async () => {
  const clock = fakeClock();
  const failures = failureLog(silentLogger);
  const closers = createClosers(clock, failures);
  const given: number[] = [];
  closers.add("store", (timeoutMs) => given.push(timeoutMs));
  closers.add("stuck", () => new Promise(() => {}));
  const done = closers.run(1000);
  await clock.advance(1000);
  await done;
  expect(given).toEqual([100]);
  expect([...failures.counts.keys()]).toEqual(["closing stuck"]);
});
