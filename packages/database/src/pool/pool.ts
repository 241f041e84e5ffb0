import { systemClock } from "@flyball/core";
import type { Pool, PoolOptions, QueryOptions, QueryResult, QueryValue } from "../types.ts";
import { beginCall } from "./call.ts";
import type { Connection } from "./driver.ts";
import type { Lane } from "./lane.ts";
import { operationNamer, recordOperations } from "./operation.ts";
import { streamRows } from "./stream.ts";
import { runTransaction } from "./transaction.ts";

/** Where reads and where writes go; one lane may be both. */
export interface Lanes {
  readonly read: Lane;
  readonly write: Lane;
}

/** The pool over an engine's lanes: patience, measuring and transactions are the same for every engine. */
export function poolOver({ read, write }: Lanes, options: PoolOptions): Pool {
  const { name = "primary", timeoutMs = 10_000, transactionTimeoutMs = 30_000, clock = systemClock } = options;
  const { driver } = write;
  const lanes = read === write ? [write] : [read, write];
  const operations = recordOperations(options.telemetry, driver.engine, name);
  const nameOf = operationNamer();
  let closing: Promise<unknown> | undefined;

  async function within<T>(
    lane: Lane,
    operation: string,
    { timeoutMs: most = timeoutMs, signal }: QueryOptions,
    work: (connection: Connection) => Promise<T>,
  ): Promise<T> {
    const call = beginCall({ what: `database operation ${operation}`, timeoutMs: most, signal, clock });
    try {
      return await lane.use(call, work);
    } finally {
      call.end();
    }
  }

  function ask(lane: Lane, sql: string, values: readonly QueryValue[], options: QueryOptions): Promise<QueryResult> {
    const operation = nameOf(sql, options.name);
    return operations.measure(
      operation,
      () => within(lane, operation, options, (connection) => connection.run(sql, values)),
      (result) => result.rowCount,
    );
  }

  const sum = (count: (lane: Lane) => number): number => lanes.reduce((total, lane) => total + count(lane), 0);
  return {
    name,
    engine: driver.engine,
    identity: driver.identity,
    read: async <Row extends object>(sql: string, values: readonly QueryValue[] = [], options: QueryOptions = {}) =>
      (await ask(read, sql, values, options)).rows as Row[],
    write: <Row extends object>(sql: string, values: readonly QueryValue[] = [], options: QueryOptions = {}) =>
      ask(write, sql, values, options) as Promise<QueryResult<Row>>,
    transaction(work, options = {}) {
      const { isolation, signal, timeoutMs: most = transactionTimeoutMs } = options;
      const operation = nameOf("", options.name ?? "transaction");
      return operations.measure(operation, async () => {
        const call = beginCall({ what: `database operation ${operation}`, timeoutMs: most, signal, clock });
        const setup = {
          engine: driver.engine,
          begin: driver.begin(isolation),
          operations,
          nameOf,
          timeoutMs,
          transactionTimeoutMs,
        };
        try {
          return await write.use(call, (connection) => runTransaction(setup, call, connection, work));
        } finally {
          call.end();
        }
      });
    },
    stream: <Row extends object>(sql: string, values: readonly QueryValue[] = [], options = {}) =>
      streamRows<Row>({ lane: read, operations, nameOf, timeoutMs, clock }, sql, values, options),
    stats: () => ({
      inUse: sum((lane) => lane.inUse),
      most: sum((lane) => lane.most),
      waiting: sum((lane) => lane.waiting),
      refused: sum((lane) => lane.refused),
      interrupted: sum((lane) => lane.interrupted),
    }),
    async close(closeTimeoutMs = 2_000) {
      closing ??= Promise.all(lanes.map((lane) => lane.close(closeTimeoutMs)));
      await closing;
    },
  };
}
