import { effectsPrefix, type Ledger } from "../ledger/types.ts";
import type { ComparisonTotals } from "./merge.ts";

/** Where one comparison's numbers are. */
export function spaceOf({ flag, id }: { readonly flag: string; readonly id: string }): string {
  return `${effectsPrefix}${flag}:${id}`;
}

export const totalsField = "totals";

export function unitField(hash: string): string {
  return `u:${hash}`;
}

/** Only `writeTotals` writes this field. */
export function readTotals(stored: string | undefined): ComparisonTotals | undefined {
  return stored === undefined ? undefined : (JSON.parse(stored) as ComparisonTotals);
}

export function writeTotals(totals: ComparisonTotals): string {
  return JSON.stringify(totals);
}

/** The totals of a comparison, if anything was counted. */
export async function totalsIn(
  ledger: Ledger,
  comparison: { readonly flag: string; readonly id: string },
): Promise<ComparisonTotals | undefined> {
  const [stored] = await ledger.read(spaceOf(comparison), [totalsField]);
  return readTotals(stored);
}
