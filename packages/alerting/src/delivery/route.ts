import type { Alert } from "../alert.ts";
import { type AlertMatcher, matches } from "./silence.ts";

/** Which channels are told of which alerts. */
export interface Route {
  readonly match?: AlertMatcher;
  readonly channels: readonly string[];
  /** Alerts that share these labels are put into one message; `alert` and `severity` are labels here. Default none:
   * everything that is due together is one message. */
  readonly groupBy?: readonly string[];
  /** Go on to later routes after this one fitted. Default false. */
  readonly continue?: boolean;
}

/** One channel's share of an alert: alerts of one bundle may share a message. */
export interface Destination {
  readonly channel: string;
  readonly bundle: string;
}

/** The destinations of an alert, each channel once. */
export function destinations(routes: readonly Route[], alert: Alert): Destination[] {
  const byChannel = new Map<string, Destination>();
  for (const [index, route] of routes.entries()) {
    if (route.match && !matches(route.match, alert)) continue;
    const bundle = JSON.stringify([index, ...(route.groupBy ?? []).map((key) => labelIn(alert, key))]);
    for (const channel of route.channels) if (!byChannel.has(channel)) byChannel.set(channel, { channel, bundle });
    if (!route.continue) break;
  }
  return [...byChannel.values()];
}

function labelIn(alert: Alert, key: string): string {
  if (key === "alert") return alert.name;
  if (key === "severity") return alert.severity;
  return alert.labels[key] ?? "";
}
