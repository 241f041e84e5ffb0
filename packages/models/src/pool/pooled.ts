import { type Clock, ConfigurationError, systemClock } from "@flyball/core";
import { Pool } from "undici";
import { countingConnector } from "./counting-connector.ts";
import type { Transport } from "./transport.ts";
import { closeAll, sendThrough } from "./undici.ts";

export interface PoolOptions {
  /** Connections kept open between requests. Default 20. */
  readonly keepAlive?: number;
  /** Most connections at once; further requests wait. Default 50. */
  readonly connections?: number;
  /** How long an idle connection is kept, milliseconds, unless the server asks for less. Default 30,000. */
  readonly idleMs?: number;
  /** Milliseconds for opening a connection. Default 10,000. */
  readonly connectTimeoutMs?: number;
  /** Use HTTP/2 where the server offers it over TLS. Default true. */
  readonly http2?: boolean;
  readonly clock?: Clock;
}

/**
 * Reuses connections to one origin. Undici's pool has one limit, so two pools stand behind it: `kept` holds the
 * connections that stay open, `extra` those beyond, which close after their request. Peaks are therefore served
 * at `connections` wide, and what lies idle afterwards is at most `keepAlive`.
 */
export function createPooledTransport(origin: string, options: PoolOptions = {}): Transport {
  const keepAlive = positive("pool.keepAlive", options.keepAlive ?? 20);
  const connections = positive("pool.connections", options.connections ?? 50);
  if (keepAlive > connections) throw new ConfigurationError("pool.keepAlive", keepAlive, `at most ${connections}`);
  const clock = options.clock ?? systemClock;
  const allowH2 = options.http2 ?? true;
  const connector = countingConnector(options.connectTimeoutMs ?? 10_000, allowH2);
  // Deadlines are the caller's signal: undici's own timeouts would end a long, healthy answer.
  const shared = { connect: connector.connect, allowH2, headersTimeout: 0, bodyTimeout: 0 };
  const idleMs = options.idleMs ?? 30_000;
  const idle = { keepAliveTimeout: idleMs, keepAliveMaxTimeout: idleMs };
  const kept = new Pool(origin, { ...shared, ...idle, connections: keepAlive });
  const extra =
    connections > keepAlive
      ? new Pool(origin, { ...shared, connections: connections - keepAlive, pipelining: 0 })
      : undefined;
  let requests = 0;

  /** Beyond what is kept, unless the server multiplexes or everything is taken: then one waits for a kept one. */
  function choose(): Pool {
    if (!extra || connector.http2 || kept.stats.size < keepAlive) return kept;
    return extra.stats.size < connections - keepAlive ? extra : kept;
  }

  return {
    kind: "pooled",
    send(request) {
      requests++;
      return sendThrough(choose(), request);
    },
    stats() {
      const stats = extra ? [kept.stats, extra.stats] : [kept.stats];
      const sum = (key: "connected" | "running" | "pending"): number => stats.reduce((all, one) => all + one[key], 0);
      return {
        requests,
        connections: connector.opened,
        reused: Math.max(0, requests - connector.opened),
        open: sum("connected"),
        active: sum("running"),
        waiting: sum("pending"),
      };
    },
    close: (graceMs = 5000) => closeAll(extra ? [kept, extra] : [kept], graceMs, clock),
  };
}

function positive(path: string, value: number): number {
  if (!Number.isInteger(value) || value < 1) throw new ConfigurationError(path, value, "a positive integer");
  return value;
}
