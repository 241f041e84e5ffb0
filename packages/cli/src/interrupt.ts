import { exitStatusOf, onStopSignal } from "@flyball/sdk";

/** Ctrl-C and SIGTERM while a command works: a signal to hand on, and the exit status that it means. */
export interface Interrupt {
  readonly signal: AbortSignal;
  /** 130 for SIGINT, 143 for SIGTERM; undefined while nobody interrupted. */
  readonly status: number | undefined;
  /** Resolves when somebody interrupts. */
  wait(): Promise<void>;
  /** Gives the signals back. */
  release(): void;
}

/** Listens from now on. A second signal ends the process at once. */
export function listenForInterrupt(): Interrupt {
  const stop = new AbortController();
  let status: number | undefined;
  const release = onStopSignal((name) => {
    status = exitStatusOf(name);
    stop.abort(new Error(`${name} was received`));
  });
  return {
    signal: stop.signal,
    get status() {
      return status;
    },
    wait: () =>
      new Promise((resolve) => {
        if (stop.signal.aborted) resolve();
        else stop.signal.addEventListener("abort", () => resolve(), { once: true });
      }),
    release,
  };
}
