import { duration } from "../format/quantity.ts";
import type { Terminal } from "../terminal.ts";
import { type Progress, remark } from "./progress.ts";

/** One line for each node that ends: for logs and pipes, where nothing can be redrawn. */
export function linesProgress(terminal: Terminal): Progress {
  return {
    started: (item) => terminal.err(`${item}  started`),
    event(item, event) {
      if (event.type === "node-retried") {
        terminal.err(`${item}  ${event.path}  try ${event.attempt} failed: ${event.error.message}`);
      }
      if (event.type !== "node-ended") return;
      const parts = [item, event.path, event.status === "ok" ? "ok" : remark(event), duration(event.durationMs)];
      terminal.err(parts.join("  "));
    },
    ended: (item, result, durationMs) => {
      const why = result.error ? `: ${result.error.message}` : "";
      terminal.err(`${item}  ${result.status}${why}  ${duration(durationMs)}  run ${result.runId}`);
    },
    print: (text) => terminal.out(text),
    pause() {},
    resume() {},
    close() {},
  };
}
