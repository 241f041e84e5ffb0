import type { FailureLog } from "@flyball/core";
import type { EntryState, Outbox } from "./outbox.ts";

/**
 * An outbox that goes on in memory when its database refuses to write, on a full disk for example. What is in memory
 * is sent like the rest and lost only if the process ends first.
 */
export function withSpare(primary: Outbox, spare: Outbox, failures: FailureLog): Outbox {
  function guarded<T>(work: () => T, otherwise: () => T): T {
    try {
      return work();
    } catch (error) {
      failures.report("alert outbox", error);
      return otherwise();
    }
  }
  const both = (work: (outbox: Outbox) => void): void => {
    guarded(
      () => work(primary),
      () => {},
    );
    work(spare);
  };
  const nothing = (): [] => [];

  return {
    add: (entry, now) =>
      guarded(
        () => primary.add(entry, now),
        () => spare.add(entry, now),
      ),
    next(channel, now, most) {
      const stored = guarded(() => primary.next(channel, now, most), nothing);
      return stored.length > 0 ? stored : spare.next(channel, now, most);
    },
    nextDue(channel) {
      const all = [
        guarded(
          () => primary.nextDue(channel),
          () => undefined,
        ),
        spare.nextDue(channel),
      ];
      const due = all.filter((at) => at !== undefined);
      return due.length === 0 ? undefined : Math.min(...due);
    },
    sending: (entries, now) => both((outbox) => outbox.sending(entries, now)),
    settle: (entries, outcome, error) => both((outbox) => outbox.settle(entries, outcome, error)),
    retry: (entries, dueAt, error) => both((outbox) => outbox.retry(entries, dueAt, error)),
    cancel: (fingerprint) => [...guarded(() => primary.cancel(fingerprint), nothing), ...spare.cancel(fingerprint)],
    find: (id) => [...guarded(() => primary.find(id), nothing), ...spare.find(id)],
    list: (state, limit) => [...guarded(() => primary.list(state, limit), nothing), ...spare.list(state, limit)],
    counts() {
      const stored = guarded(
        () => primary.counts(),
        () => spare.counts(),
      );
      const kept = spare.counts();
      return stored === kept ? kept : sum(stored, kept);
    },
    revive: (now, id) =>
      guarded(
        () => primary.revive(now, id),
        () => 0,
      ) + spare.revive(now, id),
  };
}

function sum(
  a: Readonly<Record<EntryState, number>>,
  b: Readonly<Record<EntryState, number>>,
): Record<EntryState, number> {
  return Object.fromEntries(Object.entries(a).map(([key, count]) => [key, count + b[key as EntryState]])) as Record<
    EntryState,
    number
  >;
}
