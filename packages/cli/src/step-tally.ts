import { createSketch, type Sketch } from "@flyball/stats";
import type { Outcome } from "@flyball/telemetry";

/** What the runs of one command spent at one step. */
export interface StepTotals {
  readonly name: string;
  readonly count: number;
  readonly errors: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly maxMs: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly usd: number;
  /** Model calls whose price is not known. */
  readonly unpriced: number;
}

/** Counts the outcomes of a command's runs by step. */
export interface StepTally {
  add(outcome: Outcome): void;
  /** Steps in the order in which they first ended; the whole run last. */
  totals(): StepTotals[];
}

interface Spent {
  inputTokens: number;
  outputTokens: number;
  usd: number;
  unpriced: number;
}

interface Step extends Spent {
  readonly sketch: Sketch;
  errors: number;
}

// Operations under way whose children have spent something; far above what any run has at once.
const mostOpen = 50_000;

/**
 * Tallies nodes and runs. What a model call spent counts at every operation around it: calls end before the node
 * that made them, so each hands its sum up to its parent when it ends.
 */
export function stepTally(): StepTally {
  const nodes = new Map<string, Step>();
  const runs = new Map<string, Step>();
  const open = new Map<string, Spent>();

  function handUp(parent: string | undefined, spent: Spent): void {
    if (parent === undefined || (!open.has(parent) && open.size >= mostOpen)) return;
    const sum = open.get(parent) ?? nothing();
    addTo(sum, spent);
    open.set(parent, sum);
  }

  return {
    add(outcome) {
      const spent = ownSpending(outcome);
      const inside = open.get(outcome.spanId);
      if (inside) addTo(spent, inside);
      open.delete(outcome.spanId);
      if (spent.inputTokens + spent.outputTokens + spent.usd + spent.unpriced > 0) handUp(outcome.parentSpanId, spent);
      if (outcome.kind !== "node" && outcome.kind !== "run") return;
      if (outcome.status === "skipped" || outcome.status === "suspended") return;
      const steps = outcome.kind === "run" ? runs : nodes;
      const step = steps.get(outcome.name) ?? { sketch: createSketch(), errors: 0, ...nothing() };
      steps.set(outcome.name, step);
      step.sketch.add(outcome.durationMs);
      if (outcome.status !== "ok") step.errors++;
      addTo(step, spent);
    },
    totals: () => [...nodes, ...runs].map(([name, step]) => totalsOf(name, step)),
  };
}

const nothing = (): Spent => ({ inputTokens: 0, outputTokens: 0, usd: 0, unpriced: 0 });

function ownSpending({ usage, cost }: Outcome): Spent {
  return {
    inputTokens: usage?.inputTokens ?? 0,
    outputTokens: usage?.outputTokens ?? 0,
    usd: cost?.priced ? cost.usd : 0,
    unpriced: cost && !cost.priced ? 1 : 0,
  };
}

function addTo(sum: Spent, more: Spent): void {
  sum.inputTokens += more.inputTokens;
  sum.outputTokens += more.outputTokens;
  sum.usd += more.usd;
  sum.unpriced += more.unpriced;
}

function totalsOf(name: string, { sketch, ...rest }: Step): StepTotals {
  return {
    name,
    count: sketch.count,
    p50Ms: sketch.quantile(0.5) ?? 0,
    p95Ms: sketch.quantile(0.95) ?? 0,
    maxMs: sketch.max ?? 0,
    ...rest,
  };
}
