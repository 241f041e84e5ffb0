import { type Clock, systemClock, toError, withDeadline } from "@flyball/core";

/** Whether one part works, and why not. */
export interface PartHealth {
  readonly healthy: boolean;
  readonly reason?: string;
  /** A few facts for people: where the store is, which driver coordinates. Never secrets. */
  readonly facts?: Readonly<Record<string, string | number | boolean>>;
}

/** The process answers, and this is how its parts are. `degraded`: it works, with something lost. */
export interface HealthReport {
  readonly status: "ok" | "degraded";
  readonly service: string;
  readonly uptimeSeconds: number;
  readonly parts: Readonly<Record<string, PartHealth>>;
}

type HealthCheck = () => PartHealth | Promise<PartHealth>;

/** Checks by the part's name; parts come and go while the process runs. */
export interface HealthChecks {
  /**
   * Adds a part; a name that is taken gets a number, so that two clients of one provider both show. Returns the function
   * that takes it away.
   */
  add(name: string, check: HealthCheck): () => void;
  /** Asks every part at once. Never rejects: a check that throws or hangs makes its part unhealthy. */
  report(): Promise<HealthReport>;
}

const checkTimeoutMs = 2000;

export function healthChecks(service: string, clock: Clock = systemClock): HealthChecks {
  const checks = new Map<string, HealthCheck>();
  const startedAt = clock.monotonic();

  async function ask([name, check]: [string, HealthCheck]): Promise<[string, PartHealth]> {
    try {
      return [name, await withDeadline((async () => check())(), checkTimeoutMs, `health of ${name}`, clock)];
    } catch (thrown) {
      return [name, { healthy: false, reason: toError(thrown).message }];
    }
  }

  return {
    add(name, check) {
      let key = name;
      for (let number = 2; checks.has(key); number++) key = `${name} ${number}`;
      checks.set(key, check);
      return () => void checks.delete(key);
    },
    async report() {
      const parts = Object.fromEntries(await Promise.all([...checks].map(ask)));
      return {
        status: Object.values(parts).every((part) => part.healthy) ? "ok" : "degraded",
        service,
        uptimeSeconds: Math.round((clock.monotonic() - startedAt) / 1000),
        parts,
      };
    },
  };
}
