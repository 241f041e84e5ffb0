import type { CacheSnapshot } from "@flyball/sdk";
import type { WindowReader } from "@flyball/telemetry";

/** What one level of a cache did in the last minutes. */
export interface LevelRow {
  readonly level: string;
  readonly hits: number;
  /** Answers given after their time. */
  readonly stale: number;
  readonly misses: number;
  readonly errors: number;
  /** Look-ups that were spared because the level was known not to answer. */
  readonly skipped: number;
  /** Of the look-ups that it answered; undefined while there were none. */
  readonly hitRatio: number | undefined;
  /** Of look-ups, milliseconds. Memory's are not timed: reading the clock takes longer than they do. */
  readonly p50Ms: number | undefined;
  readonly p95Ms: number | undefined;
  readonly p99Ms: number | undefined;
  readonly savedMs: number;
  readonly savedUsd: number;
  /** Now, in the processes that wrote last; undefined where the level cannot know. */
  readonly bytes: number | undefined;
  readonly entries: number | undefined;
  /** Since those processes began. */
  readonly evictions: number | undefined;
}

/** What one cache did in the last minutes. */
export interface CacheRow {
  readonly cache: string;
  readonly calls: number;
  /** Calls that did not have to compute, of all that were not bypassed. */
  readonly hitRatio: number | undefined;
  readonly computed: number;
  /** Calls that got what another one computed meanwhile. */
  readonly coalesced: number;
  readonly failed: number;
  readonly bypassed: number;
  /** Of computations, milliseconds. */
  readonly computeP50Ms: number | undefined;
  readonly computeP95Ms: number | undefined;
  readonly savedMs: number;
  readonly savedUsd: number;
  readonly levels: readonly LevelRow[];
}

const order = ["memory", "redis", "disk"];
/** Services write every minute: whoever is this far behind the last has ended. */
const livingMs = 150_000;

/** A row for each cache, with one for each of its levels, the fastest first. */
export function cacheRows(windows: WindowReader, snapshots: readonly CacheSnapshot[], lastMinutes: number): CacheRow[] {
  const series = windows.series({ kind: "cache", lastMinutes });
  return [...new Set(series.map(({ name }) => name))].sort().map((cache) => {
    const own = series.filter(({ name }) => name === cache);
    const newest = Math.max(...snapshots.filter((one) => one.cache === cache).map(({ at }) => at));
    const living = snapshots.filter((one) => one.cache === cache && newest - one.at <= livingMs);
    const names = new Set(own.map(({ labels }) => labels.level ?? ""));
    names.delete("compute");
    names.delete("");
    const levels = [...names]
      .sort((a, b) => place(a) - place(b) || a.localeCompare(b))
      .map((level) => levelRow(windows, living, cache, level, lastMinutes));
    const ended = (result: string): number => counted(own, "compute", result);
    const [computed, coalesced, failed, bypassed] = [
      ended("computed"),
      ended("coalesced"),
      ended("failed"),
      ended("bypass"),
    ];
    const answered = levels.reduce((sum, { hits, stale }) => sum + hits + stale, 0);
    const compute = windows.read({ kind: "cache", name: cache, labels: { result: "computed" }, lastMinutes });
    const { avoided } = windows.read({ kind: "cache", name: cache, lastMinutes });
    return {
      cache,
      calls: answered + computed + coalesced + failed + bypassed,
      hitRatio: share(answered + coalesced, answered + computed + coalesced + failed),
      ...{ computed, coalesced, failed, bypassed },
      computeP50Ms: compute.duration.p50,
      computeP95Ms: compute.duration.p95,
      savedMs: avoided.ms,
      savedUsd: avoided.usd,
      levels,
    };
  });
}

type Series = ReturnType<WindowReader["series"]>;

function levelRow(
  windows: WindowReader,
  living: readonly CacheSnapshot[],
  name: string,
  level: string,
  lastMinutes: number,
): LevelRow {
  const series = windows.series({ kind: "cache", name, labels: { level }, lastMinutes });
  const all = windows.read({ kind: "cache", name, labels: { level }, lastMinutes });
  const [hits, stale, misses, errors, skipped] = [
    counted(series, level, "hit"),
    counted(series, level, "stale"),
    counted(series, level, "miss"),
    counted(series, level, "error"),
    counted(series, level, "unavailable"),
  ];
  const timed = level === "memory" ? undefined : all.duration;
  const now = living.flatMap(({ stats }) => stats.levels[level] ?? []);
  // Memory is each process's own; what lies below is one, and the last who looked knows best.
  const held = level === "memory" ? now : now.slice(0, 1);
  return {
    ...{ level, hits, stale, misses, errors, skipped },
    hitRatio: share(hits + stale, hits + stale + misses),
    p50Ms: timed?.p50,
    p95Ms: timed?.p95,
    p99Ms: timed?.p99,
    savedMs: all.avoided.ms,
    savedUsd: all.avoided.usd,
    bytes: total(held.map(({ bytes }) => bytes)),
    entries: total(held.map(({ entries }) => entries)),
    evictions: total(now.map(({ evictions }) => evictions)),
  };
}

function counted(series: Series, level: string, result: string): number {
  return series
    .filter(({ labels }) => labels.level === level && labels.result === result)
    .reduce((sum, { count }) => sum + count, 0);
}

function place(level: string): number {
  return order.includes(level) ? order.indexOf(level) : order.length;
}

function share(part: number, whole: number): number | undefined {
  return whole === 0 ? undefined : part / whole;
}

function total(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? undefined : known.reduce((sum, value) => sum + value, 0);
}
