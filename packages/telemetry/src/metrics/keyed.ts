import type { MetricDefinition } from "../names.ts";
import type { InstrumentFactory } from "./instrument-factory.ts";
import { LabelSet } from "./label-set.ts";

type Key = readonly (string | undefined)[];

/** A counter whose label values are given with each increase, where one outcome makes several. */
export function keyedCounter(
  instruments: InstrumentFactory,
  definition: MetricDefinition,
  names: readonly string[],
): (by: number, ...values: Key) => void {
  const set = keyedLabels(names, instruments.seriesLimit);
  const counter = instruments.rawCounter(definition);
  return (by, ...values) => counter.add(by, set.attributesOf(values));
}

/** A histogram whose label values are given with each observation. */
export function keyedHistogram(
  instruments: InstrumentFactory,
  definition: MetricDefinition,
  names: readonly string[],
): (value: number, ...values: Key) => void {
  const set = keyedLabels(names, instruments.seriesLimit);
  const histogram = instruments.rawHistogram(definition);
  return (value, ...values) => histogram.record(value, set.attributesOf(values));
}

function keyedLabels(names: readonly string[], limit: number): LabelSet<Key> {
  return new LabelSet<Key>(
    Object.fromEntries(names.map((name, index) => [name, (values: Key) => values[index]])),
    limit,
  );
}
