import {
  type Clock,
  ConfigurationError,
  failureLog,
  type Logger,
  silentLogger,
  systemClock,
  type Timer,
} from "@flyball/core";
import { type Coordinator, createLocalCoordinator, openStore, type Store } from "@flyball/storage";
import type { Alert } from "./alert.ts";
import type { AlertingOptions } from "./alerting-options.ts";
import { createConditions } from "./conditions.ts";
import { checkRules } from "./config/check-rules.ts";
import { createSenders, tellWatchdog } from "./delivery/delivery.ts";
import { createDispatcher } from "./delivery/dispatcher.ts";
import { createEpisodeBook } from "./delivery/episode-book.ts";
import { createEpisodes } from "./delivery/episodes.ts";
import { createLedger } from "./delivery/ledger.ts";
import { isUnderMaintenance } from "./delivery/maintenance.ts";
import { createOutbox } from "./delivery/outbox.ts";
import { createSilences } from "./delivery/silences.ts";
import { withSpare } from "./delivery/spare-outbox.ts";
import { createEvaluation, type Round } from "./evaluation.ts";
import { exampleOf, quantileText } from "./examples.ts";
import { minuteMs } from "./rule.ts";
import { alertingMigrations } from "./schema.ts";
import { createStateStore } from "./state-store.ts";
import type { Alerting } from "./types.ts";

const defaultCooldown = 30;
const defaultRepeat = 240;
const testTimeoutMs = 30_000;

/** @throws ConfigurationError when rules contradict themselves, a route names a channel that is not there, or two channels share a name. */
export function createAlerting(options: AlertingOptions): Alerting {
  const { clock = systemClock, logger = silentLogger, readings, channels, evaluateAfterMs = 5_000 } = options;
  const failures = failureLog(logger);
  const routes = checkedRoutes(options);
  checkRules(options.rules, "rules", options);
  // The memory stands in when there is no store, and when the store cannot write.
  const memory = openStore({ path: ":memory:", migrations: alertingMigrations, clock });
  const { database } = options.store ?? memory;
  const spare = createOutbox(memory.database);
  const outbox = options.store ? withSpare(createOutbox(database), spare, failures) : spare;
  const book = createEpisodeBook(database);
  const states = createStateStore(database);
  const coordinator = options.coordinator ?? localCoordinator([options.store, memory], { clock, logger });
  const ledger = createLedger({ clock, failures, coordinator });
  const episodes = createEpisodes(ledger);
  const silences = createSilences({ database, clock, failures, coordinator });
  const conditions = createConditions();
  const evaluation = createEvaluation({ rules: options.rules, readings, states, clock, failures });
  const dispatcher = createDispatcher({
    routes,
    episodes,
    book,
    outbox,
    failures,
    enrich,
    isSilenced: (alert, now) =>
      silences.covers(alert, now) || (options.maintenance ?? []).some((one) => isUnderMaintenance(one, alert, now)),
    cooldownMs: (options.cooldown ?? defaultCooldown) * minuteMs,
    repeatMs: (options.repeat ?? defaultRepeat) * minuteMs,
  });
  const senders = createSenders({ options, outbox, ledger, dispatcher, conditions, clock, failures });
  let firing: readonly Alert[] = [];
  let timer: Timer | undefined;
  let turn: Promise<unknown> = Promise.resolve();
  let stopped = false;
  let unsubscribe: Promise<() => Promise<void>> | undefined;

  // Whatever became of the coordinator meanwhile, what this store opened is open.
  guarded("alert episodes", () => {
    for (const { alert, episode } of book.open()) episodes.recall(alert.fingerprint, episode);
  });

  function enrich(alert: Alert): Alert {
    const rule = evaluation.current.rules.find(({ name }) => name === alert.rule);
    if (!rule) return alert;
    try {
      const trace = exampleOf(rule, alert, options);
      const text = quantileText(rule, alert, readings, clock.now());
      return { ...alert, ...(trace ? { trace } : {}), ...(text ? { text } : {}) };
    } catch (error) {
      failures.report("alert examples", error);
      return alert;
    }
  }

  async function round(): Promise<Round | undefined> {
    let found: Round | undefined;
    try {
      found = await evaluation.round();
      conditions.clear("alerting-readings-failing");
    } catch (error) {
      failures.report("alert evaluation", error);
      const text = error instanceof Error ? error.message : String(error);
      const summary = "The readings that rules are judged by cannot be read.";
      conditions.set({ name: "alerting-readings-failing", severity: "critical", summary, text }, clock.now());
    }
    const now = clock.now();
    if (found) {
      firing = found.firing;
      guarded("alert states", () => states.save(found?.evaluations ?? [], now));
    }
    await dispatcher.dispatch({ firing: [...firing, ...conditions.firing()], resolved: found?.resolved ?? [] }, now);
    guarded("alert watchdog", () => tellWatchdog(options, outbox, firing, now));
    for (const sender of senders) sender.wake();
    return found;
  }

  /** One round at a time, or two would tell the same news. */
  function inTurn(): Promise<Round | undefined> {
    const next = turn.then(round);
    turn = next.catch(() => {});
    return next;
  }

  function schedule(): void {
    if (stopped) return;
    const next = (minuteMs - (clock.now() % minuteMs) + evaluateAfterMs) % minuteMs;
    timer = clock.after(next || minuteMs, () => {
      inTurn()
        .catch((error) => failures.report("alert round", error))
        .finally(schedule);
    });
  }

  function guarded(what: string, work: () => void): void {
    try {
      work();
    } catch (error) {
      failures.report(what, error);
    }
  }

  return {
    start() {
      // Processes that share the store see its silences anyway.
      if (options.coordinator) unsubscribe ??= silences.listen();
      unsubscribe?.catch((error) => failures.report("alert silences", error));
      for (const sender of senders) sender.wake();
      if (!timer) schedule();
    },
    round: inTurn,
    alerts: () => ({ firing: [...firing, ...conditions.firing()], states: evaluation.current.states() }),
    setRules(rules) {
      checkRules(rules, "rules", options);
      evaluation.replace(rules);
    },
    rulesRefused(error) {
      if (!error) return conditions.clear("alerting-rules-invalid");
      const summary = "New alert rules were refused; the old ones stay in force.";
      conditions.set(
        { name: "alerting-rules-invalid", severity: "warning", summary, text: error.message },
        clock.now(),
      );
    },
    silence: (silence) => silences.add(silence),
    endSilence: (id) => silences.end(id),
    silences: () => silences.list(),
    async acknowledge(fingerprint, by) {
      const { episode, open } = await episodes.standing(fingerprint);
      if (!open) return false;
      await episodes.acknowledge(fingerprint, episode);
      book.acknowledged(fingerprint, episode, { ...by, at: clock.now() });
      return true;
    },
    episodes: (limit) => book.list(limit),
    deadLetters: () => outbox.list("dead"),
    revive(id) {
      const revived = outbox.revive(clock.now(), id);
      for (const sender of senders) sender.wake();
      return revived;
    },
    async test(name) {
      const channel = channels.find((one) => one.name === name);
      const names = channels.map((one) => one.name).join(", ");
      if (!channel) throw new ConfigurationError("channel", name, `one of ${names}`);
      const text = "This is a test. Nothing is wrong.";
      const notice = {
        id: `test/${clock.now()}`,
        kind: "test",
        severity: "info",
        alerts: [],
        possibleRepeat: false,
      } as const;
      await channel.send({ ...notice, at: clock.now(), text }, AbortSignal.timeout(testTimeoutMs));
    },
    async delivered() {
      await Promise.all(senders.map((sender) => sender.idle()));
    },
    stats: () => ({
      rules: evaluation.current.rules.length,
      firing: firing.length,
      pending: evaluation.current.states().filter(({ state }) => state.status === "pending").length,
      outbox: outbox.counts(),
      overflowed: evaluation.current.history.overflowed,
      failures: Object.fromEntries(failures.counts),
    }),
    async stop(graceMs) {
      stopped = true;
      timer?.cancel();
      await turn;
      await Promise.all(senders.map((sender) => sender.stop(graceMs)));
      await unsubscribe?.then((leave) => leave()).catch((error) => failures.report("alert silences", error));
      if (!options.coordinator) await coordinator.close();
      await memory.close();
    },
  };
}

/** Through the store, so that what was told survives a restart; through memory when the store cannot be written. */
function localCoordinator(
  stores: readonly (Store | undefined)[],
  options: { readonly clock: Clock; readonly logger: Logger },
): Coordinator {
  const [first, ...rest] = stores.filter((store) => store !== undefined) as [Store, ...Store[]];
  try {
    return createLocalCoordinator(first, options);
  } catch (error) {
    if (rest.length === 0) throw error;
    return localCoordinator(rest, options);
  }
}

function checkedRoutes({ channels, routes }: AlertingOptions): AlertingOptions["routes"] & object {
  const names = channels.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new ConfigurationError("channels", twice, "channels of different names");
  for (const [index, route] of (routes ?? []).entries()) {
    const unknown = route.channels.find((name) => !names.includes(name));
    if (unknown !== undefined) {
      throw new ConfigurationError(
        `routes[${index}].channels`,
        unknown,
        `one of ${names.join(", ") || "(no channels)"}`,
      );
    }
  }
  return routes ?? [{ channels: names }];
}
