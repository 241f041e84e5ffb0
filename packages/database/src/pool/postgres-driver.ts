import type { ClientConfig, Pool as PgPool, PoolClient } from "pg";
import { DatabaseError } from "../errors.ts";
import type { Driver } from "./driver.ts";
import { type PostgresConnection, type PostgresConnectionSetup, postgresConnection } from "./postgres-connection.ts";
import { toConnectError } from "./postgres-errors.ts";

export interface PostgresDriverSetup extends PostgresConnectionSetup {
  readonly client: ClientConfig;
  readonly most: number;
  readonly connectTimeoutMs: number;
  readonly idleMs: number;
  readonly lifetimeMs: number;
}

/** Connections of `pg`, kept by its own pool, which never has to queue: the lane in front lets no more in. */
export function postgresDriver(setup: PostgresDriverSetup): Driver {
  const { identity } = setup;
  const connections = new WeakMap<PoolClient, PostgresConnection>();
  const out = new Set<PoolClient>();
  let pool: Promise<PgPool> | undefined;
  let closed = false;

  async function open(): Promise<PgPool> {
    // Loaded when the first statement comes, so that a service that never asks PostgreSQL does not load it.
    const { default: pg } = await import("pg");
    const opened = new pg.Pool({
      ...setup.client,
      max: setup.most,
      connectionTimeoutMillis: setup.connectTimeoutMs,
      idleTimeoutMillis: setup.idleMs,
      maxLifetimeSeconds: setup.lifetimeMs / 1000,
      allowExitOnIdle: true,
    });
    // A connection that dies while idle is dropped by the pool; the next caller gets a new one.
    opened.on("error", () => {});
    return opened;
  }

  function connectionOf(client: PoolClient): PostgresConnection {
    let connection = connections.get(client);
    if (!connection) {
      connection = postgresConnection(client, setup);
      connections.set(client, connection);
      // One that dies at work rejects its statement; without a listener the event would end the process.
      client.on("error", () => {});
    }
    return connection;
  }

  return {
    engine: "postgres",
    identity,
    begin: (isolation) => (isolation === undefined ? "BEGIN" : `BEGIN ISOLATION LEVEL ${isolation}`),
    async connect() {
      if (closed)
        throw new DatabaseError("database_closed", `The pool of ${identity} is closed`, { subject: identity });
      pool ??= open();
      try {
        const client = await (await pool).connect();
        out.add(client);
        return connectionOf(client);
      } catch (thrown) {
        throw toConnectError(thrown, identity);
      }
    },
    release(connection, interrupted) {
      const { client, reusable } = connection as PostgresConnection;
      const giveBack = (usable: boolean): void => {
        out.delete(client);
        client.release(!usable);
      };
      const usable = reusable(interrupted);
      return typeof usable === "boolean" ? giveBack(usable) : usable.then(giveBack);
    },
    async close() {
      closed = true;
      const ending = (await pool)?.end();
      // What is still at work ran out of its time to finish.
      for (const client of out) void connections.get(client)?.rollback(true);
      await ending;
    },
  };
}
