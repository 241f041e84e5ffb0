import { createSketch, type Sketch } from "@flyball/stats";
import type { Level } from "../types.ts";
import type { Latency, LevelStats } from "./stats.ts";

/** Counts of one level. Plain fields: they are raised on the hot path. */
export class LevelTally {
  readonly level: Level;
  readonly latency: Sketch = createSketch();
  hits = 0;
  stale = 0;
  misses = 0;
  errors = 0;
  skipped = 0;
  writes = 0;
  writeErrors = 0;
  savedMs = 0;
  savedUsd = 0;

  constructor(level: Level) {
    this.level = level;
  }

  report(): LevelStats {
    const { level, latency, ...counts } = this;
    const answered = this.hits + this.stale + this.misses;
    return {
      ...counts,
      ...level.usage(),
      available: level.available,
      hitRatio: ratio(this.hits + this.stale, answered),
      availability: ratio(answered, answered + this.errors + this.skipped),
      latencyMs: latencyOf(latency),
    };
  }
}

export function latencyOf(sketch: Sketch): Latency {
  return { p50: sketch.quantile(0.5), p95: sketch.quantile(0.95), p99: sketch.quantile(0.99) };
}

export function ratio(part: number, whole: number): number | undefined {
  return whole > 0 ? part / whole : undefined;
}
