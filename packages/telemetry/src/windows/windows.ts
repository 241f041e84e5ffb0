import { type Clock, ConfigurationError, type FailureLog } from "@flyball/core";
import type { Store } from "@flyball/storage";
import { allowedLabels } from "../names.ts";
import type { Outcome } from "../outcome.ts";
import type { WindowOptions } from "../telemetry-options.ts";
import { LiveWindows } from "./live-windows.ts";
import { startRollUp } from "./roll-up.ts";
import { storeSink } from "./store-sink.ts";
import { type WindowReader, windowReader } from "./window-reader.ts";

export interface WindowsSetup extends WindowOptions {
  readonly clock: Clock;
  readonly failures: FailureLog;
  readonly store: Store | undefined;
  readonly labels: readonly string[];
}

/** Windows of this process, and of all that share its store. */
export interface Windows {
  record(outcome: Outcome): void;
  readonly reader: WindowReader;
  /** Hands everything to the store's writer, the running minute included. */
  flush(): void;
  stop(): void;
  readonly counts: {
    readonly series: number;
    readonly overflowed: number;
    readonly unstored: number;
    readonly dropped: number;
  };
}

/** @throws ConfigurationError */
export function startWindows(setup: WindowsSetup): Windows {
  const { clock, failures, store, labels } = setup;
  const sink = store && storeSink(store.writer, checked("maxStoredSeries", setup.maxStoredSeries ?? 1_000), failures);
  const live = new LiveWindows({
    clock,
    sink,
    allowedLabels: new Set([...allowedLabels, ...labels]),
    maxSeries: checked("maxSeries", setup.maxSeries ?? 2_000),
    memoryMinutes: checked("memoryMinutes", setup.memoryMinutes ?? (store ? 60 : 1_440)),
    memoryBytes: checked("memoryBytes", setup.memoryBytes ?? 64 * 1024 * 1024),
  });
  const rollUp = store && startRollUp(store, clock, failures);
  return {
    record: (outcome) => live.record(outcome),
    reader: windowReader({ clock, live, database: store?.database, failures }),
    flush: () => live.flush(),
    stop() {
      live.stop();
      rollUp?.stop();
    },
    get counts() {
      return {
        series: live.registry.size,
        overflowed: live.registry.overflowed,
        unstored: sink?.unstored ?? 0,
        dropped: sink?.dropped ?? 0,
      };
    },
  };
}

function checked(key: string, received: number): number {
  if (Number.isInteger(received) && received >= 1) return received;
  throw new ConfigurationError(`windows.${key}`, received, "an integer from 1");
}
