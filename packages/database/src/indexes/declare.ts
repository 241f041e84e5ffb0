import { createHash } from "node:crypto";
import { ConfigurationError } from "@flyball/core";
import { quoted } from "../sql/identifier.ts";

export interface IndexColumn {
  readonly column: string;
  /** Default `asc`. */
  readonly order?: "asc" | "desc";
}

export interface IndexDefinition {
  /** May have a schema before it: `sales.orders`. */
  readonly table: string;
  /** In the order in which queries narrow down: what is compared with `=` first, then what is sorted or ranged by. */
  readonly columns: readonly (string | IndexColumn)[];
  readonly unique?: boolean;
  /** Indexes only the rows for which this SQL condition holds. Code, never data. */
  readonly where?: string;
  /** Default made from the table, the columns and, where there is one, a digest of the condition. */
  readonly name?: string;
}

/** A definition, checked and named. */
export interface Index {
  readonly name: string;
  readonly table: string;
  readonly columns: readonly Required<IndexColumn>[];
  readonly unique: boolean;
  readonly where: string | undefined;
}

/** PostgreSQL cuts longer names off. */
const longestName = 63;

/** Indexes as part of the program, next to the queries that need them. @throws ConfigurationError */
export function declareIndexes(definitions: readonly IndexDefinition[]): readonly Index[] {
  const indexes = definitions.map(toIndex);
  const names = new Set<string>();
  for (const { name } of indexes) {
    if (names.has(name)) throw new ConfigurationError("indexes", name, "each index once");
    names.add(name);
  }
  return indexes;
}

function toIndex(definition: IndexDefinition, position: number): Index {
  const { table, unique = false, where } = definition;
  const path = `indexes[${position}]`;
  const columns = definition.columns.map((entry) =>
    typeof entry === "string" ? { column: entry, order: "asc" as const } : { order: "asc" as const, ...entry },
  );
  if (columns.length === 0) throw new ConfigurationError(`${path}.columns`, definition.columns, "one column at least");
  for (const identifier of [table, ...columns.map(({ column }) => column), definition.name ?? "name"])
    quoted(identifier);
  if (where !== undefined && (where.trim() === "" || where.includes(";"))) {
    throw new ConfigurationError(`${path}.where`, where, "one SQL condition");
  }
  const named = { table, columns, unique, where };
  const name = definition.name ?? nameOf(named);
  if (name.length > longestName || name.includes(".")) {
    throw new ConfigurationError(`${path}.name`, name, `a name of at most ${longestName} characters, without a schema`);
  }
  return { name, ...named };
}

/**
 * The condition's digest is part of the name: engines give a condition back in words of their own, which cannot be
 * compared, and so a changed condition is another index.
 */
function nameOf({ table, columns, unique, where }: Omit<Index, "name">): string {
  const plain = [
    table.split(".").at(-1),
    ...columns.map(({ column, order }) => (order === "desc" ? `${column}_desc` : column)),
  ];
  const ending = unique ? "key" : "idx";
  const name = [...plain, ending].join("_");
  if (where === undefined && name.length <= longestName) return name;
  const digest = createHash("sha256")
    .update(JSON.stringify([plain, where]))
    .digest("hex")
    .slice(0, 8);
  return `${plain.join("_").slice(0, longestName - digest.length - ending.length - 2)}_${digest}_${ending}`;
}
