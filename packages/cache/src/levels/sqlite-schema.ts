import type { Migration } from "@flyball/storage";
import { fingerprintBits } from "../fingerprint.ts";

/**
 * One row an entry. Its id is 52 bits of a hash of its key: SQLite finds a row by its integer id four times as fast as
 * by a text, since that needs no second tree. SQLite gives out a damaged page as if nothing were wrong with it, so
 * there is a checksum. The value comes last, so that the columns before it lie in one page.
 */
export const sqliteCacheMigrations: readonly Migration[] = [
  {
    owner: "cache",
    version: 1,
    sql: `
      CREATE TABLE cache_entries(
        id INTEGER PRIMARY KEY,
        key TEXT NOT NULL,
        expires_at INTEGER NOT NULL,
        used_at INTEGER NOT NULL,
        checksum INTEGER NOT NULL,
        value NOT NULL
      );
      CREATE INDEX cache_entries_expiry ON cache_entries(expires_at);
      CREATE INDEX cache_entries_use ON cache_entries(used_at);`,
  },
];

/** Ids are hashes, so equal ranges of them hold equal shares of the table. */
export function idRanges(parts: number): { readonly from: number; readonly to: number }[] {
  const size = 2 ** fingerprintBits / parts;
  return Array.from({ length: parts }, (_, index) => ({ from: index * size, to: (index + 1) * size }));
}

export const sql = {
  get: "SELECT key, expires_at, used_at, checksum, value FROM cache_entries WHERE id = ?",
  set: "INSERT OR REPLACE INTO cache_entries(id, key, expires_at, used_at, checksum, value) VALUES (?, ?, ?, ?, ?, ?)",
  delete: "DELETE FROM cache_entries WHERE id = ? AND key = ?",
  touch: "UPDATE cache_entries SET used_at = ? WHERE id = ? AND used_at < ?",
  clear: "DELETE FROM cache_entries WHERE id >= ? AND id < ? AND substr(key, 1, ?) = ?",
  leastUsed: "SELECT id FROM cache_entries ORDER BY used_at LIMIT ?",
  evict: "DELETE FROM cache_entries WHERE id IN (SELECT value FROM json_each(?))",
  pages: `SELECT (SELECT page_count FROM pragma_page_count) AS pages,
    (SELECT freelist_count FROM pragma_freelist_count) AS free, (SELECT page_size FROM pragma_page_size) AS size`,
} as const;
