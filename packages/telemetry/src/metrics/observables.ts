import type {
  Attributes,
  BatchObservableCallback,
  HrTime,
  Observable,
  ObservableCallback,
  ObservableResult,
} from "@opentelemetry/api";
import { NumberCell } from "./cells.ts";
import type { CollectedMetric } from "./collected.ts";
import { type InstrumentSetup, type NumberSort, shapeOf } from "./instruments.ts";
import { SeriesTable } from "./series-table.ts";

/** An instrument that is asked for its values at each collection. */
export class SeriesObservable implements Observable {
  readonly setup: InstrumentSetup;
  readonly sort: NumberSort;
  readonly #callbacks: Callbacks;

  constructor(setup: InstrumentSetup, sort: NumberSort, callbacks: Callbacks) {
    this.setup = setup;
    this.sort = sort;
    this.#callbacks = callbacks;
  }

  addCallback(callback: ObservableCallback): void {
    this.#callbacks.add(callback, [this], (reading) => callback(reading.resultOf(this)));
  }

  removeCallback(callback: ObservableCallback): void {
    this.#callbacks.remove(callback, [this]);
  }
}

interface Registration {
  readonly callback: unknown;
  readonly observables: readonly Observable[];
  readonly run: (reading: Reading) => void | Promise<void>;
}

/** The callbacks of one meter, each at most once per set of instruments. */
export class Callbacks {
  readonly #registrations: Registration[] = [];

  add(callback: unknown, observables: readonly Observable[], run: Registration["run"]): void {
    this.remove(callback, observables);
    this.#registrations.push({ callback, observables, run });
  }

  addBatch(callback: BatchObservableCallback, observables: readonly Observable[]): void {
    this.add(callback, observables, (reading) =>
      callback({ observe: (observable, value, attributes) => reading.observe(observable, value, attributes) }),
    );
  }

  remove(callback: unknown, observables: readonly Observable[]): void {
    const index = this.#registrations.findIndex(
      (one) =>
        one.callback === callback &&
        one.observables.length === observables.length &&
        one.observables.every((observable) => observables.includes(observable)),
    );
    if (index >= 0) this.#registrations.splice(index, 1);
  }

  /** Every callback, begun; each settles by itself, so one that throws or hangs costs only its own values. */
  run(reading: Reading): Promise<void>[] {
    return this.#registrations.map(async (registration) => registration.run(reading));
  }
}

/** The values of one collection. Series that were not observed this time are not reported. */
export class Reading {
  readonly #tables = new Map<Observable, SeriesTable<NumberCell>>();

  resultOf(observable: SeriesObservable): ObservableResult {
    return { observe: (value, attributes) => this.observe(observable, value, attributes) };
  }

  observe(observable: Observable, value: number, attributes: Attributes = {}): void {
    if (!(observable instanceof SeriesObservable)) return;
    if (typeof value !== "number") {
      observable.setup.refuse();
      return;
    }
    let table = this.#tables.get(observable);
    if (!table) {
      table = new SeriesTable(observable.setup.seriesLimit, () => new NumberCell());
      this.#tables.set(observable, table);
    }
    table.cell(attributes).value = value;
  }

  collect(startTime: HrTime, endTime: HrTime): CollectedMetric[] {
    return Array.from(this.#tables, ([observable, table]) => {
      const { setup, sort } = observable as SeriesObservable;
      const dataPoints = Array.from(table.entries(), ({ attributes, cell }) => ({
        attributes,
        startTime,
        endTime,
        value: cell.value,
      }));
      return { descriptor: setup.descriptor, ...shapeOf(sort), dataPoints };
    });
  }
}
