import { ConfigurationError } from "@flyball/core";
import { NewerSchemaError, StorageError } from "./errors.ts";
import type { Database, Migration } from "./types.ts";

const ownerPattern = /^[a-z][a-z0-9_]*$/;

/**
 * Brings the schema up to date: applies what is missing of every owner's steps, each in a transaction of its own.
 * Several processes may do so at once on a new file.
 * @throws NewerSchemaError when the file is ahead of an owner's steps; ConfigurationError when steps have gaps.
 */
export function migrate(database: Database, migrations: readonly Migration[]): void {
  const steps = byOwner(migrations);
  if (steps.size === 0) return;
  let versions = readVersions(database);
  for (const [owner, ofOwner] of steps) {
    const found = versions?.get(owner) ?? 0;
    if (found > ofOwner.length) throw new NewerSchemaError(database.path, owner, found, ofOwner.length);
  }
  // A file that is up to date is opened without taking the write lock.
  if (versions && [...steps].every(([owner, ofOwner]) => versions?.get(owner) === ofOwner.length)) return;
  database.exec(
    "CREATE TABLE IF NOT EXISTS storage_migrations(owner TEXT, version INTEGER, applied_at INTEGER, PRIMARY KEY(owner, version)) WITHOUT ROWID",
  );
  versions = readVersions(database);
  for (const ofOwner of steps.values()) {
    for (const step of ofOwner) {
      if (step.version > (versions?.get(step.owner) ?? 0)) apply(database, step);
    }
  }
}

function apply(database: Database, { owner, version, sql }: Migration): void {
  database.transaction(() => {
    // Asked again inside the transaction: another process may have applied it meanwhile.
    const applied = database.get(
      "SELECT 1 AS yes FROM storage_migrations WHERE owner = ? AND version = ?",
      owner,
      version,
    );
    if (applied) return;
    try {
      database.exec(sql);
    } catch (error) {
      if (error instanceof StorageError && error.code !== "storage_failed") throw error;
      throw new StorageError(
        "storage_migration_failed",
        `Step ${version} of the schema of "${owner}" failed on ${database.path}`,
        {
          subject: owner,
          cause: error,
        },
      );
    }
    database.run(
      "INSERT INTO storage_migrations VALUES (?, ?, CAST(unixepoch('subsec') * 1000 AS INTEGER))",
      owner,
      version,
    );
  });
}

/** The versions in the file; undefined when it has never been migrated. */
function readVersions(database: Database): Map<string, number> | undefined {
  const table = database.get("SELECT 1 AS yes FROM sqlite_schema WHERE name = 'storage_migrations'");
  if (!table) return undefined;
  const rows = database.all<{ owner: string; version: number }>(
    "SELECT owner, max(version) AS version FROM storage_migrations GROUP BY owner",
  );
  return new Map(rows.map((row) => [row.owner, row.version]));
}

function byOwner(migrations: readonly Migration[]): Map<string, Migration[]> {
  const steps = new Map<string, Migration[]>();
  for (const migration of migrations) {
    if (!ownerPattern.test(migration.owner)) {
      throw new ConfigurationError("migrations.owner", migration.owner, "a lower-case identifier");
    }
    const ofOwner = steps.get(migration.owner);
    if (ofOwner) ofOwner.push(migration);
    else steps.set(migration.owner, [migration]);
  }
  for (const [owner, ofOwner] of steps) {
    ofOwner.sort((a, b) => a.version - b.version);
    const versions = ofOwner.map((step) => step.version);
    if (versions.some((version, index) => version !== index + 1)) {
      throw new ConfigurationError(`migrations.${owner}`, versions, "versions 1, 2, 3 … without gaps or repeats");
    }
  }
  return steps;
}
