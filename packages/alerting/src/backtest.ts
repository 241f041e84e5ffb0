import { setImmediate as pause } from "node:timers/promises";
import { type Clock, ConfigurationError, failureLog, silentLogger, systemClock } from "@flyball/core";
import { openStore } from "@flyball/storage";
import type { AlertingOptions } from "./alerting-options.ts";
import { checkRules } from "./config/check-rules.ts";
import { createDispatcher, type Dispatcher } from "./delivery/dispatcher.ts";
import { createEpisodeBook } from "./delivery/episode-book.ts";
import { createEpisodes } from "./delivery/episodes.ts";
import { createLedger } from "./delivery/ledger.ts";
import { isUnderMaintenance } from "./delivery/maintenance.ts";
import type { NoticeKind } from "./delivery/notice.ts";
import { createOutbox, type Outbox } from "./delivery/outbox.ts";
import { backfill } from "./history/backfill.ts";
import { History } from "./history/history.ts";
import { joined, type Need } from "./history/need.ts";
import { hourMs, minuteMs } from "./rule.ts";
import { RuleSet } from "./rule-set.ts";
import { compileRule } from "./rules/compile.ts";
import { alertingMigrations } from "./schema.ts";
import type { Severity } from "./severity.ts";

export interface BacktestOptions
  extends Pick<AlertingOptions, "rules" | "readings" | "labels" | "routes" | "cooldown" | "repeat" | "maintenance"> {
  /** Milliseconds since the epoch; at most 30 days ago. */
  readonly from: number;
  /** Default: now. */
  readonly to?: number;
  /** The clock of the readings. */
  readonly clock?: Clock;
}

/** One message that one channel would have been sent. */
export interface WouldSend {
  readonly at: number;
  readonly kind: NoticeKind;
  readonly channel: string;
  readonly alert: string;
  readonly severity: Severity;
  readonly labels: Readonly<Record<string, string>>;
  readonly text: string;
}

/** How a rule would have fared. */
export interface RuleBacktest {
  readonly rule: string;
  readonly evaluations: number;
  /** Evaluations at which the rule held, whether or not that came to an alert. */
  readonly breaches: number;
  /** Alerts that began. */
  readonly alerts: number;
  /** Share of evaluations at which an alert fired. */
  readonly firing: number;
}

export interface Backtest {
  readonly from: number;
  readonly to: number;
  readonly sent: readonly WouldSend[];
  readonly rules: readonly RuleBacktest[];
  /** Up to here only hours were kept: within each, outcomes are taken to be even. Undefined when minutes were. */
  readonly coarseUntil: number | undefined;
}

const chunkMs = 24 * hourMs;
const allChannels = "any channel";

/**
 * Replays recorded windows through rules: `for`, hysteresis, cooldown, repeats, routes and all. It is the code that
 * runs live, on recorded time, with channels that always work.
 * @throws ConfigurationError
 */
export async function backtest(options: BacktestOptions): Promise<Backtest> {
  const { rules, readings, clock = systemClock, labels } = options;
  const to = Math.floor((options.to ?? clock.now()) / minuteMs) * minuteMs;
  const from = Math.floor(options.from / minuteMs) * minuteMs;
  if (!(from < to)) throw new ConfigurationError("backtest.from", options.from, "a time before the end");
  checkRules(rules, "rules", labels === undefined ? {} : { labels });
  const tallies = new Map(rules.map(({ name }) => [name, { evaluations: 0, breaches: 0, alerts: 0, firing: 0 }]));
  const needs = joined(rules.flatMap((rule) => [...compileRule(rule).needs]));
  const people = replayDelivery(options);
  let set: RuleSet | undefined;
  let coarseUntil: number | undefined;

  // A day at a time, so that a month of minutes is never in memory at once.
  for (let start = from; start < to; start += chunkMs) {
    const end = Math.min(start + chunkMs, to);
    const next = new RuleSet(rules, new History(reaching(needs, (end - start) / minuteMs)));
    if (set) next.succeed(set);
    await backfill(next.history, {
      readings,
      endMs: end,
      nowMs: clock.now(),
      pause,
      spread: true,
      onSpread: (at) => {
        if (at >= from) coarseUntil = Math.max(coarseUntil ?? 0, at + hourMs);
      },
    });
    set = next;
    for (let at = start + minuteMs; at <= end; at += minuteMs) {
      count(set, at, tallies);
      await people.tell(set, at);
      if (at % hourMs === 0) await pause();
    }
  }
  await people.close();
  return {
    from,
    to,
    sent: people.sent,
    coarseUntil,
    rules: [...tallies].map(([rule, { evaluations, firing, ...rest }]) => ({
      rule,
      evaluations,
      ...rest,
      firing: evaluations === 0 ? 0 : firing / evaluations,
    })),
  };
}

type Tallies = Map<string, { evaluations: number; breaches: number; alerts: number; firing: number }>;

function count(set: RuleSet, at: number, tallies: Tallies): void {
  for (const { rule, before, state, verdict } of set.evaluate(at)) {
    const tally = tallies.get(rule.name);
    if (!tally) continue;
    tally.evaluations++;
    if (verdict.outcome === "breach") tally.breaches++;
    if (state.status === "firing") tally.firing++;
    if (state.status === "firing" && before.status !== "firing") tally.alerts++;
  }
}

/** Every need with room for the minutes that are replayed, beside those of its window. */
function reaching(needs: readonly Need[], minutes: number): Need[] {
  const longest = Math.max(0, ...needs.map((one) => one.minutes));
  return needs.map((one) => ({
    ...one,
    minutes: longest + minutes,
    hours: one.hours === 0 ? 0 : one.hours + Math.ceil(minutes / 60) + 1,
  }));
}

interface ReplayDelivery {
  readonly sent: WouldSend[];
  tell(set: RuleSet, at: number): Promise<void>;
  close(): Promise<void>;
}

function replayDelivery({ routes, cooldown = 30, repeat = 240, maintenance = [] }: BacktestOptions): ReplayDelivery {
  let now = 0;
  const clock: Clock = { ...systemClock, now: () => now };
  const failures = failureLog(silentLogger);
  const store = openStore({ path: ":memory:", migrations: alertingMigrations });
  const outbox = createOutbox(store.database);
  const channels = routes ? [...new Set(routes.flatMap((route) => route.channels))] : [allChannels];
  const dispatcher = createDispatcher({
    routes: routes ?? [{ channels }],
    episodes: createEpisodes(createLedger({ clock, failures })),
    book: createEpisodeBook(store.database),
    outbox,
    failures,
    isSilenced: (alert, at) => maintenance.some((one) => isUnderMaintenance(one, alert, at)),
    cooldownMs: cooldown * minuteMs,
    repeatMs: repeat * minuteMs,
  });
  const sent: WouldSend[] = [];
  let quiet = false;
  return {
    sent,
    async tell(set, at) {
      now = at;
      const found = set.alerts(at);
      const nothing = found.firing.length === 0 && found.resolved.length === 0;
      if (nothing && quiet) return;
      quiet = nothing;
      await dispatcher.dispatch(found, at);
      for (const channel of channels) await deliver(outbox, dispatcher, channel, at, sent);
    },
    close: () => store.close(),
  };
}

async function deliver(outbox: Outbox, dispatcher: Dispatcher, channel: string, at: number, sent: WouldSend[]) {
  for (let entries = outbox.next(channel, at, 100); entries.length > 0; entries = outbox.next(channel, at, 100)) {
    outbox.settle(entries, "sent");
    await dispatcher.delivered(entries, at);
    for (const { news } of entries) {
      if (!news.alert) continue;
      const { name, severity, labels, text } = news.alert;
      sent.push({ at, kind: news.kind, channel, alert: name, severity, labels, text });
    }
  }
}
