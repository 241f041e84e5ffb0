import type { Rule } from "../../src/index.ts";
import { run, times } from "./readings.ts";
import type { Phase } from "./two-worlds.ts";

interface OddRule {
  readonly rule: Rule;
  readonly phases: readonly Phase[];
  /** How often the alert begins and ends. */
  readonly times: number;
}

const base = {
  type: "threshold",
  summary: "For tests.",
  measure: { metric: "duration", kind: "run" },
  above: 10,
  window: 5,
  every: 1,
} as const;

/** What the default rules do not use: waiting, lingering, hysteresis, and every way to meet silence. */
export const oddRules: readonly OddRule[] = [
  {
    rule: { ...base, name: "waits", for: 4 },
    phases: [
      { minutes: 10, each: [run(2)] },
      { minutes: 2, each: [run(20)] },
      { minutes: 20, each: [run(2)] },
      { minutes: 12, each: [run(20)] },
      { minutes: 20, each: [run(2)] },
    ],
    times: 1,
  },
  {
    rule: { ...base, name: "lingers", keepFiring: 7 },
    phases: [
      { minutes: 10, each: [run(2)] },
      { minutes: 6, each: [run(20)] },
      { minutes: 6, each: [run(2)] },
      { minutes: 6, each: [run(20)] },
      { minutes: 30, each: [run(2)] },
    ],
    times: 1,
  },
  {
    rule: { ...base, name: "has-hysteresis", clear: 5 },
    phases: [
      { minutes: 10, each: [run(7)] },
      { minutes: 10, each: [run(20)] },
      { minutes: 10, each: [run(7)] },
      { minutes: 10, each: [run(2)] },
      { minutes: 10, each: [run(7)] },
    ],
    times: 1,
  },
  {
    rule: { ...base, name: "ignores-silence", minCount: 3 },
    phases: [
      { minutes: 10, each: [run(2)] },
      { minutes: 10, each: [run(20)] },
      { minutes: 10, each: [] },
      { minutes: 1, each: [run(20)] },
      { minutes: 10, each: [] },
    ],
    times: 1,
  },
  {
    rule: { ...base, name: "keeps-through-silence", noData: "keep", lowTraffic: "keep", minCount: 3 },
    phases: [
      { minutes: 10, each: [run(2)] },
      { minutes: 10, each: [run(20)] },
      { minutes: 10, each: [] },
      { minutes: 1, each: [run(2)] },
      { minutes: 10, each: [] },
      { minutes: 10, each: [run(2)] },
    ],
    times: 1,
  },
  {
    rule: { ...base, name: "alerts-at-silence", noData: "alert" },
    phases: [
      { minutes: 10, each: [run(2)] },
      { minutes: 10, each: [] },
      { minutes: 10, each: [run(2)] },
    ],
    times: 1,
  },
  {
    rule: { type: "absence", name: "is-absent", summary: "For tests.", of: { kind: "run" }, window: 5, every: 1 },
    phases: [
      { minutes: 10, each: times(2, run(2)) },
      { minutes: 10, each: [] },
      { minutes: 10, each: [run(2)] },
    ],
    times: 1,
  },
  {
    rule: {
      type: "threshold",
      name: "counts-down",
      summary: "For tests.",
      measure: { metric: "count", kind: "run", per: "hour" },
      below: 30,
      window: 5,
      every: 1,
    },
    phases: [
      { minutes: 10, each: times(2, run(2)) },
      { minutes: 4, each: [] },
      { minutes: 20, each: times(2, run(2)) },
    ],
    times: 1,
  },
];
