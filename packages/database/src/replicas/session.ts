import type { Pool, Queryable, QueryValue, ReadOptions, Transaction, TransactionOptions } from "../types.ts";
import type { Position } from "./position.ts";

/** One user's view of a primary and its replicas, for as long as a request or a conversation. */
export interface Session extends Queryable {
  /**
   * Where the primary was after this session's last write, to be handed to the next request of the same user, for
   * example in a cookie; undefined when nothing was written, or when it cannot be found out.
   */
  position(): Promise<string | undefined>;
}

export interface SessionSetup {
  readonly primary: Pool;
  readonly readAfter: <Row extends object>(
    after: Position | undefined,
    sql: string,
    values: readonly QueryValue[],
    options: ReadOptions,
  ) => Promise<Row[]>;
  readonly askPrimary: () => Promise<Position | undefined>;
  readonly format: (position: Position) => string;
}

export function createSession(setup: SessionSetup, start: Position | undefined): Session {
  const { primary, readAfter, askPrimary, format } = setup;
  /** Where the primary was after the last write; undefined inside while it cannot be found out. */
  let after: Promise<Position | undefined> = Promise.resolve(start);
  let written = start !== undefined;
  let dirty = false;

  /** Asked by the first read after a write, not by the write: sessions that only write pay nothing. */
  function required(): Promise<Position | undefined> {
    if (dirty) {
      dirty = false;
      after = askPrimary().then((position) => {
        if (position === undefined) dirty = true;
        return position;
      });
    }
    return after;
  }

  async function writing<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } finally {
      // Also when it failed: a connection that broke in the middle may have stored it.
      dirty = true;
      written = true;
    }
  }

  return {
    engine: primary.engine,
    async read<Row extends object>(sql: string, values: readonly QueryValue[] = [], options: ReadOptions = {}) {
      if (!written || options.fresh) return await readAfter<Row>(undefined, sql, values, options);
      const position = await required();
      if (position === undefined) return await primary.read<Row>(sql, values, options);
      return await readAfter<Row>(position, sql, values, options);
    },
    write: (sql, values, options) => writing(primary.write(sql, values, options)),
    transaction: <T>(work: (transaction: Transaction) => Promise<T>, options?: TransactionOptions) =>
      writing(primary.transaction(work, options)),
    async position() {
      if (!written) return undefined;
      const position = await required();
      return position === undefined ? undefined : format(position);
    },
  };
}
