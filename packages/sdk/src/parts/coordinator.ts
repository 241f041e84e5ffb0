import { type Clock, type Logger, toError, withDeadline } from "@flyball/core";
import { type Coordinator, createLocalCoordinator, createRedisCoordinator, type Store } from "@flyball/storage";
import type { Configuration } from "../config/configuration.ts";
import type { PartHealth } from "../health.ts";

export interface OpenedCoordinator {
  readonly coordinator: Coordinator;
  readonly health: () => Promise<PartHealth>;
}

const firstContactMs = 1000;

/**
 * Through Redis when a URL is set and it answers; else through the embedded store, so that at least the processes of
 * this machine agree.
 */
export async function openCoordinator(
  configuration: Configuration,
  store: Store,
  clock: Clock,
  logger: Logger,
): Promise<OpenedCoordinator> {
  const url = configuration.redis.stateUrl ?? configuration.redis.url;
  if (url === undefined) return local(store, clock, logger);
  const redis = createRedisCoordinator({ url, clock, logger });
  try {
    await withDeadline(redis.counter(probe), firstContactMs, "the first contact with Redis", clock);
    return { coordinator: redis, health: () => answers(redis, "redis", undefined) };
  } catch (thrown) {
    await redis.close();
    logger.warn({ err: thrown }, "flyball: Redis does not answer; only the processes of this machine coordinate");
    return local(store, clock, logger, `Redis did not answer at the start: ${toError(thrown).message}`);
  }
}

const probe = "flyball:health";

function local(store: Store, clock: Clock, logger: Logger, reason?: string): OpenedCoordinator {
  const coordinator = createLocalCoordinator(store, { clock, logger });
  return { coordinator, health: () => answers(coordinator, "local", reason) };
}

async function answers(coordinator: Coordinator, driver: string, reason: string | undefined): Promise<PartHealth> {
  await coordinator.counter(probe);
  return { healthy: reason === undefined, ...(reason === undefined ? {} : { reason }), facts: { driver } };
}
