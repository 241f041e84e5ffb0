import { DatabaseError } from "../errors.ts";

/** How rows find the keys that they answer. Without it a batch must give one answer per key, in the keys' order. */
export interface Alignment<Key, Row> {
  /** The key that a row answers. */
  readonly keyOf?: ((row: Row) => Key) | undefined;
  /** What makes two keys the same. Default the key itself; give it where keys are objects, dates or lists. */
  readonly identify: (key: Key) => unknown;
}

/** One row per key, in the keys' order; undefined where there is none. @throws DatabaseError `batch_mismatch` */
export function alignOne<Key, Row>(
  name: string,
  keys: readonly Key[],
  rows: readonly Row[],
  { keyOf, identify }: Alignment<Key, Row>,
): (Row | undefined)[] {
  if (!keyOf) {
    checkCount(name, keys, rows);
    return [...rows];
  }
  const found = new Map<unknown, Row>();
  for (const row of rows) {
    const key = identify(keyOf(row));
    if (found.has(key)) throw mismatch(name, "two rows for one key: make the key unique, or load it with `many`");
    found.set(key, row);
  }
  checkAsked(name, found, keys, identify);
  return keys.map((key) => found.get(identify(key)));
}

/** All rows of each key, in the keys' order. @throws DatabaseError `batch_mismatch` */
export function alignMany<Key, Row>(
  name: string,
  keys: readonly Key[],
  rows: readonly Row[],
  keyOf: (row: Row) => Key,
  identify: (key: Key) => unknown,
): Row[][] {
  const groups = Map.groupBy(rows, (row) => identify(keyOf(row)));
  checkAsked(name, groups, keys, identify);
  return keys.map((key) => groups.get(identify(key)) ?? []);
}

/** One answer for each that was asked. */
export function checkCount(name: string, asked: readonly unknown[], answers: readonly unknown[]): void {
  if (!Array.isArray(answers)) throw mismatch(name, "no list");
  if (answers.length !== asked.length) throw mismatch(name, `${answers.length} answers for ${asked.length}`);
}

/** A row under a key that nobody asked for means that keys and rows are compared as different types. */
function checkAsked<Key>(
  name: string,
  found: ReadonlyMap<unknown, unknown>,
  keys: readonly Key[],
  identify: (key: Key) => unknown,
): void {
  const asked = new Set(keys.map(identify));
  for (const key of found.keys()) {
    if (!asked.has(key)) {
      throw mismatch(name, `a row whose key (a ${typeof key}) was not asked for: do keys and rows have the same type?`);
    }
  }
}

function mismatch(name: string, what: string): DatabaseError {
  return new DatabaseError("batch_mismatch", `The batch "${name}" gave ${what}; none of its callers got an answer`, {
    subject: name,
  });
}
