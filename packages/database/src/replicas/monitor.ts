import type { Clock, FailureLog } from "@flyball/core";
import type { Pool } from "../types.ts";
import { type Position, primaryPosition, replayedPosition } from "./position.ts";
import type { Replica } from "./replica.ts";
import type { Timeline } from "./timeline.ts";

export interface MonitorSetup {
  /** Where the primary is asked. */
  readonly primary: Pool;
  readonly replicas: readonly Replica[];
  readonly timeline: Timeline;
  readonly probeMs: number;
  readonly probeTimeoutMs: number;
  readonly clock: Clock;
  readonly failures: FailureLog;
}

export interface Monitor {
  /** Asks a replica now; resolves to how far it has replayed, or undefined when it is lost. */
  ask(replica: Replica): Promise<Position | undefined>;
  /** Asks the primary now. */
  askPrimary(): Promise<Position | undefined>;
  /** Asks everybody now. */
  round(): Promise<void>;
  stop(): void;
}

/** Asks the primary where it is and every replica how far it has come, now and every `probeMs`. */
export function startMonitor(setup: MonitorSetup): Monitor {
  const { primary, replicas, timeline, probeMs, probeTimeoutMs, clock, failures } = setup;
  let under: Promise<void> | undefined;
  let stopped = false;

  async function askPrimary(): Promise<Position | undefined> {
    try {
      const at = clock.monotonic();
      const position = await primaryPosition(primary, probeTimeoutMs);
      if (position !== undefined) timeline.add(position, at);
      return position;
    } catch (error) {
      // Replicas go on without it; that they lag is then not seen, and there is nothing to lag behind.
      if (!stopped) failures.report(`asking ${primary.name} for its position`, error);
      return undefined;
    }
  }

  async function ask(replica: Replica): Promise<Position | undefined> {
    try {
      const replayed = await replayedPosition(replica.probe, probeTimeoutMs);
      if (replayed === undefined) throw new Error(`${replica.pool.identity} is no replica: it is not in recovery`);
      replica.found(replayed, timeline.lagMs(replayed, clock.monotonic()));
      return replayed;
    } catch (error) {
      if (!stopped) failures.report(`replica ${replica.pool.name}`, error);
      replica.lost();
      return undefined;
    }
  }

  function round(): Promise<void> {
    // A round that takes longer than the interval must not be overtaken by the next.
    under ??= (async () => {
      await askPrimary();
      await Promise.all(replicas.map(ask));
    })().finally(() => {
      under = undefined;
    });
    return under;
  }

  void round();
  const timer = clock.every(probeMs, () => void round());
  return {
    ask,
    askPrimary,
    round,
    stop() {
      stopped = true;
      timer.cancel();
    },
  };
}
