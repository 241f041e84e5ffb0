import { DatabaseError } from "../errors.ts";
import type { QueryValue } from "../types.ts";
import type { SqliteValue } from "./sqlite-protocol.ts";

/** As SQLite stores it. */
export function toSqlite(value: QueryValue): SqliteValue {
  if (typeof value === "boolean") return value ? 1 : 0;
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return JSON.stringify(value);
  return value as SqliteValue;
}

interface Text {
  readonly parameters: number;
  readonly several: boolean;
}

const mostKnown = 256;
const known = new Map<string, Text>();
const quotedOrComment = /'(?:[^']|'')*'|"[^"]*"|--[^\n]*|\/\*[\s\S]*?\*\//g;
const trigger = /^\s*CREATE\s+(?:TEMP(?:ORARY)?\s+)?TRIGGER\b/i;

function inspect(sql: string): Text {
  // A "$5" or a ";" in quotes or in a comment is neither parameter nor end.
  const bare = sql.replaceAll(quotedOrComment, " ");
  const numbers = Array.from(bare.matchAll(/\$(\d+)/g), ([, number]) => Number(number));
  return {
    parameters: Math.max(0, ...numbers),
    several: /;\s*[^\s;]/.test(bare) && !trigger.test(bare),
  };
}

/**
 * Refuses what SQLite takes without a word and PostgreSQL refuses: a parameter that got no value, which it binds to
 * NULL, and a second statement in one text, which it never runs.
 */
export function checkStatement(sql: string, values: readonly QueryValue[]): void {
  let text = known.get(sql);
  if (!text) {
    text = inspect(sql);
    if (known.size >= mostKnown) known.delete(known.keys().next().value as string);
    known.set(sql, text);
  }
  if (text.several)
    throw new DatabaseError("database_refused", "One text holds several statements: send them one by one");
  if (text.parameters === values.length) return;
  const counts = `${text.parameters} parameters and got ${values.length} values`;
  throw new DatabaseError("database_value_refused", `The statement has ${counts}`);
}
