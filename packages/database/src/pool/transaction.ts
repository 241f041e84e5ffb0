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
  readonly timeoutMs: number;
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

  function ask(sql: string, values: readonly QueryValue[] = [], options: QueryOptions = {}): Promise<QueryResult> {
    if (ended) return Promise.reject(endedError());
    const { timeoutMs = setup.timeoutMs, signal } = options;
    const name = nameOf(sql, options.name);
    const own = beginCall({ what: `database operation ${name}`, timeoutMs, signal, clock: call.clock });
    // What it began cannot be told from the rest of the transaction any more, so the whole leaves with it.
    const takeBack = own.onLeave((why) => call.leave(why));
    return operations
      .measure(
        name,
        () => unlessLeft(call, statement(sql, values)),
        (result) => result.rowCount,
      )
      .finally(() => {
        takeBack();
        own.end();
      });
  }

  async function nested<U>(inner: (transaction: Transaction) => Promise<U>, _options?: TransactionOptions): Promise<U> {
    const savepoint = `flyball_${++savepoints}`;
    await statement(`SAVEPOINT ${savepoint}`, []);
    try {
      const value = await inner(transaction);
      await statement(`RELEASE SAVEPOINT ${savepoint}`, []);
      return value;
    } catch (error) {
      if (!call.left) {
        await statement(`ROLLBACK TO SAVEPOINT ${savepoint}`, []);
        await statement(`RELEASE SAVEPOINT ${savepoint}`, []);
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
