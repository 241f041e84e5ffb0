import { type Clock, newSpanId, type Timer } from "@flyball/core";
import type { Outcome } from "../outcome.ts";
import { Aggregate } from "./aggregate.ts";
import { encodeAggregate } from "./aggregate-codec.ts";
import { type Block, minuteMs, minuteOf } from "./block.ts";
import { type Series, SeriesRegistry } from "./series.ts";

/** How far the clock may run backwards before the minute is opened again: slewing must not close minutes. */
const toleranceMs = minuteMs;
/** Series encoded at once: some 0.3 ms of work between two turns of the event loop. */
const sealAtOnce = 100;
/** A timer a little after the minute's end, so that it does not fire just before. */
const marginMs = 20;
/** Series that were idle this long make room for new ones. */
const idleMs = 60 * minuteMs;

/** Where closed minutes go, if anywhere. */
export interface BlockSink {
  write(series: Series, at: number, instance: number, value: Uint8Array<ArrayBuffer>): void;
  /** The clock jumped back to `at`: what was concluded about later times does not hold. */
  reopen(at: number): void;
}

export interface LiveWindowsSetup {
  readonly clock: Clock;
  readonly allowedLabels: ReadonlySet<string>;
  readonly maxSeries: number;
  readonly memoryMinutes: number;
  readonly memoryBytes: number;
  readonly sink: BlockSink | undefined;
}

/**
 * Aggregates outcomes per minute and series. The running minute is live; when it ends its aggregates are set aside
 * at once and encoded a few at a time, so that no turn of the event loop pays for a thousand series.
 *
 * A minute is the one in which the outcome arrives. After a clock jump backwards the process writes as another
 * instance: nothing that was stored is overwritten, and readers add both.
 */
export class LiveWindows {
  readonly registry: SeriesRegistry;
  /** Closed minutes, oldest first. */
  readonly blocks: Block[] = [];
  readonly #setup: LiveWindowsSetup;
  #running: Block;
  #endsAt: number;
  #unsealed: Block[] = [];
  #spare: Aggregate[] = [];
  #bytes = 0;
  #minuteTimer: Timer | undefined;
  #sealTimer: Timer | undefined;
  #stopped = false;

  constructor(setup: LiveWindowsSetup) {
    this.#setup = setup;
    this.registry = new SeriesRegistry(setup.allowedLabels, setup.maxSeries);
    this.#running = newBlock(minuteOf(setup.clock.now()), newInstance());
    this.#endsAt = this.#running.at + minuteMs;
  }

  get running(): Block {
    return this.#running;
  }

  record(outcome: Outcome): void {
    const now = this.#setup.clock.now();
    if (now >= this.#endsAt || now < this.#running.at - toleranceMs) this.turn(now);
    const series = this.registry.find(outcome);
    (series.live ?? this.#open(series)).record(outcome);
  }

  /** Closes the running minute if it is over (or the clock went back before it), and opens the one of `now`. */
  turn(now: number): void {
    const before = this.#running;
    if (now < this.#endsAt && now >= before.at - toleranceMs) return;
    const at = minuteOf(now);
    const jumpedBack = at < before.at;
    this.#running = newBlock(at, jumpedBack ? newInstance() : before.instance);
    if (jumpedBack) this.#setup.sink?.reopen(at);
    this.#endsAt = at + minuteMs;
    this.#minuteTimer?.cancel();
    this.#minuteTimer = undefined;
    if (before.entries.size > 0) {
      for (const series of before.entries.keys()) series.live = undefined;
      this.blocks.push(before);
      this.#unsealed.push(before);
      this.#scheduleSealing();
    }
    this.registry.forgetIdle(at - idleMs);
    this.#forgetOld(at);
  }

  /** Writes out everything, the running minute included: it will be written again, over itself, when it ends. */
  flush(): void {
    this.turn(this.#setup.clock.now());
    while (this.#unsealed.length > 0) this.#sealSome();
    const { at, instance, entries } = this.#running;
    for (const [series, entry] of entries) {
      this.#setup.sink?.write(series, at, instance, entry instanceof Uint8Array ? entry : encodeAggregate(entry));
    }
  }

  stop(): void {
    this.#stopped = true;
    this.#minuteTimer?.cancel();
    this.#sealTimer?.cancel();
  }

  #open(series: Series): Aggregate {
    const aggregate = this.#spare.pop() ?? new Aggregate();
    series.live = aggregate;
    series.usedAt = this.#running.at;
    this.#running.entries.set(series, aggregate);
    // Armed by the first outcome of a minute: a process with nothing to do has no timer.
    if (!this.#minuteTimer && !this.#stopped) {
      const { clock } = this.#setup;
      const delay = Math.max(0, this.#endsAt - clock.now()) + marginMs;
      this.#minuteTimer = clock.after(delay, () => {
        this.#minuteTimer = undefined;
        this.turn(clock.now());
      });
    }
    return aggregate;
  }

  #scheduleSealing(): void {
    if (this.#sealTimer || this.#stopped) return;
    this.#sealTimer = this.#setup.clock.after(0, () => {
      this.#sealTimer = undefined;
      this.#sealSome();
      if (this.#unsealed.length > 0) this.#scheduleSealing();
    });
  }

  #sealSome(): void {
    const block = this.#unsealed[0];
    if (!block) return;
    let left = sealAtOnce;
    for (const [series, entry] of block.entries) {
      if (entry instanceof Uint8Array) continue;
      if (left-- === 0) return;
      const value = encodeAggregate(entry);
      block.entries.set(series, value);
      this.#bytes += value.length;
      this.#setup.sink?.write(series, block.at, block.instance, value);
      entry.reset();
      this.#spare.push(entry);
    }
    this.#unsealed.shift();
    // Aggregates beyond what the running minute could still need are given back.
    this.#spare.length = Math.min(this.#spare.length, block.entries.size);
  }

  #forgetOld(now: number): void {
    const { memoryMinutes, memoryBytes } = this.#setup;
    const oldest = now - memoryMinutes * minuteMs;
    while (this.blocks.length > 0) {
      const [block] = this.blocks as [Block];
      if (this.#unsealed.includes(block)) return;
      if (this.blocks.length <= memoryMinutes && block.at >= oldest && this.#bytes <= memoryBytes) return;
      this.blocks.shift();
      for (const entry of block.entries.values()) if (entry instanceof Uint8Array) this.#bytes -= entry.length;
    }
  }
}

function newBlock(at: number, instance: number): Block {
  return { at, instance, entries: new Map() };
}

/** 32 random bits: two writers of one series and minute share an id once in four thousand million. */
function newInstance(): number {
  return Number.parseInt(newSpanId().slice(0, 8), 16);
}
