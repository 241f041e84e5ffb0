import { constants } from "node:os";

export type StopSignal = "SIGINT" | "SIGTERM";

/**
 * Calls `stop` on the first SIGINT or SIGTERM. A second one ends the process at once: a person who asks twice does
 * not want to wait. Returns the function that gives the signals back.
 */
export function onStopSignal(stop: (signal: StopSignal) => void): () => void {
  let asked = false;
  const listen = (signal: StopSignal): void => {
    if (asked) process.exit(exitStatusOf(signal));
    asked = true;
    stop(signal);
  };
  process.on("SIGINT", listen);
  process.on("SIGTERM", listen);
  return () => {
    process.off("SIGINT", listen);
    process.off("SIGTERM", listen);
  };
}

/** 128 and the signal's number, as shells count: 130 for SIGINT, 143 for SIGTERM. */
export function exitStatusOf(signal: StopSignal): number {
  return 128 + constants.signals[signal];
}
