/** Nearest-rank percentile: the smallest value that at least a share `q` of the values does not exceed. */
export function percentile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? Number.NaN;
}

export interface StepTime {
  readonly step: string;
  readonly count: number;
  readonly mean: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

/** Collects durations by step, milliseconds. */
export function createStepTimes(): {
  add(step: string, milliseconds: number): void;
  totals(scale: number): StepTime[];
} {
  const durations = new Map<string, number[]>();
  return {
    add(step, milliseconds) {
      const known = durations.get(step);
      if (known) known.push(milliseconds);
      else durations.set(step, [milliseconds]);
    },
    /** Times divided by `scale`: in a measurement at 1/20 of the reference's speed, seconds of the reference. */
    totals: (scale) =>
      [...durations].map(([step, values]) => ({
        step,
        count: values.length,
        mean: values.reduce((sum, value) => sum + value, 0) / values.length / scale,
        p50: percentile(values, 0.5) / scale,
        p95: percentile(values, 0.95) / scale,
        p99: percentile(values, 0.99) / scale,
      })),
  };
}
