import { toError } from "@flyball/core";
import { DatabaseError } from "../errors.ts";
import type { Engine, QueryOptions, QueryResult, QueryValue, Transaction, TransactionOptions } from "../types.ts";
import { beginCall, type Call, unlessLeft } from "./call.ts";
import type { Connection } from "./driver.ts";
import type { Operations } from "./operation.ts";

export interface TransactionSetup {
  readonly engine: Engine;
  readonly begin: string;
  readonly operations: Operations;
  readonly nameOf: (sql: string, name: string | undefined) => string;
  /** For one statement. */
  readonly timeoutMs: number;
  readonly transactionTimeoutMs: number;
}

/** Runs `work` in a transaction on the connection, for as long as `call` lasts. */
export async function runTransaction<T>(
  setup: TransactionSetup,
  call: Call,
  connection: Connection,
  work: (transaction: Transaction) => Promise<T>,
): Promise<T> {
  const { engine, operations, nameOf } = setup;
  const gone = new AbortController();
  let savepoints = 0;
  let ended = false;
  // One connection takes one statement at a time; statements begun side by side wait for each other here.
  let last: Promise<unknown> = Promise.resolve();

  function statement(sql: string, values: readonly QueryValue[]): Promise<QueryResult> {
    const next = last.then(() => {
      if (call.left) throw call.left;
      if (ended) throw endedError();
      return connection.run(sql, values);
    });
    last = next.catch(() => {});
    return next;
  }

  /** Runs a part of the transaction with a patience of its own. */
  async function part<T>(name: string, options: QueryOptions, mostMs: number, run: () => Promise<T>): Promise<T> {
    const { timeoutMs = mostMs, signal } = options;
    const own = beginCall({ what: `database operation ${name}`, timeoutMs, signal, clock: call.clock });
    // What it began cannot be told from the rest of the transaction any more, so the whole leaves with it.
    const takeBack = own.onLeave((why) => call.leave(why));
    try {
      return await unlessLeft(call, run());
    } finally {
      takeBack();
      own.end();
    }
  }

  async function ask(
    sql: string,
    values: readonly QueryValue[] = [],
    options: QueryOptions = {},
  ): Promise<QueryResult> {
    if (ended) throw endedError();
    const name = nameOf(sql, options.name);
    return await operations.measure(
      name,
      () => part(name, options, setup.timeoutMs, () => statement(sql, values)),
      (result) => result.rowCount,
    );
  }

  async function nested<U>(
    inner: (transaction: Transaction) => Promise<U>,
    options: TransactionOptions = {},
  ): Promise<U> {
    if (ended) throw endedError();
    const name = nameOf("", options.name ?? "savepoint");
    return await operations.measure(name, () =>
      part(name, options, setup.transactionTimeoutMs, () => inSavepoint(`flyball_${++savepoints}`, inner)),
    );
  }

  async function inSavepoint<U>(savepoint: string, inner: (transaction: Transaction) => Promise<U>): Promise<U> {
    await statement(`SAVEPOINT ${savepoint}`, []);
    try {
      const value = await inner(transaction);
      await statement(`RELEASE SAVEPOINT ${savepoint}`, []);
      return value;
    } catch (error) {
      try {
        await statement(`ROLLBACK TO SAVEPOINT ${savepoint}`, []);
        await statement(`RELEASE SAVEPOINT ${savepoint}`, []);
      } catch {
        // What should be undone is not, so nothing of the transaction may be stored.
        call.leave(toError(error));
      }
      throw error;
    }
  }

  const transaction: Transaction = {
    engine,
    signal: gone.signal,
    read: async <Row extends object>(sql: string, values?: readonly QueryValue[], options?: QueryOptions) =>
      (await ask(sql, values, options)).rows as Row[],
    write: <Row extends object>(sql: string, values?: readonly QueryValue[], options?: QueryOptions) =>
      ask(sql, values, options) as Promise<QueryResult<Row>>,
    transaction: nested,
  };

  call.onLeave((why) => gone.abort(why));
  await connection.run(setup.begin, []);
  try {
    if (call.left) throw call.left;
    const value = await unlessLeft(call, work(transaction));
    // Statements that `work` did not wait for belong to it all the same.
    await last;
    ended = true;
    await connection.commit();
    return value;
  } catch (error) {
    ended = true;
    // One that runs beside the one that failed; when the caller has left it was asked to stop.
    await unlessLeft(call, last).catch(() => {});
    await connection.rollback(call.left !== undefined);
    throw error;
  }
}

function endedError(): DatabaseError {
  return new DatabaseError(
    "database_transaction_ended",
    "The transaction has ended: await what is asked of it inside its work",
  );
}
