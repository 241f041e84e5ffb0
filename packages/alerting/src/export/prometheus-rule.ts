/** A recording rule or an alert, as Prometheus' rule files have them. */
export type PrometheusRule =
  | { readonly record: string; readonly expr: string; readonly labels: Readonly<Record<string, string>> }
  | {
      readonly alert: string;
      readonly expr: string;
      readonly for?: string;
      readonly keep_firing_for?: string;
      readonly labels: Readonly<Record<string, string>>;
      readonly annotations: Readonly<Record<string, string>>;
    };

/** `run-latency-high` as Prometheus users write it: `FlyballRunLatencyHigh`. */
export function alertName(name: string): string {
  const words = name.split("-").map((word) => word.charAt(0).toUpperCase() + word.slice(1));
  return `Flyball${words.join("")}`;
}
