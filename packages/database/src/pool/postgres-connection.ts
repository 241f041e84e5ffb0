import type { Clock, Timer } from "@flyball/core";
import type { QueryResult as PgResult, PoolClient, QueryConfig } from "pg";
import { DatabaseError } from "../errors.ts";
import type { QueryResult, QueryValue } from "../types.ts";
import type { Connection, Cursor } from "./driver.ts";
import { sendCancelRequest } from "./postgres-cancel.ts";
import { queryCanceled, sqlState, toStatementError } from "./postgres-errors.ts";

/** What `pg` has and its types leave out. */
interface ClientInternals {
  readonly host: string;
  readonly port: number;
  readonly processID: number | null;
  readonly secretKey: number | null;
  readonly connection: { readonly stream: { destroy(): void } };
}

/** A connection of `pg` that can be stopped. */
export interface PostgresConnection extends Connection {
  readonly client: PoolClient;
  /** Whether the next caller may have it; after an interruption that takes a moment to know. */
  reusable(interrupted: boolean): boolean | Promise<boolean>;
}

export interface PostgresConnectionSetup {
  readonly identity: string;
  /** How long a statement that was asked to stop may take to do so before its connection is broken off, milliseconds. */
  readonly graceMs: number;
  readonly clock: Clock;
}

export function postgresConnection(client: PoolClient, setup: PostgresConnectionSetup): PostgresConnection {
  const { identity, graceMs, clock } = setup;
  const internals = client as unknown as ClientInternals;
  let broken = false;
  let cancelled = false;
  let running = false;
  let grace: Timer | undefined;
  let cancelRequest: Promise<boolean> | undefined;
  let cursors = 0;

  /** Asks the server to stop what runs. A request that overtakes its statement on the way is without effect. */
  function cancel(): void {
    const { host, port, processID, secretKey } = internals;
    if (processID === null || typeof secretKey !== "number") return;
    cancelRequest = sendCancelRequest({ host, port, processId: processID, secretKey }, graceMs);
  }

  /**
   * Only when the statement ended because of the request, and the request is over: the server signals its process
   * twice, and a signal on its way would hit whatever runs here next.
   */
  async function reusableAfterInterruption(): Promise<boolean> {
    if (broken || !cancelled) return false;
    const passedOn = (await cancelRequest) ?? false;
    return passedOn && !broken;
  }

  function destroy(): void {
    broken = true;
    // The server does not notice that nobody listens before it has something to say.
    if (running) cancel();
    internals.connection.stream.destroy();
  }

  async function ask(sql: string, values: readonly QueryValue[]): Promise<PgResult> {
    running = true;
    cancelled = false;
    try {
      // Extended also without values: the simple protocol would take several statements in one text.
      const query = { text: sql, values: values as unknown[], queryMode: "extended" };
      return await client.query(query as QueryConfig<unknown[]>);
    } catch (thrown) {
      cancelled = sqlState(thrown) === queryCanceled;
      const error = toStatementError(thrown, identity);
      broken ||= error.code === "database_connection_lost";
      throw error;
    } finally {
      running = false;
      grace?.cancel();
    }
  }

  async function run(sql: string, values: readonly QueryValue[]): Promise<QueryResult> {
    const { rows, rowCount } = await ask(sql, values);
    return { rows, rowCount: rowCount ?? rows?.length ?? 0 };
  }

  async function rollback(interrupted: boolean): Promise<void> {
    // A cancel request under way could hit whatever runs next here, the rollback as well as another caller's work.
    if (interrupted) return destroy();
    await run("ROLLBACK", []).catch(destroy);
  }

  return {
    client,
    run,
    rollback,
    async commit() {
      // After a failed statement the server answers COMMIT with ROLLBACK and no error.
      const { command } = await ask("COMMIT", []);
      if (command === "COMMIT") return;
      throw new DatabaseError(
        "database_refused",
        "The transaction was rolled back: a statement in it had failed, and its work went on as if it had not",
        { subject: identity },
      );
    },
    async open(sql, values): Promise<Cursor> {
      const cursor = `flyball_cursor_${++cursors}`;
      await run("BEGIN READ ONLY", []);
      try {
        await run(`DECLARE ${cursor} NO SCROLL CURSOR FOR ${sql}`, values);
      } catch (error) {
        await rollback(false);
        throw error;
      }
      return {
        next: async (most) => (await run(`FETCH ${most} FROM ${cursor}`, [])).rows,
        close: rollback,
      };
    },
    interrupt() {
      if (!running) return;
      cancel();
      grace = clock.after(graceMs, destroy);
    },
    reusable: (interrupted) => (interrupted ? reusableAfterInterruption() : !broken),
  };
}
