import { fakeClock } from "@flyball/core";
import {
  createFlags,
  type EmbeddedFlags,
  type FlagAdmin,
  type Flags,
  newFlag,
  withKill,
  withRollout,
} from "@flyball/flags";
import { createTelemetry } from "@flyball/telemetry";
import { describe, expect, test } from "vitest";
import {
  createGovernor,
  createSqliteLedger,
  type Governor,
  type GovernorOptions,
  type RolloutEntry,
  RolloutStateError,
  readPlan,
} from "../src/index.ts";
import { opening } from "./fixtures/opening.ts";
import { outcome } from "./fixtures/outcomes.ts";
import { lognormal, seeded } from "./simulation/random.ts";

const opened = opening();
const by = { who: "ann", why: "it is time" };
const hour = 3_600_000;

const plan = readPlan({
  flag: "cache",
  code: ["packages/cache/src/semantic"],
  steps: [5, 50].map((percent) => ({ percent, minimum: { time: "1h", units: 100 } })),
  guardrails: [
    { metric: "errors", margin: "5%" },
    { metric: "latency", margin: "10%" },
  ],
});

interface World {
  readonly governor: Governor;
  readonly provider: EmbeddedFlags;
  readonly flags: Flags;
  readonly entries: RolloutEntry[];
  /** Lets so many units make one run each. */
  serve(units: number, treatment: { readonly factor?: number; readonly errors?: number }): Promise<void>;
  readonly clock: ReturnType<typeof fakeClock>;
  /** Another governor of the same rollout, as another process would have it. */
  another(options?: Partial<GovernorOptions>): Governor;
}

function world(options: Partial<GovernorOptions> = {}): World {
  const clock = fakeClock();
  const store = opened.store();
  const provider = opened.flags(store, { clock });
  const flags = createFlags({ provider, defaults: { cache: false }, clock });
  const entries: RolloutEntry[] = [];
  const ledger = createSqliteLedger(store, clock);
  const common = { ledger, provider, admin: provider, plans: [plan], evaluateMs: 0, clock };
  const governor = createGovernor({ ...common, onEntry: (_flag, entry) => void entries.push(entry), ...options });
  const random = seeded(7);
  let unit = 0;
  return {
    governor,
    provider,
    flags,
    entries,
    clock,
    another: (more = {}) => createGovernor({ ...common, ...more }),
    async serve(units, { factor = 1, errors = 0.01 }) {
      for (let index = 0; index < units; index++) {
        const id = `unit-${unit++}`;
        const { decisions } = flags.resolve({ runId: `run-${id}`, unit: id });
        const treated = flags.isOn(decisions, "cache");
        const durationMs = lognormal(random, 1_000, 0.3) * (treated ? factor : 1);
        const status = random() < (treated ? errors : 0.01) ? "error" : "ok";
        governor.record(outcome({ unit: id, decisions, durationMs, status }));
      }
      await governor.flush();
    },
  };
}

describe("a rollout", () => {
  test("that does no harm ramps by its plan, ships, and is reported as ready for removal with its code", async () => {
    const { governor, provider, serve, clock, entries } = world();
    expect((await governor.status("cache"))[0]).toMatchObject({ words: "not begun", treatmentPercent: 0 });
    const begun = await governor.order("cache", "begin", by);
    expect(begun).toMatchObject({ treatmentPercent: 5, controlPercent: 5 });
    expect(begun.words).toMatch(/5 % treatment and 5 % control, step 1 of 2: not enough traffic, 100 more units/);

    await serve(1_000, { factor: 0.8 });
    await clock.advance(hour);
    await governor.evaluate();
    expect((await governor.status())[0]?.words).toMatch(/\d+ more units an arm are needed, expected 2026-/);
    await serve(2_000, { factor: 0.8 });
    await governor.evaluate();
    expect((await governor.status())[0]).toMatchObject({
      state: { step: 1 },
      treatmentPercent: 50,
      controlPercent: 50,
    });

    await serve(4_000, { factor: 0.8 });
    await clock.advance(hour);
    await governor.evaluate();
    const [status] = await governor.status();
    expect(status).toMatchObject({ state: { phase: "shipped", applied: true }, treatmentPercent: 0 });
    expect(status?.words).toBe("shipped, ready for removal with the plain path in packages/cache/src/semantic");
    expect(provider.definition("cache")).toMatchObject({ enabled: true, stale: true });
    expect(provider.evaluate(["cache"], { unit: "anybody" })[0]?.arm).toBe("on");
    expect(entries.map(({ action, who }) => [action, who])).toEqual([
      ["begin", "ann"],
      ["step", "governor"],
      ["ship", "governor"],
    ]);
    expect(entries[2]?.why).toMatch(/latency: better, −\d+\.\d % \[/);
    const [effects] = await governor.effects("cache");
    expect(effects?.effects.find(({ metric }) => metric === "latency")?.verdict).toBe("better");
  });

  test.each([
    ["slow", { factor: 1.3 }, "latency"],
    ["failing", { errors: 0.5 }, "errors"],
  ])("that is %s is rolled back within one evaluation, and says why with the figures", async (_, harm, because) => {
    const { governor, provider, flags, serve, clock, entries } = world();
    await governor.order("cache", "begin", by);
    await serve(4_000, {});
    await clock.advance(hour);
    await governor.evaluate();
    const treated = Array.from({ length: 50 }, (_unused, index) => `unit-${index}`).find(
      (unit) => flags.evaluate("cache", { unit }).arm === "treatment",
    );
    const { decisions } = flags.resolve({ runId: "running", unit: treated as string });
    await serve(3_000, harm);
    await governor.evaluate();
    const [status] = await governor.status();
    expect(status?.state).toMatchObject({ phase: "rolled back", because: [because], applied: true });
    expect(status).toMatchObject({ treatmentPercent: 0, controlPercent: 0 });
    // What runs at that moment is off as well, and so is what resumes later.
    expect(flags.arm(decisions, "cache")).toBe("off");
    const rollback = entries.at(-1);
    expect(rollback).toMatchObject({ action: "rollback", who: "governor" });
    expect(rollback?.why).toMatch(new RegExp(`${because} is worse than tolerated.*${because}: (worse|early)`));
    const [logged] = await provider.history({ flag: "cache" });
    expect(logged).toMatchObject({ action: "rollback", who: "governor", why: rollback?.why });
    expect(logged?.figures).toEqual(JSON.parse(JSON.stringify(rollback?.figures)));
    // Still there to be read afterwards.
    expect((await governor.effects("cache"))[0]?.units.treatment).toBeGreaterThan(1_000);
  });

  test("begun again deals units anew and counts from nothing", async () => {
    const { governor, provider, serve } = world();
    await governor.order("cache", "begin", by);
    await serve(2_000, { errors: 0.9 });
    await governor.evaluate();
    expect((await governor.status())[0]?.state.phase).toBe("rolled back");
    const again = await governor.order("cache", "begin", { who: "bob", why: "fixed" });
    expect(again).toMatchObject({ state: { phase: "ramping", round: 2 }, units: { control: 0, treatment: 0 } });
    expect(provider.definition("cache")?.enabled).toBe(true);
    await serve(500, {});
    await governor.evaluate();
    expect((await governor.status())[0]?.state).toMatchObject({ phase: "ramping", round: 2 });
  });

  test("whose units fall into the wrong arm is paused, and keeps its percentage", async () => {
    const { governor, provider, clock } = world();
    await governor.order("cache", "begin", by);
    for (let unit = 0; unit < 1_500; unit++) {
      const arm = unit % 3 === 0 ? "control" : "treatment";
      governor.record(outcome({ unit: `u${unit}`, decisions: { cache: arm } }));
    }
    await governor.flush();
    await clock.advance(hour);
    await governor.evaluate();
    const [status] = await governor.status();
    expect(status).toMatchObject({ state: { phase: "paused", because: "sample-ratio" }, treatmentPercent: 5 });
    expect(provider.definition("cache")?.enabled).toBe(true);
    await expect(governor.order("cache", "resume", by)).rejects.toThrow(RolloutStateError);
  });

  test("whose flag somebody switched off is left to them", async () => {
    const { governor, provider, serve, clock } = world();
    await governor.order("cache", "begin", by);
    await serve(100, {});
    await provider.change("cache", (flag) => flag && withKill(flag), { who: "bob", why: "I do not like it" });
    await clock.advance(60_000);
    await governor.evaluate();
    expect((await governor.status())[0]?.state).toMatchObject({ phase: "paused", because: "changed by hand" });
    expect(provider.definition("cache")?.enabled).toBe(false);
    await governor.order("cache", "resume", by);
    expect(provider.definition("cache")?.enabled).toBe(true);
  });

  test("that cannot set the flag tries again until it can; a breach is never found and forgotten", async () => {
    let down = false;
    const failing: { admin?: FlagAdmin } = {};
    const { governor, provider, serve } = world({
      admin: {
        get: (flag) => provider.get(flag),
        list: () => provider.list(),
        history: (query) => provider.history(query),
        change: (flag, edit, change) =>
          down ? Promise.reject(new Error("the server is down")) : provider.change(flag, edit, change),
      },
      ...failing,
    });
    await governor.order("cache", "begin", by);
    await serve(2_000, { errors: 0.9 });
    down = true;
    await governor.evaluate();
    expect((await governor.status())[0]?.state).toMatchObject({ phase: "rolled back", applied: false });
    expect(provider.definition("cache")?.enabled).toBe(true);
    expect(governor.stats().failedEvaluations).toBe(1);
    down = false;
    await governor.evaluate();
    expect(provider.definition("cache")?.enabled).toBe(false);
    expect((await governor.status())[0]?.state).toMatchObject({ phase: "rolled back", applied: true });
  });

  test("is finished by another process when the one that decided died before it set the flag", async () => {
    const { governor, provider, serve, another } = world({
      admin: { change: () => new Promise(() => {}) } as unknown as FlagAdmin,
    });
    void governor.order("cache", "begin", by);
    const other = another();
    await other.evaluate();
    await other.evaluate();
    expect(provider.definition("cache")?.enabled).toBe(true);
    await serve(2_000, { errors: 0.9 });
    await other.evaluate();
    expect(provider.definition("cache")?.enabled).toBe(false);
    await other.close();
  });

  test("whose state was lost goes on being guarded, from where the flag's rules are", async () => {
    const store = opened.store();
    const { governor, serve, entries, provider } = world({ ledger: createSqliteLedger(store) });
    await governor.order("cache", "begin", by);
    await governor.order("cache", "roll back", by);
    await governor.order("cache", "begin", by);
    await serve(100, {});
    store.database.exec("DELETE FROM governor_rollouts; DELETE FROM governor_effects");
    await governor.evaluate();
    expect((await governor.status())[0]?.state).toMatchObject({ phase: "ramping", round: 2, step: 0 });
    expect(entries.at(-1)).toMatchObject({ action: "count anew" });
    await serve(2_000, { errors: 0.9 });
    await governor.evaluate();
    expect(provider.definition("cache")?.enabled).toBe(false);
    // A ramp that was rolled back is not one.
    store.database.exec("DELETE FROM governor_rollouts");
    await governor.evaluate();
    expect((await governor.status())[0]?.state.phase).toBe("waiting");
  });

  test("moves once, however many processes evaluate it", async () => {
    const { governor, serve, clock, provider, another } = world();
    const others = [another(), another()];
    await governor.order("cache", "begin", by);
    await serve(4_000, {});
    await clock.advance(hour);
    await Promise.all([governor, ...others].map((one) => one.evaluate()));
    const [status] = await governor.status();
    expect(status?.log.map(({ action }) => action)).toEqual(["begin", "step"]);
    expect(status?.state).toMatchObject({ step: 1 });
    expect(await provider.history({ flag: "cache" })).toHaveLength(2);
    for (const other of others) await other.close();
  });

  test("with a holdback goes on being measured after it shipped", async () => {
    const { governor, provider, serve } = world();
    governor.load({ ...plan, ship: { ...plan.ship, holdbackPercent: 10 } });
    await governor.order("cache", "begin", by);
    await serve(200, {});
    const shipped = await governor.order("cache", "ship", { who: "ann", why: "enough" });
    expect(shipped.words).toBe("shipped, 10 % held back as control");
    expect(shipped.controlPercent).toBeCloseTo(10);
    expect(provider.definition("cache")?.stale).toBe(false);
    await serve(1_000, {});
    const [effects] = await governor.effects("cache");
    expect(effects?.units.control).toBeGreaterThan(50);
    expect(effects?.units.treatment).toBeGreaterThan(800);
  });

  test("on a hurried plan says so", async () => {
    const { governor } = world();
    governor.load({ ...plan, hurried: true });
    expect((await governor.status())[0]?.hurried).toBe(true);
  });
});

describe("the governor", () => {
  test("measures every flag that is compared, with a plan or without", async () => {
    const { governor, provider, clock } = world({ plans: [] });
    await provider.change("loose", () => withRollout(newFlag("loose"), { percent: 50 }), by);
    for (let unit = 0; unit < 100; unit++) {
      const decisions = { loose: unit % 2 ? "control" : "treatment" } as const;
      governor.record(outcome({ unit: `u${unit}`, decisions, durationMs: unit % 2 ? 1_000 : 900 }));
    }
    await clock.advance(1_000);
    await governor.flush();
    const [found] = await governor.effects();
    expect(found).toMatchObject({ flag: "loose", units: { control: 50, treatment: 50 }, lostAt: undefined });
    expect(found?.words[0]).toMatch(/^latency: too early to say|^latency: early/);
    expect(await governor.status()).toEqual([]);
  });

  test("takes outcomes from telemetry, and reads none that no comparison wants", async () => {
    const telemetry = createTelemetry();
    const { governor, provider } = world({ telemetry });
    await provider.change("loose", () => withRollout(newFlag("loose"), { percent: 50 }), by);
    const run = { runId: "r", workflow: "w", unit: "u", decisions: { loose: "treatment" } } as const;
    await telemetry.trace({ kind: "run", name: "w", run }, async () => undefined);
    expect(governor.stats().pending).toBe(1);
    await governor.close();
    await telemetry.trace({ kind: "run", name: "w", run }, async () => undefined);
    expect(governor.stats().pending).toBe(0);
  });

  test("never throws into what it watches: a ledger that is gone, a listener that throws", async () => {
    const { governor, clock } = world({
      onEntry: () => {
        throw new Error("listener");
      },
    });
    await governor.order("cache", "begin", by);
    expect(governor.stats().failures).toMatchObject({ "rollout listener": 1 });
    const gone = world({
      ledger: {
        update: () => Promise.reject(new Error("gone")),
        read: () => Promise.reject(new Error("gone")),
        readAll: () => Promise.reject(new Error("gone")),
        close: async () => {},
      },
    });
    await gone.provider.change("cache", () => withRollout(newFlag("cache"), { percent: 50 }), by);
    gone.governor.record(outcome({ unit: "u", decisions: { cache: "control" } }));
    await gone.clock.advance(5_000);
    await gone.governor.evaluate();
    expect(gone.governor.stats()).toMatchObject({ pending: 1, failedEvaluations: 1 });
    await clock.advance(0);
  });

  test("refuses orders that nobody planned", async () => {
    await expect(world().governor.order("other", "begin", by)).rejects.toThrow(/no rollout plan for "other"/);
  });
});
