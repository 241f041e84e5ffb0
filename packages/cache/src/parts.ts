import type { Clock, FailureLog } from "@flyball/core";
import type { MissRatioCurve } from "./advise/miss-ratio-curve.ts";
import type { Leases } from "./flight/lease.ts";
import type { Invalidator } from "./invalidate/invalidator.ts";
import type { Stamps } from "./invalidate/stamps.ts";
import type { Keep } from "./keep.ts";
import type { MemoryLevel } from "./levels/memory.ts";
import type { Settings } from "./settings.ts";
import type { Ledger } from "./statistics/ledger.ts";
import type { Level } from "./types.ts";

/** What a cache is made of; its files share these. */
export interface CacheParts {
  readonly settings: Settings;
  readonly front: MemoryLevel | undefined;
  /** The levels below memory. */
  readonly levels: readonly Level[];
  readonly ledger: Ledger;
  readonly invalidator: Invalidator;
  readonly stamps: Stamps;
  readonly keep: Keep;
  readonly leases: Leases | undefined;
  readonly curve: MissRatioCurve | undefined;
  readonly clock: Clock;
  readonly failures: FailureLog;
}
