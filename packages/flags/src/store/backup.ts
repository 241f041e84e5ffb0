import type { Clock, FailureLog } from "@flyball/core";
import type { Store } from "@flyball/storage";
import type { ClientFeaturesResponse, UnleashConfig } from "unleash-client";

type Backup = NonNullable<UnleashConfig["storageProvider"]>;

/** Keeps what a server last said, whole, so that a start without the server decides as before. */
export function storedBackup(store: Store, url: string, clock: Clock, failures: FailureLog): Backup {
  const name = (key: string): string => `${key} ${url}`;
  let last: string | undefined;
  return {
    async set(key, data) {
      const document = JSON.stringify(data);
      if (document === last) return;
      last = document;
      const sql =
        "INSERT INTO flags_backups VALUES (?1, ?2, ?3) ON CONFLICT(name) DO UPDATE SET at = ?2, document = ?3";
      if (!store.writer.write(sql, [name(key), clock.now(), document])) last = undefined;
    },
    async get(key) {
      try {
        const sql = "SELECT document FROM flags_backups WHERE name = ?";
        const row = store.database.get<{ document: string }>(sql, name(key));
        return row && (JSON.parse(row.document) as ClientFeaturesResponse);
      } catch (error) {
        failures.report("flag backup", error);
        return undefined;
      }
    },
  };
}
