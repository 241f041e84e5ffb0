import { type Clock, systemClock } from "@flyball/core";
import { duration } from "../format/quantity.ts";
import type { Terminal } from "../terminal.ts";
import { type Progress, remark } from "./progress.ts";

interface Shown {
  readonly startedAt: number;
  readonly working: Set<string>;
  ended: number;
  slowest: { readonly path: string; readonly durationMs: number } | undefined;
}

const frameMs = 100;
const mostLines = 12;

/**
 * A line for each run under way, redrawn in place with the nodes at work; a line that stays for each that ended.
 * `write` is the terminal's raw stream.
 */
export function liveProgress(terminal: Terminal, write: (text: string) => void, clock: Clock = systemClock): Progress {
  const runs = new Map<string, Shown>();
  let drawn = 0;
  let paused = false;

  const erase = (): void => {
    if (drawn > 0) write(`\x1b[${drawn}A\x1b[J`);
    drawn = 0;
  };
  const draw = (): void => {
    erase();
    if (paused || runs.size === 0) return;
    const lines = [...runs].slice(0, mostLines).map(([item, run]) => working(item, run));
    if (runs.size > mostLines) lines.push(`… and ${runs.size - mostLines} more`);
    write(`${lines.map((line) => clip(line, terminal.width)).join("\n")}\n`);
    drawn = lines.length;
  };
  const stay = (text: string): void => {
    erase();
    write(`${text}\n`);
    draw();
  };
  const working = (item: string, run: Shown): string => {
    const nodes = [...run.working].join(", ") || "…";
    return `▸ ${item}  ${duration(clock.monotonic() - run.startedAt)}  ${run.ended} done, at ${nodes}`;
  };
  const timer = clock.every(frameMs, draw);

  return {
    started(item) {
      runs.set(item, { startedAt: clock.monotonic(), working: new Set(), ended: 0, slowest: undefined });
      draw();
    },
    event(item, event) {
      const run = runs.get(item);
      if (!run) return;
      if (event.type === "node-started") run.working.add(event.path);
      if (event.type !== "node-ended") return;
      run.working.delete(event.path);
      run.ended++;
      if (event.durationMs > (run.slowest?.durationMs ?? 0)) run.slowest = event;
      const note = remark(event);
      if (note && event.status !== "skipped" && event.status !== "restored" && event.status !== "suspended") {
        stay(terminal.style("yellow", `  ${item}  ${event.path}  ${note}`));
      }
    },
    ended(item, result, durationMs) {
      const run = runs.get(item);
      runs.delete(item);
      const good = result.status === "completed";
      const mark = good
        ? terminal.style("green", "✓")
        : terminal.style("red", result.status === "suspended" ? "‖" : "✗");
      const why = result.error ? `: ${result.error.message}` : "";
      const slowest = run?.slowest ? `, ${run.slowest.path} ${duration(run.slowest.durationMs)}` : "";
      const how = good ? `${run?.ended ?? 0} nodes${slowest}` : `${result.status}${why}`;
      stay(`${mark} ${item}  ${duration(durationMs)}  ${how}  ${terminal.style("dim", `run ${result.runId}`)}`);
    },
    print: stay,
    pause() {
      paused = true;
      erase();
    },
    resume() {
      paused = false;
      draw();
    },
    close() {
      timer.cancel();
      erase();
    },
  };
}

function clip(text: string, width: number): string {
  return text.length > width ? `${text.slice(0, width - 1)}…` : text;
}
