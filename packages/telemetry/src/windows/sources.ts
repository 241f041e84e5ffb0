import type { Database, SqlValue } from "@flyball/storage";
import type { OperationKind } from "../outcome.ts";
import type { Aggregate } from "./aggregate.ts";
import type { Block } from "./block.ts";
import type { LiveWindows } from "./live-windows.ts";
import { fits, type WindowQuery, type WindowRange } from "./query.ts";
import type { SeriesKey } from "./series.ts";

/** One minute or hour of one series. */
export type Visit = (series: SeriesKey & { readonly id: number }, at: number, entry: Aggregate | Uint8Array) => void;

/** Somewhere minutes are kept. */
export interface WindowSource {
  scan(query: WindowQuery, range: WindowRange, visit: Visit): void;
}

/** The minutes that a process remembers, the running one included. */
export function memorySource(live: LiveWindows): WindowSource {
  const scanBlock = (block: Block, query: WindowQuery, visit: Visit): void => {
    for (const [series, entry] of block.entries) if (fits(query, series)) visit(series, block.at, entry);
  };
  return {
    scan(query, range, visit) {
      for (const block of [...live.blocks, live.running]) {
        if (block.at >= range.from && block.at < range.to) scanBlock(block, query, visit);
      }
    },
  };
}

/** Which stored minutes are in memory, too, and must not be counted twice. */
export type InMemory = (instance: number, at: number) => boolean;

export function inMemory(live: LiveWindows): InMemory {
  const known = new Map<number, Set<number>>();
  for (const { instance, at } of [...live.blocks, live.running]) {
    const minutes = known.get(instance);
    if (minutes) minutes.add(at);
    else known.set(instance, new Set([at]));
  }
  return (instance, at) => known.get(instance)?.has(at) ?? false;
}

/** Finds the stored series of a query. Parsed labels are remembered: a series never changes. */
export class SeriesIndex {
  readonly #database: Database;
  #known = new Map<number, SeriesKey & { readonly id: number }>();

  constructor(database: Database) {
    this.#database = database;
  }

  find(query: WindowQuery): (SeriesKey & { readonly id: number })[] {
    const conditions: string[] = [];
    const values: SqlValue[] = [];
    for (const column of ["kind", "name"] as const) {
      if (query[column] === undefined) continue;
      conditions.push(`${column} = ?`);
      values.push(query[column]);
    }
    const where = conditions.length > 0 ? ` WHERE ${conditions.join(" AND ")}` : "";
    const rows = this.#database.all<SeriesRow>(
      `SELECT id, kind, name, labels FROM telemetry_series${where}`,
      ...values,
    );
    if (this.#known.size > 2 * rows.length + 10_000) this.#known.clear();
    return rows.map((row) => this.#parse(row)).filter((series) => fits(query, series));
  }

  #parse(row: SeriesRow): SeriesKey & { readonly id: number } {
    let series = this.#known.get(row.id);
    if (!series) {
      const labels = JSON.parse(row.labels) as Record<string, string>;
      series = { id: row.id, kind: row.kind, name: row.name, labels };
      this.#known.set(row.id, series);
    }
    return series;
  }
}

interface SeriesRow {
  readonly id: number;
  readonly kind: OperationKind;
  readonly name: string;
  readonly labels: string;
}

const minutesOf = `SELECT at, instance, value FROM telemetry_minutes
  WHERE series = ? AND at >= ? AND at < ? ORDER BY at`;

/** The stored minutes of all processes, but those that `skip` says are counted already. */
export function minuteSource(database: Database, index: SeriesIndex, skip: InMemory = () => false): WindowSource {
  return {
    scan(query, range, visit) {
      for (const series of index.find(query)) {
        const rows = database.all<MinuteRow>(minutesOf, series.id, range.from, range.to);
        for (const { at, instance, value } of rows) if (!skip(instance, at)) visit(series, at, value);
      }
    },
  };
}

interface MinuteRow {
  readonly at: number;
  readonly instance: number;
  readonly value: Uint8Array;
}

const hoursOf = "SELECT at, value FROM telemetry_hours WHERE series = ? AND at >= ? AND at < ? ORDER BY at";

/** The stored hours. */
export function hourSource(database: Database, index: SeriesIndex): WindowSource {
  return {
    scan(query, range, visit) {
      for (const series of index.find(query)) {
        const rows = database.all<Omit<MinuteRow, "instance">>(hoursOf, series.id, range.from, range.to);
        for (const { at, value } of rows) visit(series, at, value);
      }
    },
  };
}

/** The starts of the hours in a range that were rolled up: their minutes may be gone. */
export function rolledUpHours(database: Database, { from, to }: WindowRange): Set<number> {
  const sql = "SELECT at FROM telemetry_rolled_up WHERE at >= ? AND at < ?";
  return new Set(database.all<{ at: number }>(sql, from, to).map(({ at }) => at));
}
