import { quoted } from "../sql/identifier.ts";
import type { Engine } from "../types.ts";
import type { Index } from "./declare.ts";
import type { IndexDrift } from "./drift.ts";

/** Statements that make a change and those that take it back, each list in order. */
export interface IndexMigration {
  readonly up: readonly string[];
  readonly down: readonly string[];
}

export interface MigrationOptions {
  /**
   * PostgreSQL only: build without stopping writes. Such statements cannot be part of a transaction: many migration
   * tools need to be told so. Default true.
   */
  readonly concurrently?: boolean;
}

/** The migration that makes all the indexes, for a tool that keeps migrations in files. */
export function indexMigration(
  indexes: readonly Index[],
  engine: Engine,
  options: MigrationOptions = {},
): IndexMigration {
  return {
    up: indexes.map((index) => create(index, engine, options)),
    down: indexes.toReversed().map((index) => drop(index, engine, options)),
  };
}

/** The migration from what the database has to what is declared. Undeclared indexes are left alone. */
export function driftMigration(drift: IndexDrift, options: MigrationOptions = {}): IndexMigration {
  const { engine, missing, changed, invalid } = drift;
  const replaced = [...changed, ...invalid];
  const made = [...replaced, ...missing];
  return {
    up: [
      ...replaced.map((index) => drop(index, engine, options)),
      ...made.map((index) => create(index, engine, options)),
    ],
    down: made.toReversed().map((index) => drop(index, engine, options)),
  };
}

function create({ name, table, columns, unique, where }: Index, engine: Engine, options: MigrationOptions): string {
  const keys = columns.map(({ column, order }) => (order === "desc" ? `${quoted(column)} DESC` : quoted(column)));
  const condition = where === undefined ? "" : ` WHERE ${where}`;
  return `CREATE ${unique ? "UNIQUE " : ""}INDEX ${how(engine, options)}IF NOT EXISTS ${quoted(name)} ON ${quoted(table)} (${keys.join(", ")})${condition}`;
}

function drop({ name, table }: Index, engine: Engine, options: MigrationOptions): string {
  // An index lives in its table's schema.
  const schema = table.includes(".") ? `${table.split(".")[0]}.` : "";
  return `DROP INDEX ${how(engine, options)}IF EXISTS ${quoted(schema + name)}`;
}

function how(engine: Engine, { concurrently = true }: MigrationOptions): string {
  return engine === "postgres" && concurrently ? "CONCURRENTLY " : "";
}
