import type { RunEvent, RunEvents } from "../types.ts";

const capacity = 10_000;

/** Gives a run's events to whoever listens. With no listener nothing is built and nothing is kept. */
export class EventHub {
  /** Whether anybody listens; look before building an event. */
  heard = false;
  readonly #readers = new Set<EventReader>();
  #last: RunEvent | undefined;

  send(event: RunEvent): void {
    for (const reader of this.#readers) reader.push(event);
  }

  /** Sends the last event and ends every iteration; a later reader gets that event alone. */
  end(event: RunEvent): void {
    this.#last = event;
    this.send(event);
    for (const reader of this.#readers) reader.end();
    this.#readers.clear();
    this.heard = false;
  }

  read(): RunEvents {
    const reader = new EventReader(() => {
      this.#readers.delete(reader);
      this.heard = this.#readers.size > 0;
    });
    if (this.#last) {
      reader.push(this.#last);
      reader.end();
    } else {
      this.#readers.add(reader);
      this.heard = true;
    }
    return reader;
  }
}

/** One listener's buffer. When full, chunks go first: progress displays live on starts and ends. */
class EventReader implements RunEvents {
  dropped = 0;
  readonly #leave: () => void;
  #buffer: RunEvent[] = [];
  /** How many of the buffered events are chunks. */
  #chunks = 0;
  #ended = false;
  #wake: (() => void) | undefined;

  constructor(leave: () => void) {
    this.#leave = leave;
  }

  push(event: RunEvent): void {
    if (this.#buffer.length >= capacity && !this.#makeRoom(event)) return;
    this.#buffer.push(event);
    if (event.type === "node-chunk") this.#chunks++;
    this.#wake?.();
  }

  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  #makeRoom(event: RunEvent): boolean {
    if (event.type === "node-chunk") {
      this.dropped++;
      return false;
    }
    if (this.#chunks === 0) {
      this.#buffer.shift();
      this.dropped++;
      return true;
    }
    this.#buffer = this.#buffer.filter((kept) => kept.type !== "node-chunk");
    this.dropped += this.#chunks;
    this.#chunks = 0;
    return true;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<RunEvent> {
    try {
      for (;;) {
        const batch = this.#buffer;
        this.#buffer = [];
        this.#chunks = 0;
        yield* batch;
        if (this.#buffer.length > 0) continue;
        if (this.#ended) return;
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        this.#wake = undefined;
      }
    } finally {
      this.#leave();
    }
  }
}
