import type { FailureLog } from "@flyball/core";

export type Listener = (message: string) => void;

/** Who listens to what inside this process. */
export interface Subscribers {
  /** Adds a listener; the same function may be added twice and is then called twice. Returns its removal. */
  add(channel: string, listener: Listener): () => void;
  /** Calls the channel's listeners. One that throws is counted and loses only its own message. */
  dispatch(channel: string, message: string): void;
  has(channel: string): boolean;
  channels(): string[];
  clear(): void;
}

export function subscribers(failures: FailureLog): Subscribers {
  const byChannel = new Map<string, Set<{ readonly listener: Listener }>>();
  return {
    add(channel, listener) {
      const entry = { listener };
      const entries = byChannel.get(channel) ?? new Set();
      byChannel.set(channel, entries.add(entry));
      return () => {
        entries.delete(entry);
        if (entries.size === 0 && byChannel.get(channel) === entries) byChannel.delete(channel);
      };
    },
    dispatch(channel, message) {
      for (const { listener } of byChannel.get(channel) ?? []) {
        try {
          listener(message);
        } catch (error) {
          failures.report("coordinator subscriber", error);
        }
      }
    },
    has: (channel) => byChannel.has(channel),
    channels: () => [...byChannel.keys()],
    clear: () => byChannel.clear(),
  };
}
