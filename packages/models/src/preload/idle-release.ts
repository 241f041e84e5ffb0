import { type Clock, ConfigurationError, failureLog, type Logger, silentLogger, systemClock } from "@flyball/core";
import type { LoadedModel, Provider } from "../types.ts";

export interface IdleReleaseOptions {
  readonly provider: Provider;
  /** A model unused for so long is given back, milliseconds. Default 600,000 (ten minutes). */
  readonly idleAfterMs?: number;
  /** Above this much memory of the process, idle models are given back early, longest unused first. Default: none. */
  readonly memoryLimitBytes?: number;
  /** How often to look, milliseconds. Default 30,000. */
  readonly checkEveryMs?: number;
  /** Memory of the process, bytes. Default: its resident set. */
  readonly memory?: () => number;
  readonly clock?: Clock;
  readonly logger?: Logger;
}

/** A model that was given back, and why. */
export interface Released {
  readonly model: string;
  readonly why: "idle" | "memory";
}

/** Gives back models that nobody uses; their next request loads them again. */
export interface IdleRelease {
  /** Looks now. Never rejects. */
  check(): Promise<readonly Released[]>;
  /** Given back since the start. */
  readonly count: { readonly idle: number; readonly memory: number };
  /** Memory of the process at the last look, bytes. */
  readonly memoryBytes: number;
  stop(): void;
}

/** Watches the provider's models until stopped. A model at work is never touched. */
export function createIdleRelease(options: IdleReleaseOptions): IdleRelease {
  const { provider, memoryLimitBytes = Number.POSITIVE_INFINITY } = options;
  const clock = options.clock ?? systemClock;
  const idleAfterMs = options.idleAfterMs ?? 600_000;
  const memory = options.memory ?? (() => process.memoryUsage.rss());
  if (!(idleAfterMs >= 0)) throw new ConfigurationError("idleAfterMs", idleAfterMs, "milliseconds, 0 or more");
  const failures = failureLog(options.logger ?? silentLogger);
  const count = { idle: 0, memory: 0 };
  let memoryBytes = memory();
  let underWay: Promise<readonly Released[]> | undefined;

  const idleModels = (): LoadedModel[] =>
    (provider.loadedModels?.() ?? []).filter(({ active }) => active === 0).sort((a, b) => a.lastUsedAt - b.lastUsedAt);

  async function look(): Promise<readonly Released[]> {
    const released: Released[] = [];
    const release = async (model: string, why: Released["why"]): Promise<void> => {
      await provider.unload?.(model);
      count[why]++;
      released.push({ model, why });
    };
    try {
      const now = clock.monotonic();
      for (const { model, lastUsedAt } of idleModels()) {
        if (now - lastUsedAt >= idleAfterMs) await release(model, "idle");
      }
      memoryBytes = memory();
      for (const { model } of idleModels()) {
        if (memoryBytes <= memoryLimitBytes) break;
        await release(model, "memory");
        memoryBytes = memory();
      }
    } catch (error) {
      failures.report("idle model release", error);
    }
    return released;
  }

  function check(): Promise<readonly Released[]> {
    underWay ??= look().finally(() => {
      underWay = undefined;
    });
    return underWay;
  }

  const timer = clock.every(options.checkEveryMs ?? 30_000, () => void check());
  return {
    check,
    count,
    get memoryBytes() {
      return memoryBytes;
    },
    stop: () => timer.cancel(),
  };
}
