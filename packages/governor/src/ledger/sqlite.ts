import { type Clock, systemClock } from "@flyball/core";
import type { Database, Migration, Retention, Store } from "@flyball/storage";
import { type Edited, effectsPrefix, type Ledger } from "./types.ts";

/** The tables of the ledger, for `openStore({ migrations })`. What was measured has one of its own: it is forgotten. */
export const governorMigrations: readonly Migration[] = [
  {
    owner: "governor",
    version: 1,
    sql: `
      CREATE TABLE governor_effects(
        space TEXT NOT NULL,
        field TEXT NOT NULL,
        at INTEGER NOT NULL,
        value TEXT NOT NULL,
        PRIMARY KEY(space, field)
      ) WITHOUT ROWID;
      CREATE INDEX governor_effects_at ON governor_effects(at);
      CREATE TABLE governor_rollouts(
        space TEXT NOT NULL,
        field TEXT NOT NULL,
        at INTEGER NOT NULL,
        value TEXT NOT NULL,
        PRIMARY KEY(space, field)
      ) WITHOUT ROWID;`,
  },
];

/** What was measured is kept for 30 days after it last changed, or as long as told, milliseconds. */
export function governorRetention(keepMs: number = 30 * 86_400_000): readonly Retention[] {
  return [{ table: "governor_effects", timeColumn: "at", keepMs }];
}

const patienceMs = 2_000;

/**
 * The ledger of the processes of one machine, in the embedded database. Updates are short transactions on the calling
 * thread; while another process holds the lock they wait without blocking.
 */
export function createSqliteLedger(store: Store, clock: Clock = systemClock): Ledger {
  const { database } = store;

  async function patiently<T>(work: () => T): Promise<T> {
    const until = clock.monotonic() + patienceMs;
    for (;;) {
      try {
        return work();
      } catch (error) {
        if ((error as { code?: unknown }).code !== "storage_busy" || clock.monotonic() >= until) throw error;
      }
      await clock.sleep(5 + Math.random() * 15);
    }
  }

  return {
    update: (space, fields, edit) =>
      patiently(() =>
        database.transaction(() => {
          const { set, result } = edit(readFields(database, space, fields));
          write(database, space, set, clock.now());
          return result;
        }),
      ),
    read: (space, fields) => patiently(() => readFields(database, space, fields)),
    readAll: (space) =>
      patiently(() => {
        const rows = database.all<{ field: string; value: string }>(
          `SELECT field, value FROM ${tableOf(space)} WHERE space = ?`,
          space,
        );
        return Object.fromEntries(rows.map(({ field, value }) => [field, value]));
      }),
    close: async () => {},
  };
}

function tableOf(space: string): string {
  return space.startsWith(effectsPrefix) ? "governor_effects" : "governor_rollouts";
}

function readFields(database: Database, space: string, fields: readonly string[]): (string | undefined)[] {
  const sql = `SELECT value FROM ${tableOf(space)} WHERE space = ? AND field = ?`;
  return fields.map((field) => database.get<{ value: string }>(sql, space, field)?.value);
}

function write(database: Database, space: string, set: Edited<unknown>["set"], at: number): void {
  const table = tableOf(space);
  const put = `INSERT INTO ${table} VALUES (?1, ?2, ?3, ?4) ON CONFLICT(space, field) DO UPDATE SET at = ?3, value = ?4`;
  for (const [field, value] of Object.entries(set ?? {})) {
    if (value === undefined) database.run(`DELETE FROM ${table} WHERE space = ? AND field = ?`, space, field);
    else database.run(put, space, field, at, value);
  }
}
