import type { Channel, Notice } from "../../src/index.ts";

export interface CollectingChannel extends Channel {
  readonly notices: Notice[];
  /** `firing run-latency`, one for each alert told. */
  readonly told: string[];
  /** What the next sends reject with; then it works again. */
  readonly faults: Error[];
}

/** Keeps what it is sent. */
export function collectingChannel(name = "collect"): CollectingChannel {
  const notices: Notice[] = [];
  const faults: Error[] = [];
  return {
    name,
    notices,
    faults,
    get told() {
      return notices.flatMap(({ kind, alerts }) =>
        alerts.length === 0 ? [kind] : alerts.map((alert) => `${kind} ${alert.name}`),
      );
    },
    async send(notice) {
      const fault = faults.shift();
      if (fault) throw fault;
      notices.push(notice);
    },
  };
}
