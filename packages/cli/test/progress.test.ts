import { fakeClock } from "@flyball/core";
import { expect, test } from "vitest";
import { liveProgress } from "../src/progress/live.ts";
import type { Terminal } from "../src/terminal.ts";

const plain: Terminal = { out() {}, err() {}, json() {}, style: (_style, text) => text, interactive: true, width: 60 };

/** What a terminal shows that understands "up n lines" and "erase to the end". */
function screen(): { write: (text: string) => void; readonly lines: readonly string[] } {
  let lines = [""];
  return {
    write(text) {
      // Escapes stand as ␛ in the patterns' sight.
      for (const part of text.replaceAll("\u001b", "␛").split(/(␛\[\d*[AJ]|\n)/)) {
        const up = /^␛\[(\d+)A$/.exec(part);
        if (up) lines = [...lines.slice(0, lines.length - 1 - Number(up[1])), ""];
        else if (part === "\n") lines.push("");
        else if (!part.startsWith("␛")) lines[lines.length - 1] += part;
      }
    },
    get lines() {
      return lines.filter((line) => line !== "");
    },
  };
}

test("redraws a line for each run under way, and leaves one for each that ended", async () => {
  const clock = fakeClock();
  const shown = screen();
  const progress = liveProgress(plain, shown.write, clock);
  const at = clock.now();
  progress.started("a");
  progress.started("b");
  progress.event("a", { type: "node-started", path: "summary", node: "summary", at });
  await clock.advance(1500);
  expect(shown.lines).toEqual(["▸ a  1.50 s  0 done, at summary", "▸ b  1.50 s  0 done, at …"]);

  progress.event("a", { type: "node-ended", path: "summary", node: "summary", status: "ok", durationMs: 1400 });
  const error = new Error("no answer");
  progress.event("b", { type: "node-ended", path: "check[1]", node: "check", status: "timeout", durationMs: 8, error });
  progress.ended("a", { status: "completed", runId: "r-1" }, 1500);
  expect(shown.lines).toEqual([
    "  b  check[1]  timeout: no answer",
    "✓ a  1.50 s  1 nodes, summary 1.40 s  run r-1",
    "▸ b  1.50 s  1 done, at …",
  ]);

  progress.pause();
  expect(shown.lines).toHaveLength(2);
  await clock.advance(1000);
  expect(shown.lines).toHaveLength(2);
  progress.resume();
  progress.print("b says hello");
  expect(shown.lines.slice(2)).toEqual(["b says hello", "▸ b  2.50 s  1 done, at …"]);

  progress.ended("b", { status: "failed", runId: "r-2", error }, 2500);
  progress.close();
  expect(shown.lines.at(-1)).toBe("✗ b  2.50 s  failed: no answer  run r-2");
  expect(clock.pending).toBe(0);
});

test("many runs are bounded lines, and long ones are clipped to the terminal", () => {
  const shown = screen();
  const progress = liveProgress(plain, shown.write, fakeClock());
  for (let number = 0; number < 40; number++) progress.started(`${"long name ".repeat(20)}${number}`);
  expect(shown.lines).toHaveLength(13);
  expect(shown.lines.at(-1)).toBe("… and 28 more");
  for (const line of shown.lines) expect(line.length).toBeLessThanOrEqual(60);
  progress.close();
  expect(shown.lines).toEqual([]);
});
