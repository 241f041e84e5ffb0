import { setImmediate as pause } from "node:timers/promises";
import type { Clock, FailureLog } from "@flyball/core";
import type { Alert } from "./alert.ts";
import { backfill } from "./history/backfill.ts";
import type { Readings } from "./readings.ts";
import { minuteMs, type Rule } from "./rule.ts";
import { type Evaluation, RuleSet } from "./rule-set.ts";
import type { StateStore } from "./state-store.ts";

export interface EvaluationOptions {
  readonly rules: readonly Rule[];
  readonly readings: Readings;
  readonly states: StateStore;
  readonly clock: Clock;
  readonly failures: FailureLog;
}

/** What one look at the readings found. */
export interface Round {
  /** The end of the closed minute that was judged. */
  readonly at: number;
  readonly firing: readonly Alert[];
  readonly resolved: readonly Alert[];
  readonly evaluations: readonly Evaluation[];
}

/** Judges each minute once it is closed. Minutes rather than moments: replicas and replays come to the same verdict. */
export interface RuleEvaluation {
  /** Judges the last closed minute; undefined when that was done already. */
  round(): Promise<Round | undefined>;
  /** Replaces the rules; what fires goes on firing where the rule is still there. */
  replace(rules: readonly Rule[]): void;
  readonly current: RuleSet;
}

/** Minutes that are read again, since other processes write theirs a little later. */
const lateMinutes = 2;
/** Beyond this the history has a hole, or the clock was set: it is read anew. */
const longestGapMs = 5 * minuteMs;

export function createEvaluation(options: EvaluationOptions): RuleEvaluation {
  const { readings, states, clock, failures } = options;
  let ruleSet = new RuleSet(options.rules);
  let filled: RuleSet | undefined;
  let last: number | undefined;

  for (const { rule, group, state } of guarded("alert states", () => states.load(), [])) {
    ruleSet.restore(rule, group, state);
  }
  // What fires is known from before: its end must be noticed.
  ruleSet.alerts(clock.now());

  function guarded<T>(what: string, work: () => T, otherwise: T): T {
    try {
      return work();
    } catch (error) {
      failures.report(what, error);
      return otherwise;
    }
  }

  async function ingest(set: RuleSet, fromMs: number, endMs: number): Promise<void> {
    for (let at = fromMs; at < endMs; at += minuteMs) {
      set.history.ingest(at, readings.series({ from: at, to: at }));
      await pause();
    }
  }

  async function read(set: RuleSet, end: number): Promise<RuleSet> {
    const jumped = last === undefined || end < last || end - last > longestGapMs;
    if (filled !== set || jumped) {
      // A clock that was set back has left minutes in the history that have not happened yet.
      const fresh = jumped && filled === set ? new RuleSet(set.rules) : set;
      if (fresh !== set) fresh.succeed(set);
      await backfill(fresh.history, { readings, endMs: end, pause });
      filled = fresh;
      return fresh;
    }
    await ingest(set, Math.min(last ?? end, end - lateMinutes * minuteMs), end);
    return set;
  }

  return {
    get current() {
      return ruleSet;
    },
    replace(rules) {
      const next = new RuleSet(rules);
      next.succeed(ruleSet);
      ruleSet = next;
    },
    async round() {
      const at = Math.floor(clock.now() / minuteMs) * minuteMs;
      if (at === last) return undefined;
      const set = ruleSet;
      const ready = await read(set, at);
      // Replaced while it was read: the next round has the new rules.
      if (ruleSet !== set) return undefined;
      ruleSet = ready;
      const lastDue = last === undefined || at < last ? at - minuteMs : last;
      const evaluations = ready.evaluate(at, lastDue);
      last = at;
      const { firing, resolved } = ready.alerts(at);
      return { at, firing, resolved, evaluations };
    },
  };
}
