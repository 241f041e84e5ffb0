import type { Migration } from "../types.ts";

/** The tables through which the processes of one machine agree. */
export const coordinatorMigrations: readonly Migration[] = [
  {
    owner: "coordinator",
    version: 1,
    sql: `
      CREATE TABLE coordinator_claims(
        fence INTEGER PRIMARY KEY AUTOINCREMENT,
        key TEXT NOT NULL UNIQUE,
        expires_at INTEGER NOT NULL
      );
      CREATE INDEX coordinator_claims_expiry ON coordinator_claims(expires_at);
      CREATE TABLE coordinator_counters(
        key TEXT PRIMARY KEY,
        value INTEGER NOT NULL,
        expires_at INTEGER NOT NULL
      ) WITHOUT ROWID;
      CREATE INDEX coordinator_counters_expiry ON coordinator_counters(expires_at);
      CREATE TABLE coordinator_messages(
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        channel TEXT NOT NULL,
        message TEXT NOT NULL,
        at INTEGER NOT NULL
      );
      CREATE INDEX coordinator_messages_age ON coordinator_messages(at);`,
  },
];

/**
 * Takes a key that nobody holds. The fence is unique in the file and so is the holder's token as well; it never falls
 * behind the wall clock, so that it goes on growing after the file was lost.
 */
export const claimSql = `
  INSERT OR REPLACE INTO coordinator_claims(fence, key, expires_at)
  SELECT max(coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'coordinator_claims'), 0) + 1, ?1), ?2, ?1 + ?3
  WHERE NOT EXISTS (SELECT 1 FROM coordinator_claims WHERE key = ?2 AND expires_at > ?1)
  RETURNING fence`;

/** Adds to a counter; one that has expired begins anew. */
export const incrementSql = `
  INSERT INTO coordinator_counters(key, value, expires_at) VALUES (?1, ?2, ?3 + ?4)
  ON CONFLICT(key) DO UPDATE SET
    value = CASE WHEN expires_at > ?3 THEN value + ?2 ELSE ?2 END,
    expires_at = CASE WHEN expires_at > ?3 THEN expires_at ELSE ?3 + ?4 END
  RETURNING value`;
