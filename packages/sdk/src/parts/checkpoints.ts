import type { Clock, Logger } from "@flyball/core";
import {
  type CheckpointStore,
  createFallbackCheckpoints,
  createLocalCheckpoints,
  createRedisCheckpoints,
} from "@flyball/engine";
import type { Store } from "@flyball/storage";
import type { Configuration } from "../config/configuration.ts";
import type { PartHealth } from "../health.ts";

export interface OpenedCheckpoints {
  readonly checkpoints: CheckpointStore;
  readonly health: () => Promise<PartHealth>;
}

const dayMs = 86_400_000;

/**
 * Runs are kept in the embedded store; with `redis.stateUrl` in Redis, where other machines can go on with them, and in
 * the embedded store while Redis does not answer.
 */
export function openCheckpoints(
  configuration: Configuration,
  store: Store,
  clock: Clock,
  logger: Logger,
): OpenedCheckpoints {
  const keepMs = configuration.checkpoints.keepDays * dayMs;
  const local = createLocalCheckpoints({ store, keepMs, clock });
  const url = configuration.redis.stateUrl;
  if (url === undefined) return { checkpoints: local, health: () => answers(local, "local") };
  const primary = createRedisCheckpoints({ url, ttlMs: keepMs, clock });
  const checkpoints = createFallbackCheckpoints({ primary, secondary: local, logger });
  return { checkpoints, health: () => answers(primary, "redis") };
}

async function answers(checkpoints: CheckpointStore, driver: string): Promise<PartHealth> {
  await checkpoints.list({ limit: 1 });
  return { healthy: true, facts: { driver } };
}
