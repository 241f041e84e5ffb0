import type { RunEvent, RunResult } from "@flyball/engine";

/** How a run ended, without its types. */
interface EndedRun {
  readonly status: RunResult<unknown, unknown>["status"];
  readonly runId: string;
  readonly error?: Error;
}

/** Shows runs under way. `item` is what the pipeline calls the piece of work. */
export interface Progress {
  started(item: string): void;
  event(item: string, event: RunEvent): void;
  ended(item: string, result: EndedRun, durationMs: number): void;
  /** Prints lines that stay, above whatever is redrawn. */
  print(text: string): void;
  /** Takes the redrawn lines away while a person is asked something. */
  pause(): void;
  resume(): void;
  close(): void;
}

type EndedNode = Extract<RunEvent, { type: "node-ended" }>;

/** Statuses that a person need not read twice. */
const quiet: ReadonlySet<string> = new Set(["ok", "restored"]);

/** A node's end in a few words: nothing for success, the reason for what failed. */
export function remark(event: EndedNode): string {
  if (quiet.has(event.status)) return event.status === "restored" ? "restored" : "";
  return event.error ? `${event.status}: ${event.error.message}` : event.status;
}
