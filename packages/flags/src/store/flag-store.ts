import { isDeepStrictEqual } from "node:util";
import type { FailureLog } from "@flyball/core";
import type { Database } from "@flyball/storage";
import { type FlagDefinition, readDefinition, readSegment, type SegmentDefinition } from "../definition.ts";
import { FlagChangeError } from "../errors.ts";
import type { RulesetSnapshot } from "../ruleset.ts";
import type { Change } from "../types.ts";
import { writeHistory } from "./audit-log.ts";

/** Rules in the embedded database. Synchronous; each change is one transaction with its entry in the log. */
export interface FlagStore {
  version(): number;
  read(): RulesetSnapshot;
  change(
    flag: string,
    edit: (current: FlagDefinition | undefined) => FlagDefinition | undefined,
    change: Change,
    now: number,
  ): FlagDefinition | undefined;
  putSegments(segments: readonly SegmentDefinition[]): void;
  /** Several changes as one: readers see all of them or none. */
  together<T>(work: () => T): T;
}

export function flagStore(database: Database, failures: FailureLog): FlagStore {
  const bump = (): void => void database.run("UPDATE flags_ruleset SET version = version + 1");

  function version(): number {
    return database.get<{ version: number }>("SELECT version FROM flags_ruleset")?.version ?? 0;
  }

  /** A row that cannot be read is one flag less, counted; the others stand. */
  function parsed<T>(table: string, key: string, read: (value: unknown, path: string) => T): T[] {
    const rows = database.all<{ key: string; definition: string }>(`SELECT ${key} AS key, definition FROM ${table}`);
    return rows.flatMap(({ key: name, definition }) => {
      try {
        return [read(JSON.parse(definition), `flags.${name}`)];
      } catch (error) {
        failures.report("flag definition", error);
        return [];
      }
    });
  }

  function current(flag: string): FlagDefinition | undefined {
    const row = database.get<{ definition: string }>("SELECT definition FROM flags_definitions WHERE name = ?", flag);
    if (!row) return undefined;
    try {
      return readDefinition(JSON.parse(row.definition), `flags.${flag}`);
    } catch (error) {
      failures.report("flag definition", error);
      return undefined;
    }
  }

  function write(flag: string, after: FlagDefinition | undefined): void {
    if (!after) return void database.run("DELETE FROM flags_definitions WHERE name = ?", flag);
    database.run(
      "INSERT INTO flags_definitions VALUES (?1, ?2) ON CONFLICT(name) DO UPDATE SET definition = ?2",
      flag,
      JSON.stringify(after),
    );
  }

  return {
    version,
    // One transaction, so that the version belongs to the rules; it takes no lock that a writer waits for.
    read: () => {
      database.exec("BEGIN");
      try {
        const revoked = database.all<{ name: string; at: number }>("SELECT name, at FROM flags_revocations");
        return {
          version: String(version()),
          definitions: parsed("flags_definitions", "name", readDefinition),
          segments: parsed("flags_segments", "id", readSegment),
          revokedAt: new Map(revoked.map(({ name, at }) => [name, at])),
        };
      } finally {
        database.exec("COMMIT");
      }
    },
    change: (flag, edit, change, now) =>
      database.transaction(() => {
        const before = current(flag);
        const edited = edit(before);
        const after = edited && readDefinition(edited, `flags.${flag}`);
        if (after && after.name !== flag) throw new FlagChangeError(flag, `its name would become "${after.name}"`);
        if (isDeepStrictEqual(before, after)) return after;
        write(flag, after);
        if (before?.enabled && !after?.enabled) {
          database.run(
            "INSERT INTO flags_revocations VALUES (?1, ?2) ON CONFLICT(name) DO UPDATE SET at = ?2",
            flag,
            now,
          );
        }
        writeHistory(database, now, flag, before, after, change);
        bump();
        return after;
      }),
    putSegments: (segments) => {
      for (const segment of segments) {
        database.run(
          "INSERT INTO flags_segments VALUES (?1, ?2) ON CONFLICT(id) DO UPDATE SET definition = ?2",
          segment.id,
          JSON.stringify(segment),
        );
      }
      if (segments.length > 0) bump();
    },
    together: (work) => database.transaction(work),
  };
}
