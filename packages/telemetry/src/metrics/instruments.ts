import type { Clock } from "@flyball/core";
import type { Attributes, Context, Counter, Gauge, Histogram, HrTime, UpDownCounter } from "@opentelemetry/api";
import { HistogramCell, NumberCell, type TraceLink } from "./cells.ts";
import { type CollectedMetric, type CollectedPoint, pointType } from "./collected.ts";
import { SeriesTable } from "./series-table.ts";

/** An OpenTelemetry histogram that can be told which trace a value came from. Others ignore the fourth argument. */
export interface LinkedHistogram extends Histogram {
  record(value: number, attributes?: Attributes, context?: Context, link?: TraceLink): void;
}

/** An OpenTelemetry counter that can be told which trace an increase came from. */
export interface LinkedCounter extends Counter {
  add(value: number, attributes?: Attributes, context?: Context, link?: TraceLink): void;
}

export interface InstrumentSetup {
  readonly descriptor: CollectedMetric["descriptor"];
  readonly seriesLimit: number;
  readonly exemplars: boolean;
  readonly clock: Clock;
  /** Called for a value that no instrument may take: not a finite number, or negative where none may be. */
  readonly refuse: () => void;
}

/** An instrument as its meter sees it. */
export interface Instrument {
  collect(startTime: HrTime, endTime: HrTime): CollectedMetric;
}

const noAttributes: Attributes = Object.freeze({});
const cumulative = 1;

export class SeriesHistogram implements LinkedHistogram, Instrument {
  readonly #setup: InstrumentSetup;
  readonly #table: SeriesTable<HistogramCell>;

  constructor(setup: InstrumentSetup, boundaries: readonly number[]) {
    this.#setup = setup;
    this.#table = new SeriesTable(setup.seriesLimit, () => new HistogramCell(boundaries));
  }

  record(value: number, attributes: Attributes = noAttributes, _context?: Context, link?: TraceLink): void {
    // Written so that NaN fails it too.
    if (!(value >= 0 && value < Number.POSITIVE_INFINITY)) {
      this.#setup.refuse();
      return;
    }
    const cell = this.#table.cell(attributes);
    const bucket = cell.record(value);
    if (link !== undefined && this.#setup.exemplars) {
      cell.link(bucket, value, link, this.#setup.clock.now());
    }
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

/** Counters, up-down counters and gauges: one number a series. */
export class SeriesNumber implements LinkedCounter, UpDownCounter, Gauge, Instrument {
  readonly #setup: InstrumentSetup;
  readonly #sort: NumberSort;
  readonly #table: SeriesTable<NumberCell>;

  constructor(setup: InstrumentSetup, sort: NumberSort) {
    this.#setup = setup;
    this.#sort = sort;
    this.#table = new SeriesTable(setup.seriesLimit, () => new NumberCell());
  }

  add(value: number, attributes: Attributes = noAttributes, _context?: Context, link?: TraceLink): void {
    if (!Number.isFinite(value) || (value < 0 && this.#sort === "counter")) {
      this.#setup.refuse();
      return;
    }
    const cell = this.#table.cell(attributes);
    cell.value += value;
    if (link !== undefined && this.#setup.exemplars) cell.link(value, link, this.#setup.clock.now());
  }

  record(value: number, attributes: Attributes = noAttributes): void {
    if (typeof value === "number") this.#table.cell(attributes).value = value;
    else this.#setup.refuse();
  }

  collect(startTime: HrTime, endTime: HrTime): CollectedMetric {
    const dataPoints = Array.from(this.#table.entries(), ({ attributes, cell }) =>
      withExemplars({ attributes, startTime, endTime, value: cell.value }, cell.exemplars()),
    );
    return { descriptor: this.#setup.descriptor, ...shapeOf(this.#sort), dataPoints };
  }
}

export type NumberSort = "counter" | "updown" | "gauge";

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
