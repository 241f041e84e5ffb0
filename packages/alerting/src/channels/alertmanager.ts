import { type Clock, systemClock } from "@flyball/core";
import type { Alert } from "../alert.ts";
import { checkedUrl, post } from "./post.ts";
import type { Channel } from "./types.ts";

export interface AlertmanagerChannelOptions {
  /** Where Alertmanager listens, with its path prefix if it has one. */
  readonly url: string;
  /** Default `alertmanager`. */
  readonly name?: string;
  /** Labels put on every alert, for example the environment. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  /**
   * How long Alertmanager takes an alert for firing without hearing of it again, milliseconds. Default 24 hours; it
   * has to be longer than the repeat interval. A process that dies for good is forgotten after it.
   */
  readonly lastsMs?: number;
  readonly clock?: Clock;
}

/** Hands alerts over to a Prometheus Alertmanager (its v2 API), which then groups, silences and notifies by itself. */
export function alertmanagerChannel(options: AlertmanagerChannelOptions): Channel {
  const { name = "alertmanager", labels = {}, headers = {}, lastsMs = 86_400_000, clock = systemClock } = options;
  const url = `${checkedUrl("alertmanager.url", options.url).replace(/\/+$/, "")}/api/v2/alerts`;

  const toPostable = (alert: Alert) => ({
    labels: { ...alert.labels, ...labels, alertname: alert.name, severity: alert.severity },
    annotations: {
      summary: alert.summary,
      description: alert.text,
      ...(alert.runbook === undefined ? {} : { runbook_url: alert.runbook }),
      ...(alert.trace === undefined ? {} : { trace_id: alert.trace.traceId }),
      ...(alert.trace?.url === undefined ? {} : { trace_url: alert.trace.url }),
    },
    startsAt: new Date(alert.firedAt).toISOString(),
    endsAt: new Date(
      alert.status === "resolved" ? (alert.endedAt ?? clock.now()) : clock.now() + lastsMs,
    ).toISOString(),
  });

  return {
    name,
    maxAlerts: 100,
    async send({ alerts }, signal) {
      // It has no use for a watchdog's or a test's text.
      if (alerts.length > 0) await post(url, JSON.stringify(alerts.map(toPostable)), headers, signal);
    },
  };
}
