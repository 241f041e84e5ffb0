import type { Clock, FailureLog } from "@flyball/core";
import type { Claim, Coordinator } from "@flyball/storage";
import { createGuard } from "../levels/guard.ts";
import { type Message, parseMessage } from "./message.ts";

export interface BusOptions {
  readonly coordinator: Coordinator;
  readonly cache: string;
  readonly deadlineMs: number;
  readonly clock: Clock;
  readonly failures: FailureLog;
}

/** How the processes that share a cache speak to each other. Every question ends within the deadline. */
export interface Bus {
  /** Whether the coordinator is believed to answer. */
  readonly available: boolean;
  claim(key: string, ttlMs: number): Promise<Claim | undefined>;
  renew(claim: Claim, ttlMs: number): Promise<boolean>;
  release(claim: Claim): Promise<void>;
  counter(name: string): Promise<number>;
  /** Adds a step that nobody else adds, and returns the step and the sum. */
  raise(name: string): Promise<{ readonly step: number; readonly sum: number }>;
  publish(message: Message): Promise<void>;
  /** Calls `listener` with what other processes publish. */
  onMessage(listener: (message: Message) => void): void;
  /** Calls `listener` when the coordinator stops answering. */
  onOutage(listener: () => void): void;
  /** Subscribes if that has not worked yet; whether it has. */
  listening(): Promise<boolean>;
  close(): Promise<void>;
}

/** Counters outlive every entry: an entry is kept for a year at most. */
const counterTtlMs: number = 400 * 24 * 3_600_000;

/**
 * Steps are random, so that a counter that was lost and begins anew does not come back to a number it had: only
 * whether two numbers are equal is ever asked.
 */
const largestStep = 2 ** 24;

export function createBus(options: BusOptions): Bus {
  const { coordinator, cache, deadlineMs, clock, failures } = options;
  const prefix = `cache:${cache}:`;
  const self = crypto.randomUUID();
  const listeners: ((message: Message) => void)[] = [];
  const outages: (() => void)[] = [];
  const guard = createGuard({
    name: "the coordinator",
    deadlineMs,
    maxPending: 10_000,
    tripAfter: 1,
    probe: () => coordinator.counter(`${prefix}probe`),
    onOpen(error) {
      failures.report("cache coordinator", error);
      for (const listener of outages) listener();
    },
    clock,
  });
  let unsubscribe: (() => Promise<void>) | undefined;
  let subscribing: Promise<boolean> | undefined;
  let closed = false;

  function receive(text: string): void {
    const message = parseMessage(text);
    if (!message) failures.report("cache message", new Error("a message of another version, or none of ours"));
    else if (message.from !== self) for (const listener of listeners) listener(message);
  }

  async function subscribe(): Promise<boolean> {
    try {
      const remove = await guard.run(() => coordinator.subscribe(`${prefix}messages`, receive));
      if (closed) await remove();
      else unsubscribe = remove;
      return !closed;
    } catch (error) {
      failures.report("cache subscription", error);
      return false;
    } finally {
      subscribing = undefined;
    }
  }

  return {
    get available() {
      return guard.available;
    },
    claim: (key, ttlMs) => guard.run(() => coordinator.claim(prefix + key, ttlMs)),
    renew: (claim, ttlMs) => guard.run(() => claim.renew(ttlMs)),
    release: (claim) => guard.run(() => claim.release()),
    counter: (name) => guard.run(() => coordinator.counter(prefix + name)),
    async raise(name) {
      const step = 1 + Math.floor(Math.random() * largestStep);
      const sum = await guard.run(() => coordinator.increment(prefix + name, { by: step, ttlMs: counterTtlMs }));
      return { step, sum };
    },
    publish: (message) =>
      guard.run(() => coordinator.publish(`${prefix}messages`, JSON.stringify({ ...message, from: self }))),
    onMessage: (listener) => void listeners.push(listener),
    onOutage: (listener) => void outages.push(listener),
    listening() {
      if (unsubscribe) return Promise.resolve(true);
      subscribing ??= subscribe();
      return subscribing;
    },
    async close() {
      closed = true;
      listeners.length = 0;
      const remove = unsubscribe;
      unsubscribe = undefined;
      if (remove) await guard.run(remove).catch(() => {});
      guard.close();
    },
  };
}
