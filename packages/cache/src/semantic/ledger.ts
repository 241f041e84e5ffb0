import { type Clock, errorType, type FailureLog } from "@flyball/core";
import { createSketch, type Sketch } from "@flyball/stats";
import { type Avoided, label, type OutcomeDetails, type OutcomeStatus, type Telemetry } from "@flyball/telemetry";
import { latencyOf, ratio } from "../statistics/level-tally.ts";
import type { SemanticAnswer, SemanticStats } from "./types.ts";

/** How a look-up ended, or what shadow found: the values of the label `result` beside `level="semantic"`. */
type Result = "hit" | "miss" | "refused" | "error" | "would_hit" | "would_be_right" | "would_be_wrong";

type Counted = Omit<
  SemanticStats,
  "mode" | "entries" | "partitions" | "graphs" | "bytes" | "evictions" | "expirations" | "embeddings"
>;

/** Disagreements are words of the verifier; a verifier of one's own may return anything, so their number is bounded. */
const mostDisagreements = 50;

/** Counts what happens and records each look-up as an outcome. */
export class SemanticLedger {
  readonly clock: Clock;
  readonly failures: FailureLog;
  readonly #name: string;
  readonly #telemetry: Telemetry | undefined;
  readonly #time: Sketch = createSketch();
  readonly #disagreements = new Map<string, number>();
  readonly #saved = { ms: 0, usd: 0 };
  readonly #shadow = { hits: 0, compared: 0, wrong: 0, savedMs: 0, savedUsd: 0 };
  #hits = 0;
  #misses = 0;
  #refused = 0;
  #failed = 0;
  bypassed = 0;
  dropped = 0;

  constructor(name: string, telemetry: Telemetry | undefined, clock: Clock, failures: FailureLog) {
    this.#name = name;
    this.#telemetry = telemetry;
    this.clock = clock;
    this.failures = failures;
  }

  hit(answer: SemanticAnswer, durationMs: number): void {
    this.#hits++;
    this.#saved.ms += answer.computeMs;
    this.#saved.usd += answer.usd ?? 0;
    const avoided: Avoided = { ms: answer.computeMs, ...(answer.usd === undefined ? {} : { usd: answer.usd }) };
    this.#lookedUp("hit", durationMs, { avoided });
  }

  /** In shadow: found, and not served. */
  wouldHit(durationMs: number): void {
    this.#shadow.hits++;
    this.#lookedUp("would_hit", durationMs);
  }

  missed(durationMs: number, refused: boolean): void {
    if (refused) this.#refused++;
    else this.#misses++;
    this.#lookedUp(refused ? "refused" : "miss", durationMs);
  }

  failed(cause: string, error: unknown, durationMs: number): void {
    this.#failed++;
    this.failures.report(cause, error);
    this.#time.add(durationMs);
    this.#record("error", durationMs, "error", { errorType: errorType(error) });
  }

  disagreed(on: string): void {
    const known = this.#disagreements.has(on) || this.#disagreements.size < mostDisagreements ? on : "other";
    this.#disagreements.set(known, (this.#disagreements.get(known) ?? 0) + 1);
  }

  compared(right: boolean, real: SemanticAnswer): void {
    this.#shadow.compared++;
    if (!right) this.#shadow.wrong++;
    this.#shadow.savedMs += real.computeMs;
    this.#shadow.savedUsd += real.usd ?? 0;
    this.#record(right ? "would_be_right" : "would_be_wrong", 0, "ok");
  }

  report(): Counted {
    const lookups = this.#hits + this.#misses + this.#refused + this.#failed + this.#shadow.hits;
    return {
      lookups,
      hits: this.#hits,
      misses: this.#misses,
      refused: this.#refused,
      disagreements: Object.fromEntries(this.#disagreements),
      failed: this.#failed,
      bypassed: this.bypassed,
      hitRatio: ratio(this.#hits, lookups),
      lookupMs: latencyOf(this.#time),
      savedMs: this.#saved.ms,
      savedUsd: this.#saved.usd,
      shadow: { ...this.#shadow, wrongRatio: ratio(this.#shadow.wrong, this.#shadow.compared) },
      dropped: this.dropped,
      failures: Object.fromEntries(this.failures.counts),
    };
  }

  #lookedUp(result: Result, durationMs: number, details?: OutcomeDetails): void {
    this.#time.add(durationMs);
    this.#record(result, durationMs, "ok", details);
  }

  #record(result: Result, durationMs: number, status: OutcomeStatus, details?: OutcomeDetails): void {
    if (this.#telemetry === undefined) return;
    try {
      const labels = { [label.level]: "semantic", [label.result]: result };
      this.#telemetry.record({ kind: "cache", name: this.#name, durationMs, status, labels, ...details });
    } catch (error) {
      this.failures.report("semantic cache outcome", error);
    }
  }
}
