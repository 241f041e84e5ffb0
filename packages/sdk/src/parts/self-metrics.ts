import { flyballMetrics, type SeriesMeter, type TelemetryService } from "@flyball/telemetry";

/** What telemetry lost or failed at, on `/metrics`: read at each scrape, free in between. */
export function observeSelf(meter: SeriesMeter, telemetry: TelemetryService): void {
  const { dropped, failures, series } = flyballMetrics;
  const options = ({ description, unit }: { description: string; unit: string }) => ({ description, unit });
  meter.createObservableCounter(dropped.name, options(dropped)).addCallback((result) => {
    for (const [place, count] of Object.entries(telemetry.stats().dropped)) result.observe(count, { place });
  });
  meter.createObservableCounter(failures.name, options(failures)).addCallback((result) => {
    const { failures: counts, failedWrites } = telemetry.stats();
    for (const [cause, count] of Object.entries(counts)) result.observe(count, { cause });
    result.observe(failedWrites, { cause: "database" });
  });
  meter.createObservableGauge(series.name, options(series)).addCallback((result) => {
    result.observe(telemetry.stats().series);
  });
}
