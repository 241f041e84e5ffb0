import { createHash, randomUUID } from "node:crypto";
import { type Clock, type FailureLog, systemClock } from "@flyball/core";
import type { OperationKind, Outcome } from "@flyball/telemetry";
import type { Ledger } from "../ledger/types.ts";
import { type Observer, observersOf } from "../metrics/observe.ts";
import type { MeasuredComparison } from "./comparisons.ts";
import { type ComparisonTotals, mergeUnits, newTotals, noteFlush, type UnitDelta } from "./merge.ts";
import type { ComparedArm, UnitRecord } from "./statistics.ts";
import { readTotals, spaceOf, totalsField, unitField, writeTotals } from "./totals.ts";

export interface CollectorOptions {
  readonly ledger: Ledger;
  readonly failures: FailureLog;
  readonly clock?: Clock;
  /** Most units that wait for a flush, over all comparisons. Further ones are not measured, and counted. Default 50,000. */
  readonly maxPending?: number;
  /** Most units that one comparison counts. Default 1,000,000. */
  readonly maxUnits?: number;
}

/** Collects what runs' outcomes say about flags' arms, and adds it to what all processes know. */
export interface Collector {
  /** Takes one outcome. Synchronous; under a microsecond a flag and metric. */
  record(outcome: Outcome): void;
  /** What is compared from now on. What was collected for others is flushed and ends. */
  compare(comparisons: readonly MeasuredComparison[]): void;
  /** Adds what was collected to the ledger; what cannot be written is kept for the next time. */
  flush(): Promise<void>;
  stats(): CollectorStats;
}

export interface CollectorStats {
  /** Units with something that is not in the ledger yet. */
  readonly pending: number;
  /** Outcomes that were not measured because too many units waited for the ledger. */
  readonly dropped: number;
  /** Runs of a compared flag without a unit: nothing to compare by. */
  readonly unitMissing: number;
  /** Outcomes of a unit that was in the other arm a moment before. */
  readonly crossed: number;
  /** Flushes that failed and were tried again. */
  readonly failedFlushes: number;
}

/** One comparison's share of the work. */
interface Book {
  /** Names this book's flushes in the totals. */
  readonly id: string;
  readonly comparison: MeasuredComparison;
  readonly observers: ReadonlyMap<OperationKind, readonly Observer[]>;
  pending: Map<string, UnitDelta>;
  /** A batch whose write may or may not have happened: it is sent again under its own number, before all others. */
  inFlight: { readonly seq: number; readonly deltas: readonly UnitDelta[] } | undefined;
  /** The totals' incarnation that this process has written to. */
  incarnation: string | undefined;
}

/** Units a transaction: about three milliseconds of the calling thread. */
const unitsAtOnce = 50;

export function createCollector(options: CollectorOptions): Collector {
  const { ledger, failures, clock = systemClock, maxPending = 50_000, maxUnits = 1_000_000 } = options;
  let books: readonly Book[] = [];
  /** Books of comparisons that ended with something left to write. */
  let ending: readonly Book[] = [];
  let seq = 0;
  let pending = 0;
  let dropped = 0;
  let crossed = 0;
  let unitMissing = 0;
  let failedFlushes = 0;
  let flushing: Promise<void> | undefined;

  function record(outcome: Outcome): void {
    const decisions = outcome.run?.decisions;
    if (decisions === undefined || books.length === 0) return;
    const unit = outcome.run?.unit;
    for (let i = 0; i < books.length; i++) {
      const book = books[i] as Book;
      const arm = decisions[book.comparison.flag];
      if (arm !== "control" && arm !== "treatment") continue;
      const observers = book.observers.get(outcome.kind);
      if (observers === undefined) continue;
      if (unit === undefined) {
        if (outcome.kind === "run") unitMissing++;
        continue;
      }
      const delta = book.pending.get(unit) ?? begin(book, unit, arm);
      if (delta === undefined) continue;
      if (delta.arm !== arm) {
        crossed++;
        continue;
      }
      for (let j = 0; j < observers.length; j++) (observers[j] as Observer)(outcome, delta.values);
    }
  }

  function begin(book: Book, unit: string, arm: ComparedArm): UnitDelta | undefined {
    if (pending >= maxPending) {
      dropped++;
      return undefined;
    }
    pending++;
    const delta = { unit, arm, values: new Float64Array(book.comparison.metrics.length * 2) };
    book.pending.set(unit, delta);
    return delta;
  }

  function compare(comparisons: readonly MeasuredComparison[]): void {
    const before = new Map(books.map((book) => [identityOf(book.comparison), book]));
    books = comparisons.map((comparison) => {
      const known = before.get(identityOf(comparison));
      before.delete(identityOf(comparison));
      // Its share may have grown; what it has collected stays.
      if (known) return Object.assign(known, { comparison });
      return {
        id: randomUUID(),
        comparison,
        observers: observersOf(comparison.metrics),
        pending: new Map(),
        inFlight: undefined,
        incarnation: undefined,
      };
    });
    ending = [...ending, ...[...before.values()].filter(isWaiting)];
  }

  async function flushBook(book: Book): Promise<void> {
    while (isWaiting(book)) {
      if (!book.inFlight) {
        const deltas = [...book.pending.values()].slice(0, unitsAtOnce);
        for (const { unit } of deltas) book.pending.delete(unit);
        book.inFlight = { seq: ++seq, deltas };
      }
      await write(book, book.inFlight);
      pending -= book.inFlight.deltas.length;
      book.inFlight = undefined;
      // Between two transactions the event loop is somebody else's.
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  async function write(book: Book, batch: NonNullable<Book["inFlight"]>): Promise<void> {
    const { comparison } = book;
    const fields = batch.deltas.map(({ unit }) => unitField(hashOf(comparison.id, unit)));
    book.incarnation = await ledger.update(spaceOf(comparison), [totalsField, ...fields], ([stored, ...values]) => {
      const totals = readTotals(stored) ?? fresh(book);
      if (!noteFlush(totals, book.id, batch.seq, clock.now())) return { result: totals.incarnation };
      const known = values.map((value) => (value === undefined ? undefined : (JSON.parse(value) as UnitRecord)));
      const records = mergeUnits(totals, known, batch.deltas, comparison.metrics, maxUnits);
      const set: Record<string, string> = { [totalsField]: writeTotals(totals) };
      for (const [index, record] of records.entries()) {
        if (record) set[fields[index] as string] = JSON.stringify(record);
      }
      return { set, result: totals.incarnation };
    });
  }

  /** Totals that this process has written to and that are gone were lost; whoever reads the new ones is told. */
  function fresh(book: Book): ComparisonTotals {
    const totals = newTotals(randomUUID(), clock.now());
    return book.incarnation === undefined ? totals : { ...totals, lostAt: clock.now() };
  }

  async function flushAll(): Promise<void> {
    for (const book of [...ending, ...books]) {
      try {
        await flushBook(book);
      } catch (error) {
        failedFlushes++;
        failures.report("effects flush", error);
      }
    }
    ending = ending.filter(isWaiting);
  }

  return {
    record,
    compare,
    flush() {
      flushing ??= flushAll().finally(() => {
        flushing = undefined;
      });
      return flushing;
    },
    stats: () => ({ pending, dropped, crossed, unitMissing, failedFlushes }),
  };
}

function isWaiting(book: Book): boolean {
  return book.inFlight !== undefined || book.pending.size > 0;
}

function identityOf({ id, metrics }: MeasuredComparison): string {
  return [id, ...metrics.map(({ key }) => key)].join(" ");
}

/** Units are people: the ledger knows them by a hash alone. */
function hashOf(comparison: string, unit: string): string {
  return createHash("sha256").update(`${comparison}\n${unit}`).digest("base64url").slice(0, 20);
}
