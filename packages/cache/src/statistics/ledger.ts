import { type Clock, errorType, type FailureLog } from "@flyball/core";
import { createSketch, type Sketch } from "@flyball/stats";
import { type Avoided, label, type OutcomeDetails, type OutcomeStatus, type Telemetry } from "@flyball/telemetry";
import type { Entry, Level } from "../types.ts";
import { LevelTally, latencyOf, ratio } from "./level-tally.ts";
import type { CacheStats } from "./stats.ts";

/** How a look-up at a level, or a call, ended: the values of the label `result`. */
type Result = "hit" | "stale" | "miss" | "error" | "unavailable" | "computed" | "coalesced" | "failed" | "bypass";

/** The value of the label `level` for what no level answered. */
const computeLevel = "compute";

/**
 * Counts what happens and records it as outcomes. A call ends in one outcome (`hit` or `stale` of a level; `computed`,
 * `coalesced`, `failed` or `bypass` of `compute`), after one for each level that could not answer it.
 */
export class Ledger {
  readonly clock: Clock;
  readonly tallies: readonly LevelTally[];
  readonly #byLevel: ReadonlyMap<Level, LevelTally>;
  readonly #name: string;
  readonly #telemetry: Telemetry | undefined;
  readonly #failures: FailureLog;
  readonly #labels = new Map<string, Readonly<Record<string, string>>>();
  readonly #computeTime: Sketch = createSketch();
  computed = 0;
  coalesced = 0;
  failed = 0;
  bypassed = 0;
  refreshes = 0;
  unstorable = 0;
  #coalescedMs = 0;
  #coalescedUsd = 0;

  constructor(options: {
    readonly name: string;
    readonly levels: readonly Level[];
    readonly telemetry: Telemetry | undefined;
    readonly clock: Clock;
    readonly failures: FailureLog;
  }) {
    this.#name = options.name;
    this.#telemetry = options.telemetry;
    this.#failures = options.failures;
    this.clock = options.clock;
    this.tallies = options.levels.map((level) => new LevelTally(level));
    this.#byLevel = new Map(this.tallies.map((tally) => [tally.level, tally]));
  }

  /** Whether hits are to be recorded one by one; without it they are only counted. */
  get recording(): boolean {
    return this.#telemetry !== undefined;
  }

  /** A call was answered by a level. */
  answered(level: Level, entry: Entry, durationMs: number, stale: boolean): void {
    const tally = this.#tally(level);
    if (stale) tally.stale++;
    else tally.hits++;
    tally.savedMs += entry.computeMs;
    if (entry.usd !== undefined) tally.savedUsd += entry.usd;
    this.recordAnswer(level.name, entry, durationMs, stale);
  }

  recordAnswer(level: string, entry: Entry, durationMs: number, stale: boolean): void {
    this.#record(level, stale ? "stale" : "hit", durationMs, "ok", { avoided: avoidedBy(entry) });
  }

  /** A level had nothing that could answer. */
  missed(level: Level, durationMs: number): void {
    this.#tally(level).misses++;
    this.#record(level.name, "miss", durationMs, "ok");
  }

  lookupFailed(level: Level, durationMs: number, error: unknown): void {
    this.#tally(level).errors++;
    this.#record(level.name, "error", durationMs, "error", { errorType: errorType(error) });
    this.#failures.report(`cache look-up at ${level.name}`, error);
  }

  skipped(level: Level): void {
    this.#tally(level).skipped++;
    this.#record(level.name, "unavailable", 0, "skipped");
  }

  /** How long a level below memory took to answer, whatever it said. */
  timed(level: Level, durationMs: number): void {
    this.#tally(level).latency.add(durationMs);
  }

  wrote(level: Level): void {
    this.#tally(level).writes++;
  }

  writeFailed(level: Level, error: unknown): void {
    this.#tally(level).writeErrors++;
    this.#failures.report(`cache write at ${level.name}`, error);
  }

  /** A value that no level but memory can keep. */
  unstorableValue(error: Error): void {
    this.unstorable++;
    this.#failures.report(`cache value: ${error.message}`, error);
  }

  callComputed(entry: Entry): void {
    this.computed++;
    this.#computeTime.add(entry.computeMs);
    this.#record(computeLevel, "computed", entry.computeMs, "ok");
  }

  /** A call got what another computed while it waited. */
  callCoalesced(entry: Entry, durationMs: number): void {
    this.coalesced++;
    this.#coalescedMs += entry.computeMs;
    this.#coalescedUsd += entry.usd ?? 0;
    this.#record(computeLevel, "coalesced", durationMs, "ok", { avoided: avoidedBy(entry) });
  }

  callFailed(error: unknown, durationMs: number): void {
    this.failed++;
    this.#record(computeLevel, "failed", durationMs, "error", { errorType: errorType(error) });
  }

  callBypassed(durationMs: number): void {
    this.bypassed++;
    this.#record(computeLevel, "bypass", durationMs, "ok");
  }

  report(rest: Pick<CacheStats, "invalidationsWaiting" | "gaps">): CacheStats {
    const sum = (of: (tally: LevelTally) => number): number => this.tallies.reduce((total, one) => total + of(one), 0);
    const { computed, coalesced, failed, bypassed, refreshes, unstorable } = this;
    const hits = sum((tally) => tally.hits);
    const stale = sum((tally) => tally.stale);
    const calls = hits + stale + computed + coalesced + failed + bypassed;
    return {
      ...{ calls, hits, stale, computed, coalesced, failed, bypassed, refreshes, unstorable },
      hitRatio: ratio(hits + stale + coalesced, calls - bypassed),
      computeMs: latencyOf(this.#computeTime),
      savedMs: sum((tally) => tally.savedMs) + this.#coalescedMs,
      savedUsd: sum((tally) => tally.savedUsd) + this.#coalescedUsd,
      ...rest,
      failures: Object.fromEntries(this.#failures.counts),
      levels: Object.fromEntries(this.tallies.map((tally) => [tally.level.name, tally.report()])),
    };
  }

  #tally(level: Level): LevelTally {
    return this.#byLevel.get(level) as LevelTally;
  }

  #record(level: string, result: Result, durationMs: number, status: OutcomeStatus, details?: OutcomeDetails): void {
    if (this.#telemetry === undefined) return;
    try {
      const labels = this.#labelsOf(level, result);
      this.#telemetry.record({ kind: "cache", name: this.#name, durationMs, status, labels, ...details });
    } catch (error) {
      this.#failures.report("cache outcome", error);
    }
  }

  /** One object for each pair, made once. */
  #labelsOf(level: string, result: Result): Readonly<Record<string, string>> {
    const key = `${level} ${result}`;
    let labels = this.#labels.get(key);
    if (!labels) {
      labels = Object.freeze({ [label.level]: level, [label.result]: result });
      this.#labels.set(key, labels);
    }
    return labels;
  }
}

function avoidedBy({ computeMs, usd }: Entry): Avoided {
  return usd === undefined ? { ms: computeMs } : { ms: computeMs, usd };
}
