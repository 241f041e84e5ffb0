import { ConfigurationError, systemClock } from "@flyball/core";
import type { ClientConfig } from "pg";
import type { Pool, PoolOptions } from "../types.ts";
import { createLane } from "./lane.ts";
import { poolOver } from "./pool.ts";
import { postgresDriver } from "./postgres-driver.ts";
import { atLeast, wholeNumber } from "./settings.ts";

export interface PostgresPoolOptions extends PoolOptions {
  /** `postgres://user:password@host:port/database`. Either this or the parts below. */
  readonly url?: string;
  readonly host?: string;
  /** Default 5432. */
  readonly port?: number;
  readonly user?: string;
  /** The password, or how to get one when a connection is made. */
  readonly password?: string | (() => string | Promise<string>);
  readonly database?: string;
  /** TLS, as `pg` takes it. Default off, or what the URL says. */
  readonly ssl?: ClientConfig["ssl"];
  /** Shown in the server's list of connections. Default `flyball`. */
  readonly applicationName?: string;
  /** Most connections. Default 10. */
  readonly most?: number;
  /** An idle connection is closed after this time, milliseconds. Default 30,000. */
  readonly idleMs?: number;
  /** A connection is replaced after this time, milliseconds, so that failovers and new addresses are found. Default one hour. */
  readonly lifetimeMs?: number;
  /** How long a statement that was asked to stop may take to do so before its connection is broken off. Default 1,000. */
  readonly graceMs?: number;
}

/**
 * A pool of connections to one PostgreSQL server. Nothing is connected before the first statement.
 * @throws ConfigurationError
 */
export function createPostgresPool(options: PostgresPoolOptions): Pool {
  const { name = "primary", clock = systemClock } = options;
  const client = clientConfig(options);
  const most = wholeNumber("database.most", options.most ?? 10, 1);
  const acquireTimeoutMs = atLeast("database.acquireTimeoutMs", options.acquireTimeoutMs ?? 2_000, 1);
  const driver = postgresDriver({
    client,
    identity: identityOf(client),
    most,
    connectTimeoutMs: acquireTimeoutMs,
    idleMs: atLeast("database.idleMs", options.idleMs ?? 30_000, 1),
    lifetimeMs: atLeast("database.lifetimeMs", options.lifetimeMs ?? 3_600_000, 1_000),
    graceMs: atLeast("database.graceMs", options.graceMs ?? 1_000, 1),
    clock,
  });
  const queueMost = wholeNumber("database.queueMost", options.queueMost ?? 1_000, 0);
  const lane = createLane({ driver, name, most, queueMost, acquireTimeoutMs, clock });
  return poolOver({ read: lane, write: lane }, options);
}

function clientConfig({
  url,
  host,
  port,
  user,
  password,
  database,
  ssl,
  applicationName,
}: PostgresPoolOptions): ClientConfig {
  const shared = { application_name: applicationName ?? "flyball", ...(ssl === undefined ? {} : { ssl }) };
  if (url !== undefined) {
    if (!/^postgres(ql)?:\/\//.test(url) || !URL.canParse(url)) {
      // The URL is not repeated: it may hold a password.
      throw new ConfigurationError("database.url", "…", "postgres://user:password@host:port/database");
    }
    return { connectionString: url, ...shared };
  }
  if (host === undefined) throw new ConfigurationError("database", undefined, "a `url` or a `host`");
  return { host, port: port ?? 5432, user, password, database, ...shared };
}

function identityOf({ connectionString, host, port, database, user }: ClientConfig): string {
  if (connectionString === undefined) return `${user ?? ""}@${host}:${port}/${database ?? user ?? ""}`;
  const url = new URL(connectionString);
  return `${url.username}@${url.hostname}:${url.port || 5432}${url.pathname}`;
}
