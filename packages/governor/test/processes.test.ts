import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test } from "vitest";
import { createSqliteLedger } from "../src/index.ts";
import { opening, until } from "./fixtures/opening.ts";

const opened = opening();
const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
});

async function serving(path: string, self: number): Promise<ChildProcess> {
  const file = fileURLToPath(new URL("./fixtures/serving-process.ts", import.meta.url));
  const child = fork(file, [path, String(self)], { execArgv: ["--conditions=@flyball/source"] });
  children.push(child);
  await once(child, "message");
  return child;
}

test("a harm that three processes share is found in their counts together, and off in all of them at once", async () => {
  const path = opened.path();
  const ledger = createSqliteLedger(opened.store(path));
  const processes = await Promise.all([0, 1, 2].map((self) => serving(path, self)));
  const [first] = processes as [ChildProcess, ...ChildProcess[]];
  first.send("begin");
  const unitsCounted = async (): Promise<number> => {
    const [space = ""] = [`effects:cache:cache#1/500:500`];
    const [stored] = await ledger.read(space, ["totals"]);
    const totals = stored === undefined ? undefined : JSON.parse(stored);
    return totals ? totals.control.units + totals.treatment.units : 0;
  };
  await until(async () => (await unitsCounted()) > 100);
  const offs = processes.map((child) =>
    once(child, "message").then(([message]) => (message as { offAt: number }).offAt),
  );
  const harmedAt = Date.now();
  for (const child of processes) child.send({ errors: 0.9 });
  const offAt = await Promise.all(offs);
  // From the first failing run: some flushes' worth of evidence, one evaluation, one look at the file.
  expect(Math.max(...offAt) - Math.min(...offAt)).toBeLessThan(2_000);
  expect(Math.max(...offAt) - harmedAt).toBeLessThan(10_000);
  const log = JSON.parse((await ledger.read("rollouts", ["cache"]))[0] ?? "{}").log as { action: string }[];
  expect(log.map(({ action }) => action)).toEqual(["begin", "rollback"]);
});
