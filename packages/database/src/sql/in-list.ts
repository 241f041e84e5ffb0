import type { Engine, QueryValue } from "../types.ts";

/** A condition and the value for its one parameter. */
export interface InList {
  readonly sql: string;
  readonly value: QueryValue;
}

/**
 * `column` is one of `values`, as one parameter: the statement's text is the same for every number of values, so it is
 * planned once and never meets the limit of parameters. `parameter` is its number.
 */
export function inList(engine: Engine, column: string, values: readonly QueryValue[], parameter = 1): InList {
  return engine === "postgres"
    ? { sql: `${column} = ANY($${parameter})`, value: values }
    : { sql: `${column} IN (SELECT value FROM json_each($${parameter}))`, value: values };
}
