import { setImmediate as pause } from "node:timers/promises";
import type { FailureLog } from "@flyball/core";
import type { Alert } from "../alert.ts";
import { severityRank } from "../severity.ts";
import type { EpisodeBook } from "./episode-book.ts";
import type { Episodes } from "./episodes.ts";
import type { NoticeKind } from "./notice.ts";
import type { Outbox, StoredEntry } from "./outbox.ts";
import { destinations, type Route } from "./route.ts";

export interface DispatcherOptions {
  readonly routes: readonly Route[];
  readonly episodes: Episodes;
  readonly book: EpisodeBook;
  readonly outbox: Outbox;
  readonly failures: FailureLog;
  /** Whether a silence or a maintenance window keeps the alert from people. */
  readonly isSilenced: (alert: Alert, now: number) => boolean;
  /** Adds what people need to look into it. Called only for alerts that are about to be told. */
  readonly enrich?: (alert: Alert) => Alert;
  /** Least time between two beginnings of one alert that people are told of, milliseconds. */
  readonly cooldownMs: number;
  /** How often an alert that goes on is told again, milliseconds; 0 never. */
  readonly repeatMs: number;
}

/** What an evaluation found. */
export interface Found {
  /** All that fires now. */
  readonly firing: readonly Alert[];
  /** What fired at the evaluation before and does no more. */
  readonly resolved: readonly Alert[];
}

/** Turns states into news for the outbox. Deciding only: nothing here waits for a channel. */
export interface Dispatcher {
  dispatch(found: Found, now: number): Promise<void>;
  /** Notes what people have been told. */
  delivered(entries: readonly StoredEntry[], now: number): Promise<void>;
}

/** Alerts looked at between two turns of the event loop: a local coordinator answers without ever giving way. */
const alertsAtOnce = 20;

export function createDispatcher(options: DispatcherOptions): Dispatcher {
  const { routes, episodes, book, outbox, failures, isSilenced, enrich, cooldownMs, repeatMs } = options;
  let seen: Set<string> | undefined;

  function tell(
    kind: NoticeKind,
    alert: Alert,
    episode: number,
    suffix: string,
    now: number,
    not: string[] = [],
  ): number {
    const told = destinations(routes, alert).filter(({ channel }) => !not.includes(channel));
    const id = `${alert.fingerprint}/${episode}/${kind}${suffix}`;
    const news = { kind, alert: kind === "resolved" ? alert : (enrich?.(alert) ?? alert), episode };
    for (const { channel, bundle } of told) outbox.add({ id, channel, bundle, news }, now);
    return told.length;
  }

  async function fires(alert: Alert, now: number, isNew: boolean): Promise<void> {
    const { fingerprint } = alert;
    let { episode, open } = await episodes.standing(fingerprint);
    if (open && isNew && !(await episodes.isAlive(fingerprint, now))) {
      // Whoever opened it is gone, and with them its end. What fires now is another story.
      await episodes.closed(fingerprint, episode);
      episode++;
      open = false;
    }
    await episodes.beat(fingerprint, now);
    if (isSilenced(alert, now)) return;
    if (!open) {
      if (!(await episodes.coolsDown(fingerprint))) tell("firing", alert, episode + 1, "", now);
      return;
    }
    const rank = severityRank[alert.severity];
    if (rank > (await episodes.level(fingerprint, episode))) {
      tell("escalated", alert, episode, `/${rank}`, now);
      return;
    }
    if (repeatMs === 0 || (await episodes.acknowledged(fingerprint, episode))) return;
    if (await episodes.repeatIsDue(fingerprint, episode)) {
      tell("repeat", alert, episode, `/${Math.floor(now / repeatMs)}`, now);
    }
  }

  async function ends(alert: Alert, now: number): Promise<void> {
    const { fingerprint } = alert;
    const cancelled = outbox.cancel(fingerprint);
    const { episode, open } = await episodes.standing(fingerprint);
    if (!open) {
      book.closed(fingerprint, episode, now);
      return;
    }
    // Told to those who heard of the beginning, also under a silence.
    if (tell("resolved", alert, episode, "", now, cancelled) === 0) await episodes.closed(fingerprint, episode);
  }

  /** What ended here just now, and what this store still owes the end of: a restart or a slow channel came between. */
  function ended({ firing, resolved }: Found, now: number): Alert[] {
    const goesOn = new Set(firing.map(({ fingerprint }) => fingerprint));
    const owed = book
      .open()
      .map(({ alert }): Alert => ({ ...alert, status: "resolved", endedAt: alert.endedAt ?? now }));
    const all = new Map([...owed, ...resolved].map((alert) => [alert.fingerprint, alert]));
    return [...all.values()].filter(({ fingerprint }) => !goesOn.has(fingerprint));
  }

  async function guarded(what: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      // One alert that cannot be told must not keep the others from being told.
      failures.report(`alert delivery: ${what}`, error);
    }
  }

  return {
    async dispatch(found, now) {
      seen ??= new Set(book.open().map(({ alert }) => alert.fingerprint));
      const before = seen;
      const ending = ended(found, now);
      for (const [index, alert] of [...ending, ...found.firing].entries()) {
        if (index % alertsAtOnce === alertsAtOnce - 1) await pause();
        if (index < ending.length) await guarded("end", () => ends(alert, now));
        else await guarded("beginning", () => fires(alert, now, !before.has(alert.fingerprint)));
      }
      seen = new Set(found.firing.map(({ fingerprint }) => fingerprint));
    },
    async delivered(entries, now) {
      for (const { news } of entries) {
        const { alert, episode, kind } = news;
        if (!alert || episode === undefined) continue;
        await guarded("record", () => note(kind, alert, episode, now));
      }
    },
  };

  async function note(kind: NoticeKind, alert: Alert, episode: number, now: number): Promise<void> {
    const { fingerprint, cooldown } = alert;
    const rank = severityRank[alert.severity];
    switch (kind) {
      case "firing":
        await episodes.opened(fingerprint, episode, rank, {
          cooldownMs: cooldown === undefined ? cooldownMs : cooldown * 60_000,
          repeatMs,
        });
        book.opened(alert, episode, now);
        break;
      case "escalated":
        await episodes.raise(fingerprint, episode, rank, repeatMs);
        book.opened(alert, episode, now);
        break;
      case "repeat":
        await episodes.repeated(fingerprint, episode, repeatMs);
        break;
      case "resolved":
        await episodes.closed(fingerprint, episode);
        book.closed(fingerprint, episode, now);
        break;
      case "watchdog":
      case "test":
        break;
    }
  }
}
