import type { Terminal } from "../terminal.ts";
import { linesProgress } from "./lines.ts";
import { liveProgress } from "./live.ts";
import type { Progress } from "./progress.ts";

/** Redrawn lines for a person at a terminal; a line for each node elsewhere; nothing on stdout but JSON with `json`. */
export function createProgress(terminal: Terminal, json: boolean): Progress {
  if (terminal.interactive && !json) return liveProgress(terminal, (text) => void process.stdout.write(text));
  const lines = linesProgress(terminal);
  return json ? { ...lines, print: (text) => terminal.err(text) } : lines;
}
