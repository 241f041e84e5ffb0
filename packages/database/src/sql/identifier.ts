import { ConfigurationError } from "@flyball/core";

/** A name of a table or column, quoted. `schema.table` becomes two names. @throws ConfigurationError */
export function quoted(identifier: string): string {
  const parts = identifier.split(".");
  if (parts.length > 2 || !parts.every((part) => /^[A-Za-z_][A-Za-z0-9_$]*$/.test(part))) {
    throw new ConfigurationError(
      "identifier",
      identifier,
      "a name of letters, digits and _, with a schema before it at most",
    );
  }
  return parts.map((part) => `"${part}"`).join(".");
}
