import { spawnSync } from "node:child_process";
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { basename, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { fakeClock } from "@flyball/core";
import { describe, expect, test } from "vitest";
import { openStore, type Store } from "../src/index.ts";
import { fileIdentity, setAside } from "../src/set-aside.ts";
import { asNobody } from "./fixtures/as-nobody.ts";
import { temporaryFolders } from "./fixtures/folder.ts";
import { insertLine, keepingLogger, linesMigration } from "./fixtures/lines.ts";

const folder = temporaryFolders();
const migrations = [linesMigration];
const lines = (store: Store): number =>
  store.database.get<{ n: number }>("SELECT count(*) AS n FROM test_lines")?.n ?? -1;

/** A closed file with enough rows to fill many pages. */
async function filledFile(): Promise<string> {
  const path = join(folder(), "x.db");
  const store = openStore({ path, migrations });
  store.database.transaction(() => {
    for (let i = 0; i < 500; i++) store.database.run(insertLine, i, "x".repeat(500));
  });
  await store.close();
  return path;
}

function overwrite(path: string, position: number, bytes: Uint8Array): void {
  const file = openSync(path, "r+");
  writeSync(file, bytes, 0, bytes.length, position);
  closeSync(file);
}

describe("a damaged file is set aside and a fresh one made", () => {
  test.each<[string, (path: string) => void]>([
    [
      "not a database at all",
      (path) => writeFileSync(path, "this is a note that somebody saved under the wrong name\n".repeat(50)),
    ],
    ["a few bytes", (path) => writeFileSync(path, "short")],
    ["cut in half", (path) => truncateSync(path, Math.floor(statSync(path).size / 2 / 4096) * 4096)],
    ["a schema of garbage", (path) => overwrite(path, 100, new Uint8Array(3000).fill(0xa5))],
  ])("%s", async (_what, damage) => {
    const path = await filledFile();
    damage(path);
    const damaged = readFileSync(path);
    const logger = keepingLogger();
    const store = openStore({ path, migrations, logger, clock: fakeClock() });
    expect(store.setAside).toBe(`${path}.corrupt-2026-01-01T00-00-00-000Z`);
    expect(readFileSync(store.setAside ?? "")).toEqual(damaged);
    expect(logger.messages).toEqual([expect.stringMatching(/x\.db is damaged \(.*It was moved to .*x\.db\.corrupt-/)]);
    expect(lines(store)).toBe(0);
    store.writer.write(insertLine, [1, "new"]);
    await store.close();

    const again = openStore({ path, migrations, logger });
    expect(again.setAside).toBeUndefined();
    expect(lines(again)).toBe(1);
    await again.close();
  });

  test("its log goes with it, under a name that SQLite's recovery finds", () => {
    const path = join(folder(), "x.db");
    for (const suffix of ["", "-wal", "-shm"]) writeFileSync(path + suffix, `content${suffix}`);
    const moved = setAside(path, fileIdentity(path), 0);
    expect(readdirSync(join(path, "..")).sort()).toEqual(
      ["", "-shm", "-wal"].map((suffix) => basename(`${moved}${suffix}`)),
    );
    expect(readFileSync(`${moved}-wal`, "utf8")).toBe("content-wal");
  });

  test("a file that another process has replaced meanwhile is left alone", () => {
    const path = join(folder(), "x.db");
    writeFileSync(path, "damaged");
    const damaged = fileIdentity(path);
    renameSync(path, `${path}.moved`);
    writeFileSync(path, "fresh");
    expect(setAside(path, damaged, 0)).toBeUndefined();
    expect(readFileSync(path, "utf8")).toBe("fresh");
  });

  test("damage met while running is remembered, and the next start checks the file and sets it aside", async () => {
    const path = await filledFile();
    overwrite(path, 12 * 4096, new Uint8Array(4096).fill(0xa5));
    const running = openStore({ path, migrations });
    expect(running.setAside).toBeUndefined();
    expect(() => running.database.all("SELECT * FROM test_lines")).toThrow(
      expect.objectContaining({ code: "storage_corrupt" }),
    );
    await running.close();
    const next = openStore({ path, migrations });
    expect(next.setAside).toContain(".corrupt-");
    expect(lines(next)).toBe(0);
    await next.close();
    expect(existsSync(`${path}.suspect`)).toBe(false);
  });

  test("damage met by the writer thread is remembered too", async () => {
    const path = await filledFile();
    for (let page = 4; page < 60; page++) overwrite(path, page * 4096, new Uint8Array(4096).fill(0xa5));
    const running = openStore({ path, migrations });
    for (let i = 0; i < 500; i++) running.writer.write("UPDATE test_lines SET text = 'y' WHERE id = ?", [i]);
    await running.writer.flush(10_000);
    expect(running.writer.failed).toBeGreaterThan(0);
    await running.close();
    const next = openStore({ path, migrations });
    expect(next.setAside).toContain(".corrupt-");
    await next.close();
  });

  test("a suspicion that the check does not confirm costs nothing", async () => {
    const path = await filledFile();
    writeFileSync(`${path}.suspect`, "");
    const store = openStore({ path, migrations });
    expect(store.setAside).toBeUndefined();
    expect(lines(store)).toBe(500);
    expect(existsSync(`${path}.suspect`)).toBe(false);
    await store.close();
  });

  test("when it cannot be moved, memory takes its place and the file stays", async () => {
    const path = await filledFile();
    writeFileSync(path, "not a database".repeat(400));
    chmodSync(join(path, ".."), 0o555);
    const logger = keepingLogger();
    await asNobody(async () => {
      const store = openStore({ path, migrations, logger });
      expect(store.database.path).toBe(":memory:");
      expect(store.degraded).toMatch(/in memory only/);
      expect(logger.messages).toEqual([expect.stringMatching(/in memory only and lost at exit/)]);
      store.writer.write(insertLine, [1, "kept while it runs"]);
      await store.writer.flush(1_000);
      expect(lines(store)).toBe(1);
      await store.close();
    });
    chmodSync(join(path, ".."), 0o755);
    expect(readFileSync(path, "utf8")).toContain("not a database");
  });
});

describe("a file that cannot be written", () => {
  async function whereNothingMayBeWritten(path: string, mode: number): Promise<void> {
    chmodSync(path, mode);
    chmodSync(join(path, ".."), 0o555);
    const logger = keepingLogger();
    await asNobody(async () => {
      const store = openStore({ path, migrations, logger });
      expect(store.degraded).toMatch(mode === 0o444 ? /reading only/ : /memory only/);
      expect(logger.messages).toHaveLength(1);
      expect(lines(store)).toBe(mode === 0o444 ? 500 : 0);
      store.writer.write(insertLine, [1000, "refused"]);
      await store.writer.flush(10_000);
      expect(store.writer.failed).toBe(mode === 0o444 ? 1 : 0);
      if (mode === 0o444) {
        const write = () => store.database.run(insertLine, 1001, "refused");
        expect(write).toThrow(expect.objectContaining({ code: "storage_read_only" }));
      }
      await store.close();
    });
    chmodSync(join(path, ".."), 0o755);
    chmodSync(path, 0o644);
  }

  test("is opened for reading, and its writes fail counted", async () =>
    whereNothingMayBeWritten(await filledFile(), 0o444));
  test("nor read: memory takes its place", async () => whereNothingMayBeWritten(await filledFile(), 0o000));

  test("while another process has it open, is read with what that process wrote", async () => {
    const path = await filledFile();
    const other = new DatabaseSync(path);
    other.exec("INSERT INTO test_lines VALUES (900, 'from the log')");
    for (const name of readdirSync(join(path, ".."))) chmodSync(join(path, "..", name), 0o444);
    chmodSync(join(path, ".."), 0o555);
    const fixture = fileURLToPath(new URL("./fixtures/reading-process.ts", import.meta.url));
    const run = spawnSync(process.execPath, ["--conditions=@flyball/source", fixture, path], { encoding: "utf8" });
    expect(JSON.parse(run.stdout)).toEqual({
      degraded: expect.stringMatching(/reading only/),
      lines: 501,
      refused: "storage_read_only",
    });
    chmodSync(join(path, ".."), 0o755);
    other.close();
  });

  test("and lacks a table: memory takes its place, so that every table is there", async () => {
    const path = await filledFile();
    chmodSync(path, 0o444);
    chmodSync(join(path, ".."), 0o555);
    const later = { owner: "later", version: 1, sql: "CREATE TABLE later_t(x)" };
    await asNobody(async () => {
      const store = openStore({ path, migrations: [...migrations, later] });
      expect(store.degraded).toMatch(/memory only/);
      expect(store.database.all("SELECT * FROM later_t")).toEqual([]);
      await store.close();
    });
    chmodSync(join(path, ".."), 0o755);
  });
});

describe("a place where no file can be", () => {
  test.each<[string, (root: string) => string]>([
    ["below a file", (root) => join(root, "file", "x.db")],
    ["a folder", (root) => join(root, "folder")],
  ])("%s: memory, with a warning", async (_what, place) => {
    const root = folder();
    writeFileSync(join(root, "file"), "");
    mkdirSync(join(root, "folder"));
    const logger = keepingLogger();
    const store = openStore({ path: place(root), migrations, logger });
    expect(store.degraded).toMatch(/in memory only/);
    expect(logger.messages).toHaveLength(1);
    expect(lines(store)).toBe(0);
    await store.close();
  });

  test("a file that somebody keeps locked: memory after the opening timeout, and the file afterwards", async () => {
    const path = join(folder(), "x.db");
    const other = new DatabaseSync(path);
    other.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; CREATE TABLE other(x)");
    const locked = openStore({ path, migrations, openTimeoutMs: 100 });
    expect(locked.degraded).toMatch(/in memory only.*locked/);
    await locked.close();
    other.exec("COMMIT");
    other.close();
    const free = openStore({ path, migrations, openTimeoutMs: 100 });
    expect(free.degraded).toBeUndefined();
    await free.close();
  });

  test("a logger that throws changes nothing", async () => {
    const angry = () => {
      throw new Error("the log is full");
    };
    const logger = { debug: angry, info: angry, warn: angry, error: angry };
    const root = folder();
    const store = openStore({ path: root, migrations, logger });
    expect(store.degraded).toMatch(/in memory only/);
    await store.close();
    writeFileSync(join(root, "x.db"), "not a database".repeat(400));
    const fresh = openStore({ path: join(root, "x.db"), migrations, logger });
    expect(fresh.setAside).toBeDefined();
    await fresh.close();
  });
});

test("what replaces a file is bounded: 256 MB of memory", async () => {
  const store = openStore({ path: folder(), migrations });
  const { max_page_count: pages } = store.database.get<{ max_page_count: number }>("PRAGMA max_page_count") ?? {};
  const { page_size: size } = store.database.get<{ page_size: number }>("PRAGMA page_size") ?? {};
  expect((pages ?? 0) * (size ?? 0)).toBe(256 * 2 ** 20);
  await store.close();
});
