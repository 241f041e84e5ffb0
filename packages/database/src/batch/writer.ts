import { toError } from "@flyball/core";
import { DatabaseError } from "../errors.ts";
import type { Queryable } from "../types.ts";
import { checkCount } from "./align.ts";
import { type BatchOptions, collect, type ScopeOptions } from "./collect.ts";

export interface BatchWriterOptions<Item, Answer> extends BatchOptions {
  /**
   * Writes all items, with as few statements as may be (see `insertRows`), and gives one answer per item, in their
   * order, or nothing. Runs in a transaction.
   */
  readonly write: (database: Queryable, items: readonly Item[]) => Promise<readonly Answer[] | undefined>;
}

/** Writes handed over one by one and stored together. */
export interface WriterScope<Item, Answer> {
  /** Resolves when the item is stored. */
  write(item: Item): Promise<Answer>;
  writeMany(items: readonly Item[]): Promise<Answer[]>;
}

export interface BatchWriter<Item, Answer> {
  /** `database` is what it writes to: a pool, a session or a transaction. */
  scope(database: Queryable, options?: ScopeOptions): WriterScope<Item, Answer>;
}

/**
 * Batches writes. A batch that the database refuses for what is in it (a constraint, a value) is rolled back and its
 * items are written one by one, so that one bad item fails alone; any other failure is everybody's.
 */
export function batchWriter<Item, Answer = undefined>(
  options: BatchWriterOptions<Item, Answer>,
): BatchWriter<Item, Answer> {
  const { name } = options;

  function writeAll(database: Queryable, items: readonly Item[]): Promise<readonly Answer[]> {
    return database.transaction(
      async (transaction) => {
        const answers = await options.write(transaction, items);
        if (answers === undefined) return new Array<Answer>(items.length);
        checkCount(name, items, answers);
        return answers;
      },
      { name },
    );
  }

  async function writeEach(database: Queryable, items: readonly Item[]): Promise<(Answer | Error)[]> {
    const answers: (Answer | Error)[] = [];
    // One after another: side by side they would take the whole pool.
    for (const item of items) {
      answers.push(
        await writeAll(database, [item]).then(
          ([answer]) => answer as Answer,
          (error: unknown) => toError(error),
        ),
      );
    }
    return answers;
  }

  return {
    scope(database, { batch = true } = {}) {
      const loader = collect<Item, Answer>({
        ...options,
        batch,
        identify: undefined,
        async work(items) {
          try {
            return await writeAll(database, items);
          } catch (error) {
            if (items.length === 1 || !isAboutItems(error)) throw error;
            return await writeEach(database, items);
          }
        },
      });
      return {
        write: (item) => loader.load(item),
        writeMany: (items) => Promise.all(items.map((item) => loader.load(item))),
      };
    },
  };
}

function isAboutItems(error: unknown): boolean {
  return (
    error instanceof DatabaseError && (error.code === "database_constraint" || error.code === "database_value_refused")
  );
}
