import type { Clock, Logger } from "@flyball/core";
import { type CheckpointStore, createMemoryCheckpoints } from "@flyball/engine";
import type { Store } from "@flyball/storage";
import type { Configuration } from "../config/configuration.ts";
import type { PartHealth } from "../health.ts";
import type { StoreTables } from "./store.ts";

export interface OpenedCheckpoints {
  readonly checkpoints: CheckpointStore;
  readonly health: () => PartHealth | Promise<PartHealth>;
}

export function storeTables(_configuration: Configuration): StoreTables {
  return { migrations: [], retention: [] };
}

export async function openCheckpoints(
  _configuration: Configuration,
  _store: Store,
  clock: Clock,
  _logger: Logger,
): Promise<OpenedCheckpoints> {
  const checkpoints = createMemoryCheckpoints({ clock });
  return { checkpoints, health: () => ({ healthy: true, facts: { driver: "memory" } }) };
}
