import type { Address } from "./address.ts";
import type { CacheParts } from "./parts.ts";
import type { Entry, Level } from "./types.ts";

/** What the levels had. */
export interface Found {
  readonly entry: Entry;
  readonly level: Level;
  readonly fresh: boolean;
}

/**
 * Looks through the levels below memory, from the fastest: the first fresh entry ends it and is put into the levels
 * above. Otherwise the stale entry that lived longest, if any. Never rejects: a level that fails is passed over.
 * `counted`: it is a call's own look-up, and not one of the cache's to make sure.
 */
export async function lookUp(
  parts: CacheParts,
  address: Address,
  { counted }: { readonly counted: boolean },
): Promise<Found | undefined> {
  const { levels, ledger, invalidator, clock } = parts;
  const known = invalidator.epochsOf(address.scope.names);
  const before = known instanceof Promise ? await known : known;
  let stale: Found | undefined;
  for (const [index, level] of levels.entries()) {
    if (!level.available) {
      if (counted) ledger.skipped(level);
      continue;
    }
    const start = clock.monotonic();
    try {
      const got = level.get(address.storageKey);
      const entry = got instanceof Promise ? await got : got;
      const tookMs = clock.monotonic() - start;
      ledger.timed(level, tookMs);
      const held = entry && (await invalidator.accept(level, address, before, entry));
      const now = clock.now();
      if (held && held.expiresAt > now) {
        parts.keep.promote(address, held, levels.slice(0, index));
        return { entry: held, level, fresh: true };
      }
      if (counted) ledger.missed(level, tookMs);
      if (held && held.staleUntil > now && held.expiresAt > (stale?.entry.expiresAt ?? 0)) {
        stale = { entry: held, level, fresh: false };
      }
    } catch (error) {
      ledger.lookupFailed(level, clock.monotonic() - start, error);
    }
  }
  return stale;
}
