import type { Clock, Timer } from "@flyball/core";

/** An operation under way. */
export interface Running {
  readonly startedAt: number;
  readonly late: () => void;
  ended: boolean;
}

/**
 * One deadline for many operations. They all have the same one, so they pass it in the order in which they began, and
 * one timer does for all of them: a timer for each costs more than the rest of the bookkeeping.
 */
export class Deadlines {
  readonly #limitMs: number;
  readonly #clock: Clock;
  #queue: Running[] = [];
  #head = 0;
  #timer: Timer | undefined;

  constructor(limitMs: number, clock: Clock) {
    this.#limitMs = limitMs;
    this.#clock = clock;
  }

  /** Calls `late` at the deadline unless `end` was called before. */
  begin(late: () => void): Running {
    const running: Running = { startedAt: this.#clock.monotonic(), late, ended: false };
    this.#queue.push(running);
    this.#timer ??= this.#clock.after(this.#limitMs, this.#onTime);
    return running;
  }

  end(running: Running): void {
    running.ended = true;
    while (this.#queue[this.#head]?.ended) this.#head++;
    if (this.#head === this.#queue.length) {
      this.#queue = [];
      this.#head = 0;
    } else if (this.#head > 1_000) {
      this.#queue = this.#queue.slice(this.#head);
      this.#head = 0;
    }
  }

  // A thread that was busy for longer than the deadline runs its timers before it reads its sockets. One turn of the
  // loop more, and an answer that had come in time is not taken for a hang.
  readonly #onTime = (): void => void setImmediate(this.#sweep);

  readonly #sweep = (): void => {
    const now = this.#clock.monotonic();
    for (let next = this.#queue[this.#head]; next !== undefined; next = this.#queue[this.#head]) {
      const leftMs = next.startedAt + this.#limitMs - now;
      if (leftMs > 0) {
        this.#timer = this.#clock.after(leftMs, this.#onTime);
        return;
      }
      this.#head++;
      if (!next.ended) next.late();
    }
    this.#timer = undefined;
  };
}
