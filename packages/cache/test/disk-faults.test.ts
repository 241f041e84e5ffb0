import { spawn } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  openSync,
  readdirSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { type FakeClock, fakeClock } from "@flyball/core";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Cache, createCache, diskLevel, memoryLevel } from "../src/index.ts";
import { openSqliteStore, type SqliteStore } from "../src/levels/sqlite-store.ts";
import { keepingLogger, levelContext, recordOf } from "./fixtures/context.ts";
import { temporaryFolders } from "./fixtures/folders.ts";
import { until } from "./fixtures/until.ts";

const folderOf = temporaryFolders();
const hour = 3_600_000;
const opened: { close(timeoutMs: number): Promise<void> }[] = [];
let path: string;

beforeEach(() => {
  path = join(folderOf(), "cache.db");
});
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close(2_000);
});

function storeOf(options: { maxBytes?: number; clock?: FakeClock } = {}): SqliteStore {
  const store = openSqliteStore({ path, maxBytes: 2 ** 30, ...options });
  opened.push(store);
  return store;
}

function cacheOf(logger = keepingLogger()): Cache & { readonly logger: ReturnType<typeof keepingLogger> } {
  const cache = Object.assign(createCache({ levels: [diskLevel({ path })], logger, name: "t" }), { logger });
  opened.push(cache);
  return cache;
}

/** A file with a hundred answers in it. */
async function filled(): Promise<void> {
  const cache = cacheOf();
  for (let i = 0; i < 100; i++) await cache.set(`k${i}`, `answer ${i} ${"x".repeat(3_000)}`);
  await cache.close();
}

async function answers(cache: Cache): Promise<{ right: number; wrong: number }> {
  const found = { right: 0, wrong: 0 };
  for (let i = 0; i < 100; i++) {
    const answer = await cache.get<string>(`k${i}`);
    if (answer?.value === `answer ${i} ${"x".repeat(3_000)}`) found.right++;
    else if (answer) found.wrong++;
  }
  return found;
}

describe("the disk level", () => {
  test("finds again what another process wrote", async () => {
    await filled();
    expect(await answers(cacheOf())).toEqual({ right: 100, wrong: 0 });
  });

  test("is bounded in bytes; the least recently used give way", async () => {
    const clock = fakeClock();
    const maxBytes = 2 ** 20;
    const store = storeOf({ maxBytes, clock });
    store.set("kept", "v".repeat(1_000), 10 * hour);
    for (let round = 0; round < 40; round++) {
      await clock.advance(hour / 6 + 1_000);
      expect(store.get("kept")).toBeDefined();
      for (let i = 0; i < 64; i++) store.set(`r${round}-${i}`, "x".repeat(2_000), 10 * hour);
      await clock.advance(50);
      await store.flush(5_000);
    }
    await until(async () => {
      await clock.advance(50);
      return store.usage().bytes <= maxBytes;
    });
    expect(store.usage().evictions).toBeGreaterThan(1_000);
    expect(store.get("kept")).toBeDefined();
    expect(store.get("r0-0")).toBeUndefined();
    expect(store.get("r39-63")).toBeDefined();
    expect(store.usage().refused).toBe(0);
  });

  test("deletes what is past its time", async () => {
    const clock = fakeClock();
    const store = storeOf({ clock });
    for (let i = 0; i < 100; i++) store.set(`k${i}`, "x".repeat(5_000), 1_000);
    await store.flush(5_000).catch(() => {});
    await until(async () => {
      await clock.advance(50);
      return store.usage().bytes > 400_000;
    });
    await clock.advance(130_000);
    await until(async () => {
      await clock.advance(50);
      return store.usage().bytes < 100_000;
    });
  });

  test("a set is read at once, before it is in the file, and so is a deletion", () => {
    const store = storeOf();
    store.set("k", "v", hour);
    expect(store.get("k")).toBe("v");
    store.delete("k");
    expect(store.get("k")).toBeUndefined();
    store.set("k", "w", hour);
    expect(store.get("k")).toBe("w");
  });

  test("a deletion that finds the queue full is not lost", async () => {
    const store = storeOf();
    store.set("k", "old", hour);
    await store.flush(5_000);
    // One statement more than the queue takes, in one turn of the loop.
    for (let i = 0; i < 12_000; i++) store.set(`f${i}`, "x", hour);
    expect(store.usage().refused).toBeGreaterThan(0);
    store.delete("k");
    expect(store.get("k")).toBeUndefined();
    await store.flush(20_000);
    await sleep(100);
    await store.flush(20_000);
    await store.close(5_000);
    expect(storeOf().get("k")).toBeUndefined();
  });

  test("damage in the file is a miss or a fresh file, never a wrong answer", async () => {
    await filled();
    const size = statSync(path).size;
    const file = openSync(path, "r+");
    for (let at = 20_000; at < size; at += 6_001)
      writeSync(file, Buffer.from("damaged bytes in the middle of a page"), 0, 37, at);
    const cache = cacheOf();
    const found = await answers(cache);
    expect(found.wrong).toBe(0);
    expect(found.right).toBeLessThan(100);
    await cache.set("new", 1);
    expect((await cache.get("new"))?.value).toBe(1);
  });

  test("a truncated file is a miss or a fresh file, and the process lives", async () => {
    await filled();
    const cache = cacheOf();
    await cache.get("k0");
    truncateSync(path, statSync(path).size >> 1);
    expect((await answers(cache)).wrong).toBe(0);
    await cache.close();
    const next = cacheOf();
    expect((await answers(next)).wrong).toBe(0);
    await next.set("new", 1);
    expect((await next.get("new"))?.value).toBe(1);
  });

  test("what is no database is set aside", async () => {
    writeFileSync(path, "this is not a database, and it is longer than a header of one hundred bytes ".repeat(20));
    const cache = cacheOf();
    await cache.set("k", 1);
    expect((await cache.get("k"))?.value).toBe(1);
    expect(readdirSync(join(path, "..")).some((name) => name.includes("corrupt"))).toBe(true);
  });

  test("a file of a newer version is left as it is, and the cache goes on without it", async () => {
    await filled();
    const other = new DatabaseSync(path);
    const table = other.prepare("SELECT name FROM sqlite_schema WHERE name LIKE '%migration%'").get() as {
      name: string;
    };
    other.exec(`UPDATE ${table.name} SET version = 99 WHERE owner = 'cache'`);
    other.close();
    const cache = cacheOf();
    expect(await cache.getOrCompute("k0", () => "computed")).toBe("computed");
    expect(cache.stats().levels.disk).toMatchObject({ available: false, skipped: 1 });
    expect(cache.logger.messages.join("\n")).toContain("newer");
  });

  test("a file that may only be read is read, and nothing is written", async () => {
    await filled();
    const folder = join(path, "..");
    const readable = join(folder, "read-only");
    const { mkdirSync } = await import("node:fs");
    mkdirSync(readable);
    copyFileSync(path, join(readable, "cache.db"));
    chmodSync(join(readable, "cache.db"), 0o444);
    chmodSync(readable, 0o555);
    path = join(readable, "cache.db");
    const asNobody = process.geteuid?.() === 0;
    if (asNobody) {
      chmodSync(folder, 0o755);
      process.seteuid?.(65534);
    }
    try {
      const cache = cacheOf();
      expect(await answers(cache)).toEqual({ right: 100, wrong: 0 });
      await cache.set("new", 1);
      expect(await cache.get("new")).toBeUndefined();
      expect(cache.stats().levels.disk).toMatchObject({ refused: 1, available: true });
      await cache.close();
    } finally {
      if (asNobody) process.seteuid?.(0);
      chmodSync(readable, 0o755);
    }
  });

  test("a folder that cannot be made leaves the cache without the level", async () => {
    writeFileSync(path, "a file where a folder should be");
    path = join(path, "cache.db");
    const cache = cacheOf();
    expect(await cache.getOrCompute("k", () => 1)).toBe(1);
    expect(await cache.getOrCompute("k", () => 2)).toBe(2);
    expect(cache.stats().levels.disk?.available).toBe(false);
  });

  test("a full disk: what fits is kept, reads go on, and what does not fit is a miss", async () => {
    await filled();
    const store = storeOf();
    // SQLite answers a file-size limit of the process as it does a full disk.
    const limit = join(import.meta.dirname, "fixtures/full-disk-child.ts");
    await store.close(1_000);
    const child = spawn(
      "bash",
      ["-c", `ulimit -f 1000; exec "$0" --conditions=@flyball/source "${limit}" "${path}"`, process.execPath],
      { stdio: ["ignore", "pipe", "inherit"] },
    );
    let output = "";
    child.stdout.on("data", (chunk) => (output += chunk));
    const code = await new Promise((resolve) => child.on("exit", (status, signal) => resolve(status ?? signal)));
    expect(code).toBe(0);
    const result = JSON.parse(output) as { right: number; wrong: number; refused: number; computed: number };
    expect(result.wrong).toBe(0);
    expect(result.right).toBe(100);
    expect(result.refused).toBeGreaterThan(0);
    expect((await answers(cacheOf())).right).toBe(100);
  }, 40_000);

  test("survives kill -9 in the middle of writing", async () => {
    const script = join(import.meta.dirname, "fixtures/writing-child.ts");
    for (let round = 0; round < 2; round++) {
      const child = spawn(process.execPath, ["--conditions=@flyball/source", script, path], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      await new Promise((resolve) => child.stdout.once("data", resolve));
      await until(() => statSync(path).size > 500_000);
      await sleep(50 * round);
      child.kill("SIGKILL");
      await new Promise((resolve) => child.on("exit", resolve));
    }
    expect(existsSync(path)).toBe(true);
    const level = diskLevel({ path })(levelContext());
    opened.push(level);
    let found = 0;
    for (let i = 0; i < 2_000; i++) {
      const entry = await level.get(`k${i}`);
      if (!entry) continue;
      found++;
      expect(entry.value).toBe(`answer ${i} ${"x".repeat(2_000)}`);
    }
    expect(found).toBeGreaterThan(100);
    await level.set("after", recordOf(1), hour);
    expect((await level.get("after"))?.value).toBe(1);
  }, 30_000);

  test("two processes write one file", async () => {
    const script = join(import.meta.dirname, "fixtures/writing-child.ts");
    const child = spawn(process.execPath, ["--conditions=@flyball/source", script, path, "2000"], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const ended = new Promise((resolve) => child.on("exit", resolve));
    await new Promise((resolve) => child.stdout.once("data", resolve));
    const level = diskLevel({ path })(levelContext());
    for (let i = 0; i < 500; i++) {
      await level.set(`mine${i}`, recordOf(`m${i}`), hour);
      if (i % 50 === 0) await sleep(1);
    }
    expect(await ended).toBe(0);
    await level.close(5_000);
    const reader = diskLevel({ path })(levelContext());
    opened.push(reader);
    for (let i = 0; i < 500; i++) expect((await reader.get(`mine${i}`))?.value).toBe(`m${i}`);
    for (let i = 0; i < 2_000; i++) expect((await reader.get(`k${i}`))?.value).toBe(`answer ${i} ${"x".repeat(2_000)}`);
    expect(reader.usage()).toMatchObject({ refused: 0, undecodable: 0 });
  }, 30_000);

  test("the wall clock set back: answers from what is now the future are not trusted", async () => {
    const clock = fakeClock();
    const cache = createCache({ levels: [memoryLevel({ ttlMs: 1 }), diskLevel({ path })], clock });
    opened.push(cache);
    await cache.getOrCompute("k", () => "before");
    await clock.advance(10);
    expect(await cache.getOrCompute("k", () => "x")).toBe("before");
    await clock.advance(10);
    clock.jump(-2 * hour);
    expect(await cache.getOrCompute("k", () => "after")).toBe("after");
  });
});
