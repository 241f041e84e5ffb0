import type { DatabaseSync } from "node:sqlite";
import { batchApplier } from "./apply-batch.ts";
import type { WriteTarget } from "./target.ts";

/** Stores on the calling thread, a macrotask later: a database in memory belongs to its one connection. */
export function inlineTarget(connection: DatabaseSync): WriteTarget {
  const apply = batchApplier(connection, () => {});
  return {
    apply: (batch) => new Promise((resolve) => setImmediate(() => resolve(connection.isOpen ? apply(batch) : "gone"))),
    checkpoint() {},
    stop: () => Promise.resolve(),
  };
}
