import type { FailureLog } from "@flyball/core";
import type { DatabaseWriter, SqlValue } from "@flyball/storage";
import { hourMs } from "./block.ts";
import type { BlockSink } from "./live-windows.ts";

/** How often a series' row is refreshed, so that retention knows it is in use. */
const refreshMs = hourMs;
/** Series that were not written for so long make room for others. */
const forgetAfterMs = 24 * hourMs;

const writeSeries = `INSERT INTO telemetry_series (id, kind, name, labels, seen_at) VALUES (?, ?, ?, ?, ?)
  ON CONFLICT (id) DO UPDATE SET seen_at = max(seen_at, excluded.seen_at)`;
const writeMinute = `INSERT INTO telemetry_minutes (series, at, instance, value) VALUES (?, ?, ?, ?)
  ON CONFLICT (series, at, instance) DO UPDATE SET value = excluded.value`;

const reopenHours = "DELETE FROM telemetry_rolled_up WHERE at >= ?";

/** Writes minutes through the store's writer thread. */
export interface StoreSink extends BlockSink {
  /** Minutes of series beyond the limit, which stay in memory only. */
  readonly unstored: number;
  /** Minutes that the writer's queue had no room for. */
  readonly dropped: number;
}

/** `maxSeries` bounds the file: each series takes up to half a megabyte a day. */
export function storeSink(writer: DatabaseWriter, maxSeries: number, failures: FailureLog): StoreSink {
  const stored = new Map<number, number>();
  let unstored = 0;
  let dropped = 0;

  /** A writer promises not to throw; a timer of ours that believed it would take the process down. */
  function write(sql: string, values: readonly SqlValue[]): boolean {
    try {
      if (writer.write(sql, values)) return true;
    } catch (error) {
      failures.report("store", error);
    }
    dropped++;
    return false;
  }

  return {
    get unstored() {
      return unstored;
    },
    get dropped() {
      return dropped;
    },
    write(series, at, instance, value) {
      const known = stored.get(series.id);
      if (known === undefined && stored.size >= maxSeries && !forget(stored, at - forgetAfterMs)) {
        unstored++;
        return;
      }
      // Again when the clock jumped, in either direction.
      if (known === undefined || Math.abs(at - known) >= refreshMs) {
        const labels = JSON.stringify(series.labels);
        if (write(writeSeries, [series.id, series.kind, series.name, labels, at])) stored.set(series.id, at);
      }
      write(writeMinute, [series.id, at, instance, value]);
    },
    reopen: (at) => void write(reopenHours, [Math.floor(at / hourMs) * hourMs]),
  };
}

/** Makes room by forgetting series that were not written since `before`; false when all are in use. */
function forget(stored: Map<number, number>, before: number): boolean {
  const size = stored.size;
  for (const [id, at] of stored) if (at < before) stored.delete(id);
  return stored.size < size;
}
