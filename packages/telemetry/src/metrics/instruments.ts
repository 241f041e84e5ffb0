import type { Attributes, Counter, Gauge, Histogram, HrTime, UpDownCounter } from "@opentelemetry/api";
import { HistogramCell, NumberCell, type TraceLink } from "./cells.ts";
import { type CollectedMetric, type CollectedPoint, pointType } from "./collected.ts";
import { SeriesTable } from "./series-table.ts";

/**
 * An instrument that keeps exemplars. They are set apart from recording, because whether a trace is kept is often
 * known only when it has ended, and an exemplar whose trace is gone leads nowhere.
 */
export interface Linkable {
  /** Makes `trace` the exemplar of the series, in the bucket of `value`. Counts nothing. */
  link(value: number, attributes: Attributes, trace: TraceLink): void;
}

export interface InstrumentSetup {
  readonly descriptor: CollectedMetric["descriptor"];
  readonly seriesLimit: number;
  readonly exemplars: boolean;
  /** Called for a value that no instrument may take: not a finite number, or negative where none may be. */
  readonly refuse: () => void;
}

/** An instrument as its meter sees it. */
export interface Instrument {
  collect(startTime: HrTime, endTime: HrTime): CollectedMetric;
}

const noAttributes: Attributes = Object.freeze({});
const cumulative = 1;

export class SeriesHistogram implements Histogram, Linkable, Instrument {
  readonly #setup: InstrumentSetup;
  readonly #table: SeriesTable<HistogramCell>;

  constructor(setup: InstrumentSetup, boundaries: readonly number[]) {
    this.#setup = setup;
    this.#table = new SeriesTable(setup.seriesLimit, () => new HistogramCell(boundaries));
  }

  record(value: number, attributes: Attributes = noAttributes): void {
    // Written so that NaN fails it too.
    if (value >= 0 && value < Number.POSITIVE_INFINITY) this.#table.cell(attributes).record(value);
    else this.#setup.refuse();
  }

  link(value: number, attributes: Attributes, trace: TraceLink): void {
    if (this.#setup.exemplars && value >= 0) this.#table.cell(attributes).link(value, trace);
  }

  collect(startTime: HrTime, endTime: HrTime): CollectedMetric {
    const dataPoints = Array.from(this.#table.entries(), ({ attributes, cell }) =>
      withExemplars({ attributes, startTime, endTime, value: cell.snapshot() }, cell.exemplars()),
    );
    return {
      descriptor: this.#setup.descriptor,
      aggregationTemporality: cumulative,
      dataPointType: pointType.histogram,
      dataPoints,
    };
  }
}

export type NumberSort = "counter" | "updown" | "gauge";

/** Counters, up-down counters and gauges: one number a series. */
export class SeriesNumber implements Counter, UpDownCounter, Gauge, Linkable, Instrument {
  readonly #setup: InstrumentSetup;
  readonly #sort: NumberSort;
  readonly #table: SeriesTable<NumberCell>;

  constructor(setup: InstrumentSetup, sort: NumberSort) {
    this.#setup = setup;
    this.#sort = sort;
    this.#table = new SeriesTable(setup.seriesLimit, () => new NumberCell());
  }

  add(value: number, attributes: Attributes = noAttributes): void {
    const fits = Number.isFinite(value) && (value >= 0 || this.#sort !== "counter");
    if (fits) this.#table.cell(attributes).value += value;
    else this.#setup.refuse();
  }

  record(value: number, attributes: Attributes = noAttributes): void {
    if (typeof value === "number") this.#table.cell(attributes).value = value;
    else this.#setup.refuse();
  }

  link(value: number, attributes: Attributes, trace: TraceLink): void {
    if (this.#setup.exemplars) this.#table.cell(attributes).link(value, trace);
  }

  collect(startTime: HrTime, endTime: HrTime): CollectedMetric {
    const dataPoints = Array.from(this.#table.entries(), ({ attributes, cell }) =>
      withExemplars({ attributes, startTime, endTime, value: cell.value }, cell.exemplars()),
    );
    return { descriptor: this.#setup.descriptor, ...shapeOf(this.#sort), dataPoints };
  }
}

/** What a collected metric of this sort says about itself. */
export function shapeOf(
  sort: NumberSort,
): Pick<CollectedMetric, "aggregationTemporality" | "dataPointType" | "isMonotonic"> {
  if (sort === "gauge") return { aggregationTemporality: cumulative, dataPointType: pointType.gauge };
  return { aggregationTemporality: cumulative, dataPointType: pointType.sum, isMonotonic: sort === "counter" };
}

function withExemplars(point: CollectedPoint, exemplars: CollectedPoint["exemplars"]): CollectedPoint {
  return exemplars ? { ...point, exemplars } : point;
}
