import type { Alert } from "../alert.ts";
import type { Severity } from "../severity.ts";

/** Why people are told: an alert began, became worse, still goes on, or ended; or that alerting itself is alive. */
export type NoticeKind = "firing" | "escalated" | "repeat" | "resolved" | "watchdog" | "test";

/** What a channel delivers: one message about alerts that belong together. */
export interface Notice {
  /** The same each time this message is tried: receivers can use it to drop repeats. */
  readonly id: string;
  readonly kind: NoticeKind;
  readonly severity: Severity;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Empty for `watchdog` and `test`. */
  readonly alerts: readonly Alert[];
  /** What a notice without alerts has to say. */
  readonly text?: string;
  /** The process was stopped between sending and noting that it had: somebody may have read this before. */
  readonly possibleRepeat: boolean;
}
