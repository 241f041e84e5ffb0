import { type CacheRow, cacheRows, type LevelRow } from "./cache-rows.ts";
import { type ExitCode, exitCode } from "./exit.ts";
import { bytes, count, dollars, duration, percent } from "./format/quantity.ts";
import { table } from "./format/table.ts";
import type { Terminal } from "./terminal.ts";
import { withRecords } from "./with-records.ts";

interface CacheStatsFlags {
  readonly since: number;
  readonly config?: string;
  readonly json?: boolean;
}

/** `flyball cache stats`. */
export function cacheStats(flags: CacheStatsFlags, terminal: Terminal): Promise<ExitCode> {
  return withRecords(flags.config, terminal, (records) => {
    const caches = cacheRows(records.windows, records.caches(flags.since), flags.since);
    if (flags.json) terminal.json({ sinceMinutes: flags.since, caches });
    else if (caches.length === 0) terminal.out(`No cache was asked in the last ${flags.since} minutes.`);
    else terminal.out(caches.map(describe).join("\n\n"));
    return exitCode.ok;
  });
}

const columns = ["level", "hits", "stale", "misses", "errors", "hit ratio", "p50", "p95", "p99"]
  .concat(["bytes", "entries", "evicted", "saved"])
  .map((heading, index) => ({ heading, align: index === 0 ? ("left" as const) : ("right" as const) }));

function describe(row: CacheRow): string {
  const saved = [duration(row.savedMs), ...(row.savedUsd > 0 ? [dollars(row.savedUsd)] : [])].join(" and ");
  const ended = [
    `${count(row.calls) || 0} calls`,
    `${percent(row.hitRatio)} hits`,
    `${count(row.computed) || 0} computed${row.computeP50Ms === undefined ? "" : ` (p50 ${duration(row.computeP50Ms)})`}`,
    ...(row.coalesced > 0 ? [`${count(row.coalesced)} shared a computation`] : []),
    ...(row.failed > 0 ? [`${count(row.failed)} failed`] : []),
    ...(row.bypassed > 0 ? [`${count(row.bypassed)} bypassed`] : []),
    `${saved} saved`,
  ];
  const levels = row.levels.length === 0 ? "" : `\n${table(columns, row.levels.map(cells))}`;
  return `${row.cache}: ${ended.join(", ")}${levels}`;
}

function cells(row: LevelRow): string[] {
  return [
    row.level,
    count(row.hits),
    count(row.stale),
    count(row.misses),
    row.skipped > 0 ? `${count(row.errors + row.skipped)} (${count(row.skipped)} spared)` : count(row.errors),
    percent(row.hitRatio),
    ...[row.p50Ms, row.p95Ms, row.p99Ms].map(latency),
    row.bytes === undefined ? "" : bytes(row.bytes),
    row.entries === undefined ? "" : count(row.entries),
    row.evictions === undefined ? "" : count(row.evictions),
    [row.savedMs > 0 ? duration(row.savedMs) : "", row.savedUsd > 0 ? dollars(row.savedUsd) : ""]
      .filter(Boolean)
      .join(", "),
  ];
}

/** A look-up is often over in microseconds. */
function latency(ms: number | undefined): string {
  if (ms === undefined) return "";
  return ms < 0.095 ? `${Math.max(1, Math.round(ms * 1_000))} µs` : duration(ms);
}
