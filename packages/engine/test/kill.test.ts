import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

interface Ended {
  readonly status: string;
  readonly pending: readonly string[];
  readonly output?: Readonly<Record<string, unknown>>;
  readonly error?: { readonly code: string };
}

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "flyball-kill-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Runs one process; "killed" when it died at its moment. */
function live(moment: number, answers: readonly string[]): Promise<Ended | "killed"> {
  const child = join(import.meta.dirname, "kill-child.ts");
  const given = [join(folder, "runs.db"), join(folder, "log"), String(moment), ...answers];
  const running = spawn(process.execPath, ["--conditions=@flyball/source", child, ...given], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  running.stdout.on("data", (text) => {
    output += text;
  });
  return new Promise((resolve, reject) => {
    running.on("close", (code, signal) => {
      if (signal === "SIGKILL") resolve("killed");
      else if (code === 0) resolve(JSON.parse(output) as Ended);
      else reject(new Error(`the process ended with ${code}`));
    });
  });
}

/** Every line that the processes left behind. */
function lines(): string[] {
  const log = join(folder, "log");
  return existsSync(log) ? readFileSync(log, "utf8").split("\n").filter(Boolean) : [];
}

/** Pieces of work that began after their end was stored. */
function doneTwice(): string[] {
  const stored = new Set<string>();
  return lines().filter((line) => {
    const [what, path = ""] = line.split(" ");
    if (what === "begin") return stored.has(path);
    if (what !== "suspended") stored.add(path);
    return false;
  });
}

/** A small generator (mulberry32), so that each seed kills at the same moments every time. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

describe("kill -9 at random moments", () => {
  it.each([1, 2, 3])(
    "has no finished node run twice: branches, items and nested workflows suspended at once (seed %i)",
    async (seed) => {
      const draw = random(seed);
      let answers: readonly string[] = [];
      let kills = 0;
      for (let process = 0; ; process++) {
        expect(process).toBeLessThan(60);
        const ended = await live(kills < 7 ? 1 + Math.floor(draw() * 9) : 0, answers);
        expect(doneTwice()).toEqual([]);
        if (ended === "killed") {
          kills++;
          // Nobody knows whether the answers arrived: they are given again, unless nothing waited for them yet.
          continue;
        }
        if (ended.error?.code === "answer_invalid") answers = [];
        else if (ended.status === "suspended") answers = seed === 1 ? ended.pending : ended.pending.slice(0, 2);
        else {
          expect(ended).toMatchObject({ status: "completed", output: { report: "report" } });
          break;
        }
      }
      expect(kills).toBeGreaterThan(3);
      const begun = lines().filter((line) => line.startsWith("begin "));
      // What was under way at a kill may begin again; nothing else does.
      expect(begun.length).toBeLessThanOrEqual(new Set(begun).size + kills * 5);
      expect(new Set(begun).size).toBe(24);
    },
  );
});

describe("two processes that resume one run at once", () => {
  it("do its work once", async () => {
    const first = await live(0, []);
    if (first === "killed") throw new Error("nobody was to kill it");
    const ends = await Promise.all([live(0, first.pending), live(0, first.pending)]);
    const statuses = ends.map((ended) => (ended === "killed" ? ended : (ended.error?.code ?? ended.status))).sort();
    // The slower one is refused; or it comes when the other is through, and has nothing left to do.
    expect(statuses).toContain("suspended");
    for (const status of statuses) expect(["suspended", "run_claimed"]).toContain(status);
    expect(doneTwice()).toEqual([]);
    const begun = lines().filter((line) => line.startsWith("begin "));
    expect(new Set(begun).size).toBe(begun.length);
  });
});
