import { ConfigurationError } from "@flyball/core";
import type { Database, Retention } from "./types.ts";
import type { TrackingWriter } from "./writer/writer.ts";

/** Rows that one deletion takes: about a millisecond of the lock. */
const rowsPerStep = 500;
const identifier = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Deletes what is older than its table's retention. A run that is still under way is not joined by a second one. */
export interface CleanUp {
  run(nowMs: number): void;
}

/** @throws ConfigurationError when a table or column is not there. */
export function cleanUp(database: Database, writer: TrackingWriter, retention: readonly Retention[]): CleanUp {
  const tables = retention.map((entry, index) => ({ ...entry, sql: deletion(database, entry, `retention[${index}]`) }));
  let running = false;

  async function sweep(nowMs: number): Promise<void> {
    for (const { sql, keepMs } of tables) {
      // Each step waits in the queue behind what was written meanwhile, so that the writer never stalls on old rows.
      while ((await writer.execute(sql, [nowMs - keepMs, rowsPerStep])) === rowsPerStep);
    }
  }

  return {
    run(nowMs) {
      if (running) return;
      running = true;
      void sweep(nowMs).finally(() => {
        running = false;
      });
    },
  };
}

/** `DELETE … LIMIT`, which SQLite is usually built without, by the table's row id or, where it has none, its key. */
function deletion(database: Database, { table, timeColumn, keepMs }: Retention, path: string): string {
  if (!identifier.test(table)) throw new ConfigurationError(`${path}.table`, table, "a table's name");
  if (!(keepMs > 0)) throw new ConfigurationError(`${path}.keepMs`, keepMs, "a positive number of milliseconds");
  const columns = database.all<{ name: string; pk: number }>("SELECT name, pk FROM pragma_table_info(?)", table);
  if (columns.length === 0) throw new ConfigurationError(`${path}.table`, table, "a table that the migrations make");
  if (!columns.some((column) => column.name === timeColumn)) {
    throw new ConfigurationError(`${path}.timeColumn`, timeColumn, `a column of ${table}`);
  }
  const key = hasRowId(database, table)
    ? "rowid"
    : columns
        .filter((column) => column.pk > 0)
        .map((column) => `"${column.name}"`)
        .join(", ");
  return `DELETE FROM ${table} WHERE (${key}) IN (SELECT ${key} FROM ${table} WHERE ${timeColumn} < ? LIMIT ?)`;
}

function hasRowId(database: Database, table: string): boolean {
  return database.get<{ wr: number }>("SELECT wr FROM pragma_table_list WHERE name = ?", table)?.wr === 0;
}
