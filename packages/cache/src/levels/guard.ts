import { type Clock, TimeoutError, type Timer, toError, withDeadline } from "@flyball/core";
import { LevelUnavailableError } from "../errors.ts";
import { processHold } from "../hold.ts";
import { Deadlines } from "./deadlines.ts";

export interface GuardOptions {
  /** What is guarded, for messages. */
  readonly name: string;
  /** Longest time of one operation, milliseconds. */
  readonly deadlineMs: number;
  /** Longest time of one probe, milliseconds. Default `deadlineMs`. */
  readonly probeDeadlineMs?: number;
  /** Most operations at once; more are refused. */
  readonly maxPending: number;
  /** Failures in a row, timeouts aside, that open it. A timeout opens it at once. */
  readonly tripAfter: number;
  /** Succeeds when what is guarded answers again. Runs in the background, so that no caller pays for finding out. */
  readonly probe: () => Promise<unknown>;
  /** Whether an error says that what is guarded is unwell, and not only that it refused one thing. Default: always. */
  readonly isUnwell?: (error: Error) => boolean;
  /** Told when it opens, and with what. */
  readonly onOpen?: (error: Error) => void;
  readonly clock: Clock;
}

/** A deadline and a breaker around the operations of one remote thing. */
export interface Guard {
  readonly available: boolean;
  /**
   * Settles within the deadline. Rejects at once with a LevelUnavailableError while open, with a TimeoutError past
   * the deadline, and otherwise as the operation does.
   */
  run<T>(operation: () => Promise<T>): Promise<T>;
  /** Opens it from outside: a connection broke. */
  trip(error: Error): void;
  close(): void;
}

type State =
  | { readonly kind: "closed"; failures: number }
  | { readonly kind: "open"; readonly cause: Error; attempt: number; timer: Timer | undefined }
  | { readonly kind: "ended" };

const firstProbeMs = 50;
const longestProbeMs = 5_000;

export function createGuard(options: GuardOptions): Guard {
  const { name, deadlineMs, maxPending, tripAfter, probe, isUnwell = () => true, onOpen, clock } = options;
  const hold = processHold();
  const deadlines = new Deadlines(deadlineMs, clock);
  let state: State = { kind: "closed", failures: 0 };
  let pending = 0;

  function trip(cause: Error): void {
    if (state.kind !== "closed") return;
    state = { kind: "open", cause, attempt: 0, timer: undefined };
    scheduleProbe(state);
    onOpen?.(cause);
  }

  function scheduleProbe(open: Extract<State, { kind: "open" }>): void {
    const delay = Math.min(longestProbeMs, firstProbeMs * 2 ** open.attempt++);
    open.timer = clock.after(delay * (0.5 + Math.random() / 2), () => {
      withDeadline(probe(), options.probeDeadlineMs ?? deadlineMs, name, clock).then(
        () => {
          if (state === open) state = { kind: "closed", failures: 0 };
        },
        () => {
          if (state === open) scheduleProbe(open);
        },
      );
    });
  }

  function failed(thrown: unknown): void {
    const error = toError(thrown);
    if (state.kind !== "closed" || !isUnwell(error)) return;
    if (error instanceof TimeoutError || ++state.failures >= tripAfter) trip(error);
  }

  /** The operation with all that belongs to it, in one promise: each further one is felt on every look-up. */
  function guarded<T>(operation: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const end = (): void => {
        if (running.ended) return;
        deadlines.end(running);
        pending--;
        hold.release();
      };
      const fail = (error: unknown): void => {
        if (running.ended) return;
        end();
        failed(error);
        reject(error);
      };
      const running = deadlines.begin(() => fail(new TimeoutError(name, deadlineMs)));
      pending++;
      hold.take();
      operation().then((value) => {
        end();
        if (state.kind === "closed") state.failures = 0;
        resolve(value);
      }, fail);
    });
  }

  return {
    get available() {
      return state.kind === "closed";
    },
    run(operation) {
      if (state.kind !== "closed") {
        const cause = state.kind === "open" ? state.cause : undefined;
        return Promise.reject(new LevelUnavailableError(name, cause ? cause.message : "it is closed", { cause }));
      }
      if (pending >= maxPending) {
        return Promise.reject(new LevelUnavailableError(name, `${pending} operations wait already`));
      }
      return guarded(operation);
    },
    trip,
    close() {
      if (state.kind === "open") state.timer?.cancel();
      state = { kind: "ended" };
    },
  };
}
