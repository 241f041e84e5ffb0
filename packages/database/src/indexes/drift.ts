import type { Engine, Queryable } from "../types.ts";
import type { Index } from "./declare.ts";
import { type LiveIndex, readIndexes } from "./live.ts";
import { driftMigration, type MigrationOptions } from "./migration.ts";

/** How the database differs from what is declared. */
export interface IndexDrift {
  readonly engine: Engine;
  readonly missing: readonly Index[];
  /** There under this name, over other columns or with another uniqueness. */
  readonly changed: readonly Index[];
  /** There, and broken: a concurrent build failed half-way. */
  readonly invalid: readonly Index[];
  /** On the declared tables, made by `CREATE INDEX`, and declared nowhere. For people to judge; never dropped. */
  readonly undeclared: readonly LiveIndex[];
  /** Nothing is missing, changed or invalid. */
  readonly inSync: boolean;
}

/** Compares the declared indexes with those that their tables have. */
export async function indexDrift(database: Queryable, indexes: readonly Index[]): Promise<IndexDrift> {
  const live = await readIndexes(database, [...new Set(indexes.map(({ table }) => table))]);
  const missing: Index[] = [];
  const changed: Index[] = [];
  const invalid: Index[] = [];
  const matched = new Set<LiveIndex>();
  for (const index of indexes) {
    // One that does the same under another name, made by hand before it was declared, is not made again.
    const found =
      live.find(({ name, table }) => name === index.name && table === index.table) ??
      live.find(
        (other) => other.table === index.table && other.valid && index.where === undefined && sameShape(index, other),
      );
    if (!found) missing.push(index);
    else if (!sameShape(index, found)) changed.push(index);
    else if (!found.valid) invalid.push(index);
    if (found) matched.add(found);
  }
  return {
    engine: database.engine,
    missing,
    changed,
    invalid,
    undeclared: live.filter((index) => !matched.has(index) && !index.ofConstraint),
    inSync: missing.length + changed.length + invalid.length === 0,
  };
}

/** Building an index on a large table takes its time. */
const buildTimeoutMs = 3_600_000;

/**
 * Brings the database to what is declared and returns what it found. Meant for one deploy job, not for every process
 * at its start: two concurrent builds of one index get in each other's way.
 */
export async function applyIndexes(
  database: Queryable,
  indexes: readonly Index[],
  options: MigrationOptions = {},
): Promise<IndexDrift> {
  const drift = await indexDrift(database, indexes);
  for (const statement of driftMigration(drift, options).up) {
    await database.write(statement, [], { name: "indexes", timeoutMs: buildTimeoutMs });
  }
  return drift;
}

function sameShape(index: Index, live: LiveIndex): boolean {
  return (
    index.unique === live.unique &&
    (index.where !== undefined) === live.partial &&
    index.columns.length === live.columns.length &&
    index.columns.every(({ column, order }, position) => {
      const other = live.columns[position];
      return other?.column === column && other.descending === (order === "desc");
    })
  );
}
