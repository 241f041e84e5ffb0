import { quoted } from "../sql/identifier.ts";
import type { Queryable } from "../types.ts";

/** An index as the database has it. */
export interface LiveIndex {
  readonly name: string;
  /** The table, as it was asked for. */
  readonly table: string;
  /** Expressions have no column name. */
  readonly columns: readonly { readonly column: string | null; readonly descending: boolean }[];
  readonly unique: boolean;
  readonly partial: boolean;
  /** False: a concurrent build failed, and PostgreSQL maintains the index without ever using it. */
  readonly valid: boolean;
  /** It belongs to a primary key or a constraint. */
  readonly ofConstraint: boolean;
}

/** The indexes of the tables. A table that does not exist has none. */
export async function readIndexes(database: Queryable, tables: readonly string[]): Promise<LiveIndex[]> {
  return database.engine === "postgres" ? await fromPostgres(database, tables) : await fromSqlite(database, tables);
}

const options = { name: "indexes", fresh: true };

const postgresIndexes = `
SELECT c.relname AS name, asked.name AS table, i.indisunique AS unique, i.indpred IS NOT NULL AS partial,
  i.indisvalid AS valid, EXISTS (SELECT FROM pg_constraint WHERE conindid = i.indexrelid) AS "ofConstraint",
  (SELECT json_agg(json_build_object('column', a.attname, 'descending', (i.indoption[k - 1] & 1) = 1) ORDER BY k)
     FROM generate_series(1, i.indnkeyatts) k
     LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[k - 1] AND a.attnum <> 0) AS columns
FROM unnest($1::text[], $2::text[]) AS asked(name, quoted)
JOIN pg_index i ON i.indrelid = to_regclass(asked.quoted)
JOIN pg_class c ON c.oid = i.indexrelid
ORDER BY asked.name, c.relname`;

function fromPostgres(database: Queryable, tables: readonly string[]): Promise<LiveIndex[]> {
  return database.read<LiveIndex>(postgresIndexes, [tables, tables.map(quoted)], options);
}

const sqliteIndexes = `
SELECT l.name AS name, t.value AS "table", l."unique" AS "unique", l.partial AS partial, l.origin AS origin,
  (SELECT json_group_array(json_object('column', x.name, 'descending', x."desc") ORDER BY x.seqno)
     FROM pragma_index_xinfo(l.name) x WHERE x.key = 1) AS columns
FROM json_each($1) t, pragma_index_list(t.value) l
ORDER BY t.value, l.name`;

interface SqliteRow {
  readonly name: string;
  readonly table: string;
  readonly unique: number;
  readonly partial: number;
  /** `c` was made by CREATE INDEX, `u` and `pk` belong to a constraint. */
  readonly origin: string;
  readonly columns: string;
}

async function fromSqlite(database: Queryable, tables: readonly string[]): Promise<LiveIndex[]> {
  const rows = await database.read<SqliteRow>(sqliteIndexes, [tables], options);
  return rows.map(({ name, table, unique, partial, origin, columns }) => ({
    name,
    table,
    unique: unique === 1,
    partial: partial === 1,
    valid: true,
    ofConstraint: origin !== "c",
    columns: (JSON.parse(columns) as { column: string | null; descending: number }[]).map((entry) => ({
      column: entry.column,
      descending: entry.descending === 1,
    })),
  }));
}
