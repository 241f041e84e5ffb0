import type { Clock } from "@flyball/core";
import type { QueryValue, StreamOptions } from "../types.ts";
import { beginCall, type Call, unlessLeft } from "./call.ts";
import type { Cursor } from "./driver.ts";
import type { Lane } from "./lane.ts";
import { endFailed, endOk, type Operations } from "./operation.ts";

export interface StreamSetup {
  readonly lane: Lane;
  readonly operations: Operations;
  readonly nameOf: (sql: string, name: string | undefined) => string;
  readonly timeoutMs: number;
  readonly clock: Clock;
}

/** Rows of one statement, a batch at a time, on a connection held until the loop ends. */
export async function* streamRows<Row extends object>(
  setup: StreamSetup,
  sql: string,
  values: readonly QueryValue[],
  { name, timeoutMs = setup.timeoutMs, signal, batchRows = 500 }: StreamOptions,
): AsyncGenerator<Row, undefined, undefined> {
  const operation = setup.operations.begin(setup.nameOf(sql, name));
  const what = `database operation ${setup.nameOf(sql, name)}`;
  const call = beginCall({ what, timeoutMs, signal, clock: setup.clock });
  let rows = 0;
  let failure: { readonly error: unknown } | undefined;
  let held: Held | undefined;
  try {
    held = await hold(setup.lane, call, sql, values);
    for (;;) {
      call.restart();
      const batch = await unlessLeft(call, held.cursor.next(batchRows));
      if (batch.length === 0) return;
      rows += batch.length;
      // The reader's own time with the rows is not the database's.
      call.pause();
      yield* batch as Row[];
    }
  } catch (error) {
    failure = { error };
    throw error;
  } finally {
    held?.release();
    call.end();
    if (failure) endFailed(operation, failure.error);
    else endOk(operation, rows);
  }
}

interface Held {
  readonly cursor: Cursor;
  release(): void;
}

/** Opens the cursor and keeps its connection until `release`, or until the caller leaves. */
function hold(lane: Lane, call: Call, sql: string, values: readonly QueryValue[]): Promise<Held> {
  return new Promise((resolve, reject) => {
    const done = Promise.withResolvers<void>();
    lane
      .use(call, async (connection) => {
        const cursor = await connection.open(sql, values);
        resolve({ cursor, release: done.resolve });
        call.onLeave(() => done.resolve());
        await done.promise;
        await cursor.close(call.left !== undefined);
      })
      .catch(reject);
  });
}
