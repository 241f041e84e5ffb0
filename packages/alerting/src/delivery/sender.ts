import { setImmediate as pause } from "node:timers/promises";
import { type Clock, type FailureLog, type Timer, toError, withDeadline } from "@flyball/core";
import type { Claim } from "@flyball/storage";
import type { Channel } from "../channels/types.ts";
import { DeliveryError } from "../errors.ts";
import { worst } from "../severity.ts";
import { backoffMs, type RetryPolicy } from "./backoff.ts";
import type { Ledger } from "./ledger.ts";
import type { Notice } from "./notice.ts";
import { abandonedAfterMs, type Outbox, type StoredEntry } from "./outbox.ts";

export interface SenderOptions {
  readonly channel: Channel;
  readonly outbox: Outbox;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly failures: FailureLog;
  readonly retry?: RetryPolicy;
  /** Longest time of one message, milliseconds. Default 30,000. */
  readonly timeoutMs?: number;
  readonly random?: () => number;
  /** Told of what was delivered, before anything else is sent on the channel. */
  readonly onDelivered: (entries: readonly StoredEntry[]) => Promise<void>;
  readonly onDead: (entries: readonly StoredEntry[], error: Error) => void;
}

/** Sends what the outbox holds for one channel, one message after the other. */
export interface Sender {
  /** There may be something to send. */
  wake(): void;
  /** Resolves when nothing is due, and nothing under way. */
  idle(): Promise<void>;
  /** Sends what is due, for at most `graceMs` (default 2,000), then stops; the rest stays in the outbox. */
  stop(graceMs?: number): Promise<void>;
}

const sentMarkMs = 7 * 86_400_000;
const defaultTimeoutMs = 30_000;
/** A receiver that asks for more than an hour is asked again after an hour. */
const longestRetryAfterMs = 3_600_000;
const defaultGiveUpMs = 86_400_000;
const defaultMaxAlerts = 20;
const longestSleepMs = 60_000;
/** How soon a channel that another replica holds is looked at again. */
const whenClaimedMs = 1_000;
/** How long a message that is under way may take when the process stops. */
const defaultGraceMs = 2_000;

export function createSender(options: SenderOptions): Sender {
  const { channel, outbox, ledger, clock, failures, retry = {}, timeoutMs = defaultTimeoutMs } = options;
  const { random = Math.random, onDelivered, onDead } = options;
  // What this process delivered, should the database refuse to note it: a full disk must not send twice.
  const delivered = new Set<string>();
  const stopping = new AbortController();
  // Monotonic: a clock that is set back must not prolong a pause.
  let pausedUntil = Number.NEGATIVE_INFINITY;
  let failuresInARow = 0;
  let lastSentAt = Number.NEGATIVE_INFINITY;
  let running: Promise<void> | undefined;
  let timer: Timer | undefined;
  let again = false;

  const sentKey = (entry: StoredEntry): string => `sent/${channel.name}/${entry.id}`;

  /** Of what is due, what nobody sent yet. */
  async function unsent(entries: readonly StoredEntry[]): Promise<StoredEntry[]> {
    const rest: StoredEntry[] = [];
    for (const entry of entries) {
      if (delivered.has(entry.id)) outbox.settle([entry], "sent");
      else if ((await ledger.read(sentKey(entry))) > 0) outbox.settle([entry], "elsewhere");
      else rest.push(entry);
    }
    return rest;
  }

  async function sendOnce(): Promise<boolean> {
    const candidates = outbox.next(channel.name, clock.now(), channel.maxAlerts ?? defaultMaxAlerts);
    const entries = await unsent(candidates);
    // What this process delivered and cannot note stays where it is; there is no use in looking at it in a circle.
    if (entries.length === 0) return candidates.some(({ id }) => !delivered.has(id));
    await keepPace();
    outbox.sending(entries, clock.now());
    try {
      await withinTime((signal) => channel.send(noticeOf(entries, clock.now()), signal));
    } catch (thrown) {
      failed(entries, toError(thrown));
      return pausedUntil <= clock.monotonic();
    } finally {
      lastSentAt = clock.monotonic();
    }
    failuresInARow = 0;
    for (const entry of entries) remember(entry.id);
    outbox.settle(entries, "sent");
    for (const entry of entries) await ledger.mark(sentKey(entry), sentMarkMs);
    await onDelivered(entries);
    return true;
  }

  /** Ends in time even when the channel does not heed the signal. */
  function withinTime(send: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const late = new AbortController();
    const timer = clock.after(timeoutMs, () => late.abort(new DeliveryError(`no answer within ${timeoutMs} ms`)));
    const signal = AbortSignal.any([stopping.signal, late.signal]);
    return new Promise<void>((resolve, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
      send(signal).then(resolve, reject);
    }).finally(() => timer.cancel());
  }

  function remember(id: string): void {
    delivered.add(id);
    const [oldest] = delivered;
    if (delivered.size > 10_000 && oldest !== undefined) delivered.delete(oldest);
  }

  async function keepPace(): Promise<void> {
    const wait = lastSentAt + (channel.paceMs ?? 0) - clock.monotonic();
    if (wait > 0) await clock.sleep(wait, stopping.signal);
  }

  function failed(entries: readonly StoredEntry[], error: Error): void {
    const now = clock.now();
    if (stopping.signal.aborted) return;
    failures.report(`alert channel ${channel.name}`, error);
    const { permanent = false, retryAfterMs = 0 } = error instanceof DeliveryError ? error : {};
    const tooOld = now - (retry.giveUpAfterMs ?? defaultGiveUpMs);
    const [hopeless, others] = partition(entries, (entry) => permanent || entry.createdAt <= tooOld);
    if (hopeless.length > 0) {
      outbox.settle(hopeless, "dead", error.message);
      onDead(hopeless, error);
    }
    if (permanent) return;
    // A channel that does not answer is left alone, whatever else waits for it.
    const asked = Math.min(retryAfterMs, longestRetryAfterMs);
    const delay = Math.max(asked, backoffMs(++failuresInARow, retry, random));
    pausedUntil = clock.monotonic() + delay;
    outbox.retry(others, now + delay, error.message);
  }

  /** Holds the channel for this process while there is something to send, so that replicas take turns. */
  async function drain(): Promise<void> {
    if (outbox.next(channel.name, clock.now(), 1).length === 0) return;
    if (pausedUntil > clock.monotonic()) return;
    const claim = await ledger.claim(`channel/${channel.name}`, abandonedAfterMs);
    if (!claim) return;
    try {
      while (!stopping.signal.aborted && (await sendOnce())) {
        // A channel and a coordinator in this process may both answer without ever giving way to others.
        await pause();
        // Lost to another replica, which goes on from here.
        if (claim !== "alone" && !(await renewed(claim))) return;
      }
      // The next to hold the channel does not know when the last message went out.
      await keepPace();
    } finally {
      if (claim !== "alone") await claim.release().catch((error) => failures.report("alert claim", error));
    }
  }

  async function renewed(claim: Claim): Promise<boolean> {
    try {
      return await claim.renew(abandonedAfterMs);
    } catch (error) {
      failures.report("alert claim", error);
      return true;
    }
  }

  function schedule(delayMs: number): void {
    timer?.cancel();
    if (stopping.signal.aborted) return;
    timer = clock.after(Math.min(Math.max(delayMs, 0), longestSleepMs), wake);
  }

  async function run(): Promise<void> {
    do {
      again = false;
      try {
        await drain();
      } catch (error) {
        if (!stopping.signal.aborted) failures.report(`alert outbox of ${channel.name}`, error);
      }
    } while (again && !stopping.signal.aborted);
    try {
      const due = outbox.nextDue(channel.name);
      if (due !== undefined) schedule(Math.max(due - clock.now(), pausedUntil - clock.monotonic(), whenClaimedMs));
    } catch (error) {
      failures.report(`alert outbox of ${channel.name}`, error);
      schedule(longestSleepMs);
    }
  }

  function wake(): void {
    if (stopping.signal.aborted) return;
    again = true;
    running ??= run().finally(() => {
      running = undefined;
      // Woken after it had looked for the last time.
      if (again) wake();
    });
  }

  return {
    wake,
    async idle() {
      while (running) await running;
    },
    async stop(graceMs = defaultGraceMs) {
      timer?.cancel();
      if (running && graceMs > 0) {
        await withDeadline(running, graceMs, `alert channel ${channel.name}`, clock).catch(() => {});
      }
      stopping.abort();
      timer?.cancel();
      await running;
      await channel.close?.();
    },
  };
}

function noticeOf(entries: readonly StoredEntry[], now: number): Notice {
  const [first] = entries as [StoredEntry, ...StoredEntry[]];
  const alerts = entries.flatMap(({ news }) => news.alert ?? []);
  return {
    id: entries.length === 1 ? first.id : `${first.id}+${entries.length - 1}`,
    kind: first.news.kind,
    severity: worst(alerts.map(({ severity }) => severity)),
    at: now,
    alerts,
    ...(first.news.text === undefined ? {} : { text: first.news.text }),
    possibleRepeat: entries.some(({ possibleRepeat }) => possibleRepeat),
  };
}

function partition<T>(all: readonly T[], test: (item: T) => boolean): [T[], T[]] {
  return [all.filter(test), all.filter((item) => !test(item))];
}
