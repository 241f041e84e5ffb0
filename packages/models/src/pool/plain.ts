import { type Clock, systemClock } from "@flyball/core";
import { Pool } from "undici";
import { countingConnector } from "./counting-connector.ts";
import type { Transport } from "./transport.ts";
import { closeAll, sendThrough } from "./undici.ts";

/** The plain path: every request opens a connection of its own and closes it. */
export function createPlainTransport(
  origin: string,
  options: { readonly connectTimeoutMs?: number; readonly clock?: Clock } = {},
): Transport {
  const connector = countingConnector(options.connectTimeoutMs ?? 10_000, false);
  const pool = new Pool(origin, {
    connect: connector.connect,
    allowH2: false,
    // Zero turns keep-alive off in undici; without a limit of connections nothing ever waits.
    pipelining: 0,
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  let requests = 0;
  return {
    kind: "plain",
    send(request) {
      requests++;
      return sendThrough(pool, request);
    },
    stats() {
      const { connected, running, pending } = pool.stats;
      const connections = connector.opened;
      return {
        requests,
        connections,
        reused: Math.max(0, requests - connections),
        open: connected,
        active: running,
        waiting: pending,
      };
    },
    close: (graceMs = 5000) => closeAll([pool], graceMs, options.clock ?? systemClock),
  };
}
