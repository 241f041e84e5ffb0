import { createHash } from "node:crypto";
import type { Group } from "./history/history.ts";
import type { Severity } from "./severity.ts";

/** A request that caused an alert, or is the best example of what does. */
export interface TraceExample {
  readonly traceId: string;
  readonly why: "slowest" | "failed";
  readonly durationMs: number;
  /** Where to look at it, when a URL is configured. */
  readonly url?: string;
}

/** One alert, as people know it: rules of the same alert and group are one. */
export interface Alert {
  /** The same for the same alert and group in every process. */
  readonly fingerprint: string;
  readonly name: string;
  readonly status: "firing" | "resolved";
  readonly severity: Severity;
  /** The group's labels and the rule's. */
  readonly labels: Readonly<Record<string, string>>;
  /** What is wrong. */
  readonly summary: string;
  /** What was measured. */
  readonly text: string;
  readonly rule: string;
  readonly firedAt: number;
  readonly endedAt?: number;
  readonly runbook?: string;
  /** Minutes between two beginnings that people are told of, when the rule has its own. */
  readonly cooldown?: number;
  readonly trace?: TraceExample;
}

export function fingerprintOf(name: string, group: Group): string {
  const sorted = Object.entries(group).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return createHash("sha256")
    .update(JSON.stringify([name, sorted]))
    .digest("hex")
    .slice(0, 16);
}
