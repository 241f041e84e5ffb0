import { ConfigurationError } from "@flyball/core";
import { createSketch, type Sketch } from "@flyball/stats";
import type { Outcome } from "../outcome.ts";
import { minuteMs, minuteOf } from "../windows/block.ts";

export interface SamplingOptions {
  /** Share of ordinary traces that is kept, 0 to 1, chosen by trace id. Default 0.1. */
  readonly rate?: number;
  /** Ordinary traces of one name that are kept before the rate applies: a newcomer sees every run. Default 100; evaluations have none. */
  readonly keepFirst?: number;
  /** How many of those are granted again each minute: at low traffic every run stays visible. Default 5. */
  readonly keepPerMinute?: number;
  /** What takes longer, milliseconds, is slow. Default: slower than 95 % of the same name so far. */
  readonly slowMs?: number;
  /** Most traces kept in any minute, errors included; further ones are dropped and counted. Default 120. */
  readonly maxPerMinute?: number;
}

/** Why a trace was kept. */
export type KeptBecause = "error" | "slow" | "suspended" | "continued" | "sampled";

/** Names of which a p95 is known and which have an allowance; further ones are slow only by `slowMs`. */
const maxNames = 500;
/** Durations after which "slower than 95 %" means something. */
const minDurations = 20;
/** Durations after which older ones begin to fade. */
const fadeAfter = 1_000;

/** Decides which traces are kept. */
export interface Sampler {
  /** Undefined when the trace is not kept. Called once for each trace, when its outermost operation has ended. */
  decide(root: Outcome, failed: boolean, continued: boolean, now: number): KeptBecause | undefined;
  /** Traces that were to be kept but for `maxPerMinute`. */
  readonly refused: number;
}

/** @throws ConfigurationError */
export function createSampler(options: SamplingOptions = {}): Sampler {
  const { rate = 0.1, keepFirst = 100, keepPerMinute = 5, slowMs, maxPerMinute = 120 } = options;
  if (!(rate >= 0 && rate <= 1)) throw new ConfigurationError("sampling.rate", rate, "a number from 0 to 1");
  for (const [key, value] of Object.entries({ keepFirst, keepPerMinute, maxPerMinute, slowMs: slowMs ?? 0 })) {
    if (!(value >= 0)) throw new ConfigurationError(`sampling.${key}`, value, "a number from 0");
  }
  const names = new Map<string, Known>();
  let minute = Number.NEGATIVE_INFINITY;
  let kept = 0;
  let refused = 0;

  function knownOf({ kind, name }: Outcome, now: number): Known | undefined {
    const key = `${kind} ${name}`;
    let known = names.get(key);
    if (!known && names.size < maxNames) {
      known = { usual: new Usual(), allowance: new Allowance(keepFirst, keepPerMinute, now) };
      names.set(key, known);
    }
    return known;
  }

  function reasonFor(root: Outcome, failed: boolean, continued: boolean, now: number): KeptBecause | undefined {
    const known = knownOf(root, now);
    // The duration of a part says nothing about the whole.
    const whole = root.status === "ok" && !continued;
    const slower = whole && (known?.usual.isSlower(root.durationMs) ?? false);
    if (failed) return "error";
    // Both parts of a run that was suspended are kept, or neither would make sense.
    if (root.status === "suspended") return "suspended";
    if (continued) return "continued";
    if (slowMs === undefined ? slower : root.durationMs >= slowMs) return "slow";
    if (shareOf(root.traceId) < rate) return "sampled";
    // A score that stands alone is a trace of one line: some for each run would use up what a minute may keep.
    return root.kind !== "evaluation" && known?.allowance.take(now) ? "sampled" : undefined;
  }

  return {
    get refused() {
      return refused;
    },
    decide(root, failed, continued, now) {
      const current = minuteOf(now);
      if (current !== minute) {
        minute = current;
        kept = 0;
      }
      const reason = reasonFor(root, failed, continued, now);
      if (reason === undefined) return undefined;
      if (kept >= maxPerMinute) {
        refused++;
        return undefined;
      }
      kept++;
      return reason;
    },
  };
}

interface Known {
  readonly usual: Usual;
  readonly allowance: Allowance;
}

/** A bucket that starts full and is refilled by the minute. */
class Allowance {
  readonly #most: number;
  readonly #perMinute: number;
  #left: number;
  #at: number;

  constructor(most: number, perMinute: number, now: number) {
    this.#most = most;
    this.#perMinute = perMinute;
    this.#left = most;
    this.#at = now;
  }

  take(now: number): boolean {
    // A clock that was set back grants nothing.
    const minutes = Math.max(0, now - this.#at) / minuteMs;
    this.#left = Math.min(this.#most, this.#left + minutes * this.#perMinute);
    this.#at = now;
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }
}

/** Where a trace id lies between 0 and 1: its last 28 bits, which W3C trace context level 2 wants random. */
function shareOf(traceId: string): number {
  return Number.parseInt(traceId.slice(-7), 16) / 0x10000000;
}

/** How long operations of one name usually take: the last one to two thousand of them. */
class Usual {
  #current: Sketch = createSketch();
  #previous: Sketch | undefined;
  #threshold = Number.POSITIVE_INFINITY;
  #nextUpdate = minDurations;

  /** Whether a duration is above the p95 of those before it. Then counts it. */
  isSlower(durationMs: number): boolean {
    const slower = durationMs > this.#threshold;
    this.#current.add(durationMs);
    if (this.#current.count >= this.#nextUpdate) this.#update();
    return slower;
  }

  #update(): void {
    const all = createSketch();
    all.merge(this.#current);
    if (this.#previous) all.merge(this.#previous);
    this.#threshold = all.quantile(0.95) ?? Number.POSITIVE_INFINITY;
    if (this.#current.count >= fadeAfter) {
      this.#previous = this.#current;
      this.#current = createSketch();
    }
    // A merge of two sketches every sixteen runs, not at every one.
    this.#nextUpdate = this.#current.count + 16;
  }
}
