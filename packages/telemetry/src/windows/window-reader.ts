import { type Clock, type FailureLog, failureLog, silentLogger } from "@flyball/core";
import type { Database } from "@flyball/storage";
import { Aggregate } from "./aggregate.ts";
import { hourMs, mergeEntry, minuteMs } from "./block.ts";
import type { LiveWindows } from "./live-windows.ts";
import { rangeOf, type WindowQuery, type WindowRange } from "./query.ts";
import { hourSource, inMemory, memorySource, minuteSource, rolledUpHours, SeriesIndex, type Visit } from "./sources.ts";
import { type SeriesWindow, valuesOf, type Window, type WindowPoint } from "./window.ts";

/**
 * Reads windows back. Every method throws a QueryError for a question that makes no sense, and a StorageError when
 * the database cannot be read.
 */
export interface WindowReader {
  /** Everything that fits the query, as one. */
  read(query?: WindowQuery): Window;
  /** The same by minute (by hour for `lastHours`), oldest first; what has no outcome is left out. */
  points(query?: WindowQuery): WindowPoint[];
  /** The same by series, most outcomes first. */
  series(query?: WindowQuery): SeriesWindow[];
}

export interface WindowReaderSetup {
  readonly clock: Clock;
  readonly live?: LiveWindows | undefined;
  readonly database?: Database | undefined;
  /** Where damaged rows are reported; they are left out. */
  readonly failures: FailureLog;
}

/** Reads the windows that other processes wrote into a store. */
export function createWindowReader(database: Database, clock: Clock): WindowReader {
  return windowReader({ database, clock, failures: failureLog(silentLogger) });
}

export function windowReader({ clock, live, database, failures }: WindowReaderSetup): WindowReader {
  const index = database && new SeriesIndex(database);

  function scan(query: WindowQuery, range: WindowRange, visit: Visit): void {
    if (range.step === minuteMs || !database || !index) {
      scanMinutes(query, range, visit);
      return;
    }
    // Hours that were rolled up, and the minutes of those that were not.
    const rolledUp = rolledUpHours(database, range);
    hourSource(database, index).scan(query, range, (series, at, entry) => {
      if (rolledUp.has(at)) visit(series, at, entry);
    });
    scanMinutes(query, range, (series, at, entry) => {
      if (!rolledUp.has(stepOf(at, hourMs))) visit(series, at, entry);
    });
  }

  function scanMinutes(query: WindowQuery, range: WindowRange, visit: Visit): void {
    if (live) memorySource(live).scan(query, range, visit);
    if (database && index) minuteSource(database, index, live && inMemory(live)).scan(query, range, visit);
  }

  /** Merges what fits into one aggregate per group. */
  function gather<Group>(query: WindowQuery, range: WindowRange, groupOf: (...args: Parameters<Visit>) => Group) {
    const groups = new Map<Group, Aggregate>();
    scan(query, range, (series, at, entry) => {
      const group = groupOf(series, at, entry);
      let aggregate = groups.get(group);
      if (!aggregate) {
        aggregate = new Aggregate();
        groups.set(group, aggregate);
      }
      try {
        mergeEntry(aggregate, entry);
      } catch (error) {
        failures.report("window row", error);
      }
    });
    return groups;
  }

  return {
    read(query = {}) {
      const range = rangeOf(query, clock.now());
      const all = gather(query, range, () => "all").get("all") ?? new Aggregate();
      return { from: range.from, to: range.to, ...valuesOf(all) };
    },
    points(query = {}) {
      const range = rangeOf(query, clock.now());
      const groups = gather(query, range, (_series, at) => stepOf(at, range.step));
      return [...groups].toSorted(([a], [b]) => a - b).map(([at, aggregate]) => ({ at, ...valuesOf(aggregate) }));
    },
    series(query = {}) {
      const keys = new Map<number, Parameters<Visit>[0]>();
      const groups = gather(query, rangeOf(query, clock.now()), (series) => {
        keys.set(series.id, series);
        return series.id;
      });
      const windows = [...groups].map(([id, aggregate]): SeriesWindow => {
        const { kind, name, labels } = keys.get(id) as Parameters<Visit>[0];
        return { kind, name, labels, ...valuesOf(aggregate) };
      });
      return windows.toSorted((a, b) => b.count - a.count);
    },
  };
}

function stepOf(at: number, step: number): number {
  return Math.floor(at / step) * step;
}
