import type { Advice, CacheStats } from "@flyball/cache";
import type { Database, Migration, Retention, Store } from "@flyball/storage";

/** What one process wrote down of its cache: what windows do not hold. */
export interface CacheSnapshot {
  readonly cache: string;
  /** An id of the process's own; it means nothing beyond telling one from another. */
  readonly process: string;
  /** When it was written, milliseconds since the epoch. */
  readonly at: number;
  readonly stats: CacheStats;
  readonly advice: Advice | undefined;
}

/** One row a process, written over every minute. */
export const snapshotMigrations: readonly Migration[] = [
  {
    owner: "sdk",
    version: 1,
    sql: `
CREATE TABLE sdk_cache_snapshots (
  cache TEXT NOT NULL,
  process TEXT NOT NULL,
  at INTEGER NOT NULL,
  stats TEXT NOT NULL,
  advice TEXT,
  PRIMARY KEY (cache, process)
) WITHOUT ROWID;
CREATE INDEX sdk_cache_snapshots_at ON sdk_cache_snapshots (at);
`,
  },
];

export function snapshotRetention(keepMs: number): readonly Retention[] {
  return [{ table: "sdk_cache_snapshots", timeColumn: "at", keepMs }];
}

/** Hands a snapshot to the store's writer; it neither waits nor throws. */
export function writeSnapshot(store: Store, { cache, process, at, stats, advice }: CacheSnapshot): void {
  store.writer.write(
    "INSERT INTO sdk_cache_snapshots (cache, process, at, stats, advice) VALUES (?, ?, ?, ?, ?) " +
      "ON CONFLICT (cache, process) DO UPDATE SET at = excluded.at, stats = excluded.stats, advice = excluded.advice",
    [cache, process, at, JSON.stringify(stats), advice === undefined ? null : JSON.stringify(advice)],
  );
}

interface Row {
  readonly cache: string;
  readonly process: string;
  readonly at: number;
  readonly stats: string;
  readonly advice: string | null;
}

/** Snapshots written since a moment, the newest first. A row that cannot be read is left out. */
export function readSnapshots(database: Database, since: number): CacheSnapshot[] {
  const rows = database.all<Row>("SELECT * FROM sdk_cache_snapshots WHERE at >= ? ORDER BY at DESC", since);
  return rows.flatMap(({ cache, process, at, stats, advice }) => {
    try {
      const parsed = advice === null ? undefined : (JSON.parse(advice) as Advice);
      return [{ cache, process, at, stats: JSON.parse(stats) as CacheStats, advice: parsed }];
    } catch {
      return [];
    }
  });
}
