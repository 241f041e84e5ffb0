import { type Alert, fingerprintOf } from "./alert.ts";
import { type AlertState, evaluate, inactive } from "./evaluate.ts";
import { type Group, groupKey, History } from "./history/history.ts";
import { alertOf, defaultEvery, groupingOf, minuteMs, type Rule, severityOf } from "./rule.ts";
import { compileRule } from "./rules/compile.ts";
import type { CompiledRule } from "./rules/compiled.ts";
import { severityRank } from "./severity.ts";
import type { Verdict } from "./verdict.ts";

/** One alert of one rule, after an evaluation. */
export interface Evaluation {
  readonly rule: Rule;
  readonly group: Group;
  readonly before: AlertState;
  readonly state: AlertState;
  readonly verdict: Verdict;
}

interface Instance {
  readonly compiled: CompiledRule;
  readonly group: Group;
  state: AlertState;
  verdict: Verdict;
}

const unread: Verdict = { outcome: "clear", because: "no data", value: undefined, text: "not evaluated yet" };

/** Rules with their states, over one history: what a live evaluation and a replay share. No clock, no I/O. */
export class RuleSet {
  readonly rules: readonly Rule[];
  readonly history: History;
  readonly #compiled: readonly CompiledRule[];
  readonly #instances = new Map<string, Instance>();
  #firing = new Map<string, Alert>();

  /** `history` is shared by replays that bring their own. */
  constructor(rules: readonly Rule[], history?: History) {
    this.rules = rules;
    this.#compiled = rules.map(compileRule);
    this.history = history ?? new History(this.#compiled.flatMap(({ needs }) => needs));
  }

  /** Evaluates the rules that are due between two times, at the end of a closed minute. */
  evaluate(atMs: number, lastMs: number = atMs - minuteMs): Evaluation[] {
    const evaluations: Evaluation[] = [];
    for (const compiled of this.#compiled) {
      const every = (compiled.rule.every ?? defaultEvery) * minuteMs;
      if (Math.floor(atMs / every) === Math.floor(lastMs / every)) continue;
      for (const group of this.history.groups(groupingOf(compiled.rule), compiled.needs)) {
        const instance = this.#instance(compiled, group);
        const before = instance.state;
        instance.verdict = compiled.judge(this.history, group, atMs);
        instance.state = evaluate(compiled.rule, instance.verdict, before, atMs);
        evaluations.push({ rule: compiled.rule, group, before, state: instance.state, verdict: instance.verdict });
      }
    }
    return evaluations;
  }

  /** All that fires, and what fired when this was last asked and does no more. */
  alerts(now: number): { firing: Alert[]; resolved: Alert[] } {
    const firing = new Map<string, Alert>();
    for (const { compiled, group, state, verdict } of this.#instances.values()) {
      if (state.status !== "firing") continue;
      const alert = toAlert(compiled.rule, group, state, verdict);
      const known = firing.get(alert.fingerprint);
      if (!known || severityRank[alert.severity] > severityRank[known.severity]) firing.set(alert.fingerprint, alert);
    }
    const resolved = [...this.#firing.values()]
      .filter(({ fingerprint }) => !firing.has(fingerprint))
      .map((alert): Alert => ({ ...alert, status: "resolved", endedAt: now, text: this.#lastText(alert) }));
    this.#firing = firing;
    return { firing: [...firing.values()], resolved };
  }

  /** What is not at rest. */
  states(): Evaluation[] {
    return [...this.#instances.values()]
      .filter(({ state }) => state.status !== "inactive")
      .map(({ compiled, group, state, verdict }) => ({ rule: compiled.rule, group, before: state, state, verdict }));
  }

  /** Takes a state over, from before a restart or from rules that these replace; false when no rule fits. */
  restore(rule: string, group: Group, state: AlertState): boolean {
    const compiled = this.#compiled.find((one) => one.rule.name === rule);
    if (!compiled || groupingOf(compiled.rule).join() !== Object.keys(group).join()) return false;
    this.#instance(compiled, group).state = state;
    for (const need of compiled.needs) this.history.tally(need, group);
    return true;
  }

  /** Takes over what the rules before had found; alerts of rules that are gone end at the next look. */
  succeed(earlier: RuleSet): void {
    for (const { rule, group, state } of earlier.states()) this.restore(rule.name, group, state);
    this.#firing = earlier.#firing;
  }

  #instance(compiled: CompiledRule, group: Group): Instance {
    const key = `${compiled.rule.name}\u001f${groupKey(group)}`;
    let instance = this.#instances.get(key);
    if (!instance) {
      instance = { compiled, group, state: inactive, verdict: unread };
      this.#instances.set(key, instance);
    }
    return instance;
  }

  #lastText(alert: Alert): string {
    for (const { compiled, verdict, group } of this.#instances.values()) {
      if (compiled.rule.name === alert.rule && fingerprintOf(alertOf(compiled.rule), group) === alert.fingerprint) {
        return verdict.text;
      }
    }
    return "the rule was removed";
  }
}

function toAlert(rule: Rule, group: Group, state: Extract<AlertState, { status: "firing" }>, verdict: Verdict): Alert {
  return {
    fingerprint: fingerprintOf(alertOf(rule), group),
    name: alertOf(rule),
    status: "firing",
    severity: severityOf(rule),
    labels: { ...rule.labels, ...group },
    summary: rule.summary,
    text: verdict.text,
    rule: rule.name,
    firedAt: state.firedAt,
    ...(rule.runbook === undefined ? {} : { runbook: rule.runbook }),
    ...(rule.cooldown === undefined ? {} : { cooldown: rule.cooldown }),
  };
}
