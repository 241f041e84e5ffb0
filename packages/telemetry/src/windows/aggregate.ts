import { createSketch, type Sketch } from "@flyball/stats";
import type { Outcome, OutcomeStatus } from "../outcome.ts";

type Slot =
  | OutcomeStatus
  | "inputTokens"
  | "outputTokens"
  | "cacheReadTokens"
  | "cacheWriteTokens"
  | "reasoningTokens"
  | "costUsd"
  | "priced"
  | "unpriced"
  | "avoidedUsd"
  | "avoidedMs"
  | "avoided"
  | "qualitySum"
  | "scores"
  | "retries"
  | "refinements"
  | "estimated";

/**
 * Where each number stands in an aggregate. The order is part of the stored format: append, never reorder.
 * One array instead of named fields, so that merging and encoding are loops that forget none.
 */
export const slot: Readonly<Record<Slot, number>> = {
  ok: 0,
  error: 1,
  timeout: 2,
  cancelled: 3,
  skipped: 4,
  suspended: 5,
  inputTokens: 6,
  outputTokens: 7,
  cacheReadTokens: 8,
  cacheWriteTokens: 9,
  reasoningTokens: 10,
  costUsd: 11,
  priced: 12,
  unpriced: 13,
  avoidedUsd: 14,
  avoidedMs: 15,
  avoided: 16,
  qualitySum: 17,
  scores: 18,
  retries: 19,
  /** Outcomes of a second or later turn of a refinement loop. */
  refinements: 20,
  /** Outcomes whose usage was estimated. */
  estimated: 21,
};

export const slots: number = Object.keys(slot).length;

const secondTurn = 2;

/** Everything a window knows of one series: sums, and sketches of what has a distribution. */
export class Aggregate {
  readonly sums: Float64Array = new Float64Array(slots);
  /** Milliseconds of what ran to an end: ok, error or timeout. */
  readonly duration: Sketch = createSketch();
  /** Milliseconds to the first chunk of streamed answers. */
  readonly firstChunk: Sketch = createSketch();

  record(outcome: Outcome): void {
    const { sums } = this;
    const { status, attempts, iteration } = outcome;
    add(sums, slot[status], 1);
    if (status === "ok" || status === "error" || status === "timeout") this.duration.add(outcome.durationMs);
    if (attempts !== undefined && attempts > 1) add(sums, slot.retries, attempts - 1);
    if (iteration !== undefined && iteration >= secondTurn) add(sums, slot.refinements, 1);
    if (outcome.usage !== undefined || outcome.cost !== undefined) this.#recordSpending(outcome);
    if (outcome.avoided !== undefined) this.#recordAvoided(outcome.avoided);
    if (outcome.quality !== undefined) this.#recordQuality(outcome.quality);
    if (outcome.stream !== undefined) this.firstChunk.add(outcome.stream.timeToFirstChunkMs);
  }

  merge(other: Aggregate): void {
    for (let i = 0; i < slots; i++) add(this.sums, i, other.sums[i] as number);
    this.duration.merge(other.duration);
    this.firstChunk.merge(other.firstChunk);
  }

  reset(): void {
    this.sums.fill(0);
    this.duration.reset();
    this.firstChunk.reset();
  }

  #recordSpending({ usage, cost }: Outcome): void {
    const { sums } = this;
    if (usage) {
      add(sums, slot.inputTokens, usage.inputTokens);
      add(sums, slot.outputTokens, usage.outputTokens);
      add(sums, slot.cacheReadTokens, usage.cacheReadTokens);
      add(sums, slot.cacheWriteTokens, usage.cacheWriteTokens);
      add(sums, slot.reasoningTokens, usage.reasoningTokens);
      if (usage.estimated) add(sums, slot.estimated, 1);
    }
    if (cost?.priced) {
      add(sums, slot.priced, 1);
      add(sums, slot.costUsd, cost.usd);
    } else if (cost) {
      add(sums, slot.unpriced, 1);
    }
  }

  #recordAvoided({ usd, ms }: NonNullable<Outcome["avoided"]>): void {
    add(this.sums, slot.avoided, 1);
    add(this.sums, slot.avoidedUsd, usd);
    add(this.sums, slot.avoidedMs, ms);
  }

  #recordQuality(quality: NonNullable<Outcome["quality"]>): void {
    for (const { score } of quality) {
      if (!Number.isFinite(score)) continue;
      add(this.sums, slot.scores, 1);
      add(this.sums, slot.qualitySum, score);
    }
  }
}

/** One NaN would make a sum useless for its whole minute, and for every window that holds it. */
function add(sums: Float64Array, at: number, value: number | undefined): void {
  if (value !== undefined && Number.isFinite(value)) sums[at] = (sums[at] as number) + value;
}
