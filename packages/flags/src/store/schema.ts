import type { Migration } from "@flyball/storage";

/**
 * One version for all rules: it grows with every change, and is what other processes look at to see that there is
 * something to read. The log is written in the transaction of the change that it tells of.
 */
export const flagMigrations: readonly Migration[] = [
  {
    owner: "flags",
    version: 1,
    sql: `
      CREATE TABLE flags_definitions(
        name TEXT PRIMARY KEY,
        definition TEXT NOT NULL
      ) WITHOUT ROWID;
      CREATE TABLE flags_revocations(
        name TEXT PRIMARY KEY,
        at INTEGER NOT NULL
      ) WITHOUT ROWID;
      CREATE TABLE flags_segments(
        id INTEGER PRIMARY KEY,
        definition TEXT NOT NULL
      );
      CREATE TABLE flags_ruleset(
        id INTEGER PRIMARY KEY CHECK (id = 1),
        version INTEGER NOT NULL
      );
      INSERT INTO flags_ruleset VALUES (1, 0);
      CREATE TABLE flags_history(
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        at INTEGER NOT NULL,
        flag TEXT NOT NULL,
        action TEXT NOT NULL,
        who TEXT NOT NULL,
        why TEXT NOT NULL,
        before TEXT,
        after TEXT,
        figures TEXT
      );
      CREATE INDEX flags_history_flag ON flags_history(flag, id);
      CREATE TABLE flags_backups(
        name TEXT PRIMARY KEY,
        at INTEGER NOT NULL,
        document TEXT NOT NULL
      ) WITHOUT ROWID;`,
  },
];
