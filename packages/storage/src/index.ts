export type { Claim, Coordinator } from "./coordinator/types.ts";
export type { Database, DatabaseWriter, Migration, Retention, SqlValue, Store } from "./types.ts";
