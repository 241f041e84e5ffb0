import { spawn, spawnSync } from "node:child_process";
import { symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { openStore } from "../src/index.ts";
import { temporaryFolders } from "./fixtures/folder.ts";
import { linesMigration } from "./fixtures/lines.ts";

const folder = temporaryFolders();
const root = fileURLToPath(new URL("../../../", import.meta.url));
const fixture = fileURLToPath(new URL("./fixtures/writing-process.ts", import.meta.url));
const source = new URL("../src/index.ts", import.meta.url).href;

function runFixture(path: string, what: string, from: string): { status: number | null; stderr: string } {
  const run = spawnSync(process.execPath, ["--conditions=@flyball/source", fixture, path, what, from], {
    encoding: "utf8",
    timeout: 20_000,
  });
  return { status: run.status, stderr: run.stderr };
}
async function ids(path: string): Promise<number[]> {
  const store = openStore({ path, migrations: [linesMigration] });
  expect(store.setAside).toBeUndefined();
  expect(store.database.get("PRAGMA integrity_check")).toEqual({ integrity_check: "ok" });
  const rows = store.database.all<{ id: number }>("SELECT id FROM test_lines ORDER BY id").map((row) => row.id);
  await store.close();
  return rows;
}
const prefix = (length: number): number[] => Array.from({ length }, (_, i) => i);

describe("a process", () => {
  test("that closes its store ends with everything stored, though nothing else keeps it alive", async () => {
    const path = join(folder(), "x.db");
    expect(runFixture(path, "close", source)).toEqual({ status: 0, stderr: "" });
    expect(await ids(path)).toEqual(prefix(5000));
  });

  test("that forgets to close is not kept alive, nor made to fail", async () => {
    const path = join(folder(), "x.db");
    expect(runFixture(path, "forget", source)).toEqual({ status: 0, stderr: "" });
    const stored = await ids(path);
    expect(stored).toEqual(prefix(stored.length));
  });

  test("killed by kill -9 while it writes leaves a file that opens cleanly and holds a prefix of what it wrote", async () => {
    const path = join(folder(), "x.db");
    const child = spawn(process.execPath, ["--conditions=@flyball/source", fixture, path, "endless", source], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const ended = new Promise((resolve) => child.once("exit", resolve));
    // It says so when its first batches are stored and thousands more are under way.
    await new Promise((resolve) => child.stdout.once("data", resolve));
    child.kill("SIGKILL");
    await ended;
    const stored = await ids(path);
    expect(stored.length).toBeGreaterThan(1000);
    expect(stored).toEqual(prefix(stored.length));
  });

  test("works the same from the built files", { timeout: 60_000 }, async () => {
    const built = folder();
    // The compiler's own output of these files alone: what it imports from other packages need not be built.
    const settings = {
      extends: join(root, "tsconfig.base.json"),
      compilerOptions: {
        rootDir: join(root, "packages/storage/src"),
        outDir: built,
        typeRoots: [join(root, "node_modules/@types")],
        noCheck: true,
        noResolve: true,
        composite: false,
        declaration: false,
        isolatedDeclarations: false,
      },
      include: [join(root, "packages/storage/src")],
    };
    writeFileSync(join(built, "tsconfig.json"), JSON.stringify(settings));
    const compiler = createRequire(import.meta.url).resolve("@typescript/native/package.json");
    const build = spawnSync(process.execPath, [join(compiler, "..", "bin", "tsc"), "-p", built], { encoding: "utf8" });
    expect(build.stdout + build.stderr).toBe("");
    symlinkSync(join(root, "node_modules"), join(built, "node_modules"));
    const path = join(folder(), "x.db");
    expect(runFixture(path, "close", new URL(`file://${built}/index.js`).href)).toEqual({ status: 0, stderr: "" });
    expect(await ids(path)).toEqual(prefix(5000));
  });
});
