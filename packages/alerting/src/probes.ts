import {
  type Clock,
  errorType,
  failureLog,
  type Logger,
  silentLogger,
  systemClock,
  type Timer,
  withDeadline,
} from "@flyball/core";
import type { Telemetry } from "@flyball/telemetry";

/** Resolves when the part works; rejects, or resolves to `false`, when it does not. */
export type Probe = () => Promise<unknown>;

export interface ProbesOptions {
  readonly telemetry: Pick<Telemetry, "record">;
  /** By the part's name: `redis`, `vector-store`, `model-provider`. Few, and never ids. */
  readonly probes: Readonly<Record<string, Probe>>;
  /** Default 30,000 ms. */
  readonly everyMs?: number;
  /** Default 5,000 ms; a probe that takes longer has failed. */
  readonly timeoutMs?: number;
  readonly clock?: Clock;
  readonly logger?: Logger;
}

export interface Probes {
  /** Runs all probes now. Never rejects. */
  run(): Promise<void>;
  stop(): void;
}

/** The name under which the outcomes of a probe are recorded, as operations of kind `tool`. */
export function probeName(part: string): string {
  return `probe ${part}`;
}

/**
 * Asks parts whether they work, and records each answer as an outcome: health is measured like everything else, so
 * that windows, metrics, objectives and rules know of it, and uptime is the share of probes that succeeded.
 */
export function startProbes(options: ProbesOptions): Probes {
  const { telemetry, probes, everyMs = 30_000, timeoutMs = 5_000, clock = systemClock } = options;
  const failures = failureLog(options.logger ?? silentLogger);

  async function ask(part: string, probe: Probe): Promise<void> {
    const startedAt = clock.monotonic();
    const outcome = { kind: "tool", name: probeName(part) } as const;
    const durationMs = (): number => clock.monotonic() - startedAt;
    try {
      const answer = await withDeadline((async () => probe())(), timeoutMs, `probe of ${part}`, clock);
      const failed = answer === false;
      telemetry.record({
        ...outcome,
        durationMs: durationMs(),
        status: failed ? "error" : "ok",
        ...(failed ? { errorType: "unhealthy" } : {}),
      });
    } catch (error) {
      failures.report(`probe of ${part}`, error);
      telemetry.record({ ...outcome, durationMs: durationMs(), status: "error", errorType: errorType(error) });
    }
  }

  const run = async (): Promise<void> => {
    await Promise.all(Object.entries(probes).map(([part, probe]) => ask(part, probe)));
  };
  const timer: Timer = clock.every(everyMs, () => void run());
  return { run, stop: () => timer.cancel() };
}
