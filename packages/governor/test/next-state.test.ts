import { describe, expect, test } from "vitest";
import {
  type Facts,
  type GuardrailVerdict,
  nextState,
  type RolloutState,
  RolloutStateError,
  readPlan,
  type Verdicts,
} from "../src/index.ts";
import { obey } from "../src/rollout/orders.ts";

const hour = 3_600_000;
const plan = readPlan("flag: cache\nguardrails: [{ metric: errors }, { metric: latency }]\nship: { better: [cost] }");
const begun = obey(plan, { phase: "waiting", round: 0 }, "begin", "go", 0).state as Extract<
  RolloutState,
  { phase: "ramping" }
>;
const ramping = { ...begun, applied: true, incarnation: "one" };
const last = { ...ramping, step: 3 };

const fine = (metric: string): GuardrailVerdict => ({
  metric,
  measured: true,
  breached: false,
  safe: true,
  harmPValue: 1,
  safetyPValue: 0,
});

function facts(more: Partial<Verdicts> = {}, rest: Partial<Facts> = {}): Facts {
  const verdicts: Verdicts = {
    guardrails: [fine("errors"), fine("latency")],
    wishes: [{ metric: "cost", better: true }],
    sampleRatioMismatch: false,
    units: { control: 1_000, treatment: 1_000 },
    ...more,
  };
  return { verdicts, incarnation: "one", asAsked: true, ...rest };
}

describe("the next state of a rollout", () => {
  test("is the next step when time and units are there", () => {
    const { state, entry } = nextState(plan, ramping, facts(), hour);
    expect(state).toMatchObject({ phase: "ramping", step: 1, stepAt: hour, unitsBefore: 1_000, applied: false });
    expect(entry).toMatchObject({ action: "step" });
    expect(entry?.why).toMatch(/5 %/);
  });

  test("waits for time, and says until when", () => {
    const { state, entry } = nextState(plan, ramping, facts(), hour - 1);
    expect(state).toMatchObject({ step: 0, waiting: { for: "time", until: hour } });
    expect(entry).toBeUndefined();
  });

  test("without traffic is not an abort: it says how many units are missing, and when they may be there", () => {
    const nothing = { verdicts: undefined, incarnation: undefined, asAsked: true };
    expect(nextState(plan, { ...ramping, incarnation: undefined }, nothing, 50 * hour).state).toMatchObject({
      phase: "ramping",
      waiting: { for: "traffic", unitsMissing: 100, expectedAt: undefined },
    });
    const some = facts({ units: { control: 25, treatment: 40 } });
    expect(nextState(plan, ramping, some, hour).state).toMatchObject({
      waiting: { for: "traffic", unitsMissing: 75, expectedAt: 4 * hour },
    });
  });

  test("counts a step's own units, not those of the steps before", () => {
    const second = { ...ramping, step: 1, unitsBefore: 950 };
    expect(nextState(plan, second, facts(), 2 * hour).state).toMatchObject({
      step: 1,
      waiting: { for: "traffic", unitsMissing: 50 },
    });
  });

  test("does not go on while something that is guarded is not measured, and names it", () => {
    const unmeasured = { ...fine("latency"), measured: false, safe: false };
    const { state } = nextState(plan, ramping, facts({ guardrails: [fine("errors"), unmeasured] }), hour);
    expect(state).toMatchObject({ step: 0, waiting: { for: "measurements", unmeasured: ["latency"] } });
  });

  test("is shipped when every guardrail is safe and every wish came true", () => {
    expect(nextState(plan, last, facts(), hour)).toMatchObject({
      state: { phase: "shipped", at: hour, applied: false },
      entry: { action: "ship" },
    });
  });

  test("waits for a verdict, and names what is open", () => {
    const unsafe = { ...fine("errors"), safe: false };
    const open = facts({ guardrails: [unsafe, fine("latency")], wishes: [{ metric: "cost", better: false }] });
    expect(nextState(plan, last, open, hour).state).toMatchObject({
      phase: "ramping",
      waiting: { for: "verdict", open: ["errors", "cost better"] },
    });
  });

  test("is never stuck: without a verdict for long it asks a person", () => {
    const open = facts({ wishes: [{ metric: "cost", better: false }] });
    const { state, entry } = nextState(plan, last, open, 31 * 24 * hour);
    expect(state).toMatchObject({ phase: "paused", because: "inconclusive" });
    expect(entry?.why).toMatch(/cost better/);
  });

  test("by hand is ready to ship, and waits", () => {
    const byHand = { ...plan, ship: { ...plan.ship, byHand: true } };
    expect(nextState(byHand, last, facts(), hour).state).toMatchObject({ waiting: { for: "a person" } });
  });

  test("is rolled back within the evaluation that finds a breach, whatever the step waits for", () => {
    const breached = { ...fine("errors"), breached: true, harmPValue: 0.001 };
    const units = { control: 10, treatment: 12 };
    const { state, entry } = nextState(plan, ramping, facts({ guardrails: [breached, fine("latency")], units }), 1);
    expect(state).toMatchObject({ phase: "rolled back", because: ["errors"], at: 1, applied: false });
    expect(entry).toMatchObject({ action: "rollback" });
    expect(entry?.why).toMatch(/errors.*0\.0010/);
  });

  test("on a sample-ratio mismatch is paused", () => {
    const suspect = facts({ sampleRatioMismatch: true, units: { control: 900, treatment: 1_300 } });
    const { state, entry } = nextState(plan, ramping, suspect, hour);
    expect(state).toMatchObject({ phase: "paused", because: "sample-ratio", step: 0 });
    expect(entry?.why).toMatch(/900 control, 1300 treatment/);
  });

  test("a mismatch does not hide a breach: it is rolled back first, and the reason says that the numbers are suspect", () => {
    const breached = { ...fine("errors"), breached: true };
    const both = facts({ guardrails: [breached], sampleRatioMismatch: true });
    const { state, entry } = nextState(plan, ramping, both, hour);
    expect(state.phase).toBe("rolled back");
    expect(entry?.why).toMatch(/suspect/);
    const paused = nextState(plan, ramping, facts({ sampleRatioMismatch: true }), hour).state;
    expect(nextState(plan, paused, both, 2 * hour).state.phase).toBe("rolled back");
    expect(nextState(plan, paused, facts(), 2 * hour).state).toBe(paused);
  });

  test("does not fight with a person who changed the flag, but leaves a server time to settle", () => {
    const changed = facts({}, { asAsked: false });
    const early = { ...ramping, stepAt: hour };
    expect(nextState(plan, early, changed, hour + 10_000).state.phase).toBe("ramping");
    expect(nextState(plan, early, changed, 2 * hour)).toMatchObject({
      state: { phase: "paused", because: "changed by hand" },
      entry: { action: "pause" },
    });
  });

  test("says so when what had been counted was lost, and counts anew", () => {
    const { state, entry } = nextState(plan, { ...ramping, unitsBefore: 800 }, facts({}, { incarnation: "two" }), hour);
    expect(state).toMatchObject({ phase: "ramping", step: 0, incarnation: "two", unitsBefore: 0 });
    expect(entry).toMatchObject({ action: "count anew" });
  });

  test("changes nothing where there is nothing to decide", () => {
    for (const state of [
      { phase: "waiting", round: 0 },
      { phase: "shipped", round: 1, at: 0, applied: true },
      { phase: "rolled back", round: 1, at: 0, because: ["errors"], applied: true },
    ] as const) {
      expect(nextState(plan, state, facts({ sampleRatioMismatch: true }), hour).state).toBe(state);
    }
  });

  test("of a plan that was cut short goes on from its last step", () => {
    const short = { ...plan, steps: plan.steps.slice(0, 2) };
    expect(nextState(short, last, facts(), hour).state.phase).toBe("shipped");
  });
});

describe("orders", () => {
  test("begin deals units anew, each time", () => {
    const back = { phase: "rolled back", round: 3, at: 0, because: ["errors"], applied: true } as const;
    expect(obey(plan, back, "begin", "fixed", 5).state).toMatchObject({
      phase: "ramping",
      round: 4,
      step: 0,
      stepAt: 5,
    });
  });

  test("pause and resume keep the step; roll back and ship are a person's right", () => {
    const paused = obey(plan, { ...ramping, step: 2 }, "pause", "holiday", 7).state;
    expect(paused).toMatchObject({ phase: "paused", because: "by hand", step: 2 });
    expect(obey(plan, paused, "resume", "back", 9).state).toMatchObject({ phase: "ramping", step: 2, stepAt: 9 });
    expect(obey(plan, paused, "roll back", "no", 9).state).toMatchObject({
      phase: "rolled back",
      because: ["by hand"],
    });
    expect(obey(plan, ramping, "ship", "sure", 9)).toMatchObject({
      state: { phase: "shipped" },
      entry: { why: "sure" },
    });
  });

  test.each([
    [{ phase: "waiting", round: 0 }, "pause"],
    [{ phase: "waiting", round: 0 }, "roll back"],
    [ramping, "begin"],
    [ramping, "resume"],
    [{ ...ramping, phase: "paused", because: "sample-ratio", at: 0 }, "resume"],
    [{ phase: "shipped", round: 1, at: 0, applied: true }, "ship"],
  ] as const)("that do not fit are refused: %o %s", (state, order) => {
    expect(() => obey(plan, state, order, "why", 0)).toThrow(RolloutStateError);
  });
});
