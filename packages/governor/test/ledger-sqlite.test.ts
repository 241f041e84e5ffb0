import { expect } from "vitest";
import { createSqliteLedger } from "../src/index.ts";
import { opening } from "./fixtures/opening.ts";
import { ledgerConformance } from "./ledger-conformance.ts";

const files = opening();
const paths = new Map<string, string>();
/** One file a test: the store is closed after each. */
function path(): string {
  const test = expect.getState().currentTestName ?? "";
  const known = paths.get(test) ?? files.path();
  paths.set(test, known);
  return known;
}

ledgerConformance(
  "the embedded database",
  () => createSqliteLedger(files.store(path())),
  () => ({ path: path() }),
);
