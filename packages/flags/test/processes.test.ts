import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test } from "vitest";
import { createEmbeddedFlags, newFlag, withKill, withShipped } from "../src/index.ts";
import { by, stores } from "./fixtures/store.ts";
import { until } from "./fixtures/until.ts";

const opening = stores();
const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
});

async function otherProcess(path: string): Promise<(request: unknown) => Promise<string>> {
  const child = fork(fileURLToPath(new URL("./fixtures/other-process.ts", import.meta.url)), [path, "cache"], {
    execArgv: ["--conditions=@flyball/source"],
  });
  children.push(child);
  await once(child, "message");
  return async (request) => {
    child.send(request as string);
    return String((await once(child, "message"))[0]);
  };
}

test("a change is in force here at once, and in another process within a second, both ways", async () => {
  const path = opening.path();
  const flags = createEmbeddedFlags({ store: opening.file(path) });
  const before = performance.now();
  await flags.change("cache", () => withShipped(newFlag("cache")), by);
  expect(flags.evaluate(["cache"], {})[0]?.arm).toBe("on");
  expect(performance.now() - before).toBeLessThan(100);

  const ask = await otherProcess(path);
  expect(await ask("arm")).toBe("on");
  let since = performance.now();
  await flags.change("cache", (current) => current && withKill(current), by);
  await until(async () => (await ask("arm")) === "off", 5_000);
  expect(performance.now() - since).toBeLessThan(1_000);

  await flags.change("cache", () => withShipped(newFlag("cache")), by);
  await until(async () => (await ask("arm")) === "on", 5_000);
  since = performance.now();
  await ask("kill");
  await until(() => flags.evaluate(["cache"], {})[0]?.arm === "off", 5_000);
  expect(performance.now() - since).toBeLessThan(1_000);
  await flags.close();
});

test("two processes that change one flag at once lose nothing of each other", async () => {
  const path = opening.path();
  const flags = createEmbeddedFlags({ store: opening.file(path) });
  const ask = await otherProcess(path);
  const theirs = ask({ add: 60 });
  for (let index = 0; index < 60; index++) {
    await flags.change(
      "cache",
      (current) => ({ ...withShipped(current ?? newFlag("cache")), count: Number(current?.count ?? 0) + 1 }),
      by,
    );
  }
  await theirs;
  await until(() => flags.definition("cache")?.count === 120);
  expect(await flags.history({ flag: "cache", limit: 500 })).toHaveLength(120);
  await flags.close();
});
