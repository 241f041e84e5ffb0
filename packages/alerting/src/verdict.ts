/** What a rule says of the readings, before any state: `hold` lets a firing alert fire on and starts none. */
export interface Verdict {
  readonly outcome: "breach" | "clear" | "hold";
  readonly because: "value" | "no data" | "low traffic";
  /** What was measured; undefined when there was nothing to measure. */
  readonly value: number | undefined;
  /** What was measured, for people: `p95 41.2 s over 15 min, above 30 s`. */
  readonly text: string;
}
