import { fakeClock } from "@flyball/core";
import { describe, expect, it } from "vitest";
import {
  createIdleRelease,
  createPreloader,
  createScriptedProvider,
  type LoadedModel,
  type Provider,
  sharedPreloader,
} from "../src/index.ts";

describe("preloading", () => {
  it("loads several models at once, warms them up, and keeps the timings", async () => {
    const clock = fakeClock();
    const provider = createScriptedProvider({ clock, loadMs: 300, answers: [{ text: "hi", delayMs: 20 }] });
    const system = [{ role: "system", content: "be brief" } as const];
    const preloader = createPreloader({ provider, clock, models: ["a", { model: "b", warmUp: [system, system] }] });
    expect(preloader.report().map(({ status }) => status)).toEqual(["waiting", "waiting"]);
    const done = preloader.start();
    expect(preloader.start()).toBe(done);
    await clock.advance(299);
    expect(preloader.report().map(({ status }) => status)).toEqual(["loading", "loading"]);
    await clock.advance(1);
    await clock.advance(40);
    expect(await done).toEqual([
      { model: "a", status: "ready", loadMs: 300, warmUpMs: 20 },
      { model: "b", status: "ready", loadMs: 300, warmUpMs: 40 },
    ]);
    expect(provider.calls.map(({ model, maxTokens }) => [model, maxTokens])).toEqual([
      ["a", 1],
      ["b", 1],
      ["b", 1],
    ]);
  });

  it("does not begin more at once than it may", async () => {
    const clock = fakeClock();
    const provider = createScriptedProvider({ clock, loadMs: 100, answers: ["hi"] });
    const preloader = createPreloader({ provider, clock, models: ["a", "b", "c"], concurrency: 2 });
    const done = preloader.start();
    await clock.advance(1);
    expect(preloader.report().map(({ status }) => status)).toEqual(["loading", "loading", "waiting"]);
    await clock.advance(200);
    await clock.advance(100);
    expect((await done).every(({ status }) => status === "ready")).toBe(true);
  });

  it("gives each its own timeout, and leaves what failed to be loaded on demand", async () => {
    const clock = fakeClock();
    const provider = createScriptedProvider({ clock, answers: ["hi"] });
    const load = provider.load.bind(provider);
    provider.load = async (model, signal) => {
      if (model === "slow") return clock.sleep(1e9);
      if (model === "broken") throw new Error("no such file");
      return load(model, signal);
    };
    const preloader = createPreloader({ provider, clock, models: ["slow", "broken", "fine"], timeoutMs: 500 });
    const done = preloader.start();
    await clock.advance(500);
    expect(await done).toEqual([
      { model: "slow", status: "timeout", reason: "preloading slow did not finish within 500 ms" },
      { model: "broken", status: "failed", reason: "no such file" },
      { model: "fine", status: "ready", loadMs: 0, warmUpMs: 0 },
    ]);
    const request = { model: "broken", messages: [{ role: "user", content: "x" }] } as const;
    expect((await provider.generate(request)).text).toBe("hi");
  });

  it("gives up when stopped", async () => {
    const clock = fakeClock();
    const provider = createScriptedProvider({ clock, loadMs: 1e6, answers: [] });
    const preloader = createPreloader({ provider, clock, models: ["a"] });
    const done = preloader.start();
    await clock.advance(1);
    preloader.stop();
    expect(await done).toEqual([{ model: "a", status: "failed", reason: "preloading a was cancelled" }]);
    expect(clock.pending).toBe(0);
  });

  it("is one a provider where it is shared, and warms up providers that load nothing", async () => {
    const { load: _load, unload: _unload, ...scripted } = createScriptedProvider({ answers: ["hi"] });
    const provider: Provider = scripted;
    const first = sharedPreloader({ provider, models: ["a"] });
    expect(sharedPreloader({ provider, models: ["b"] })).toBe(first);
    expect(await first.start()).toMatchObject([{ model: "a", status: "ready" }]);
    expect(scripted.calls).toHaveLength(1);
  });

  it("refuses a nonsensical timeout", () => {
    const provider = createScriptedProvider({ answers: [] });
    expect(() => createPreloader({ provider, models: [], timeoutMs: 0 })).toThrow("preload.timeoutMs");
  });
});

describe("releasing what is idle", () => {
  const ask = (model: string) => ({ model, messages: [{ role: "user", content: "x" }] }) as const;
  const names = (models: readonly LoadedModel[]) => models.map(({ model }) => model);

  it("gives back what was unused for long enough, not what is at work, and loads it again on demand", async () => {
    const clock = fakeClock();
    const provider = createScriptedProvider({
      clock,
      answers: [{ when: ({ model }) => model === "busy", text: "late", delayMs: 5000 }, { text: "hi" }],
    });
    const release = createIdleRelease({ provider, clock, idleAfterMs: 1000, checkEveryMs: 250 });
    const busy = provider.generate(ask("busy"));
    await provider.load("idle");
    await provider.load("used");
    await clock.advance(900);
    await provider.generate(ask("used"));
    await clock.advance(100);
    expect(names(provider.loadedModels())).toEqual(["busy", "used"]);
    await clock.advance(1000);
    expect(names(provider.loadedModels())).toEqual(["busy"]);
    expect(release.count).toEqual({ idle: 2, memory: 0 });
    await provider.generate(ask("idle"));
    expect(names(provider.loadedModels())).toEqual(["busy", "idle"]);
    release.stop();
    await clock.advance(3000);
    expect((await busy).text).toBe("late");
    expect(clock.pending).toBe(0);
  });

  it("gives back the longest unused first while the process is over its memory", async () => {
    const clock = fakeClock();
    const provider = createScriptedProvider({ clock, answers: ["hi"] });
    for (const model of ["a", "b", "c"]) {
      await provider.load(model);
      await clock.advance(10);
    }
    await provider.generate(ask("a"));
    const memory = () => provider.loadedModels().length * 100;
    const release = createIdleRelease({ provider, clock, memory, memoryLimitBytes: 150 });
    expect(await release.check()).toEqual([
      { model: "b", why: "memory" },
      { model: "c", why: "memory" },
    ]);
    expect(release.memoryBytes).toBe(100);
    expect(await release.check()).toEqual([]);
    release.stop();
  });

  it("counts a provider that fails, and goes on watching", async () => {
    const clock = fakeClock();
    const provider = createScriptedProvider({ clock, answers: [] });
    await provider.load("a");
    const unload = provider.unload.bind(provider);
    let fails = true;
    provider.unload = async (model) => {
      if (fails) throw new Error("stuck");
      return unload(model);
    };
    const release = createIdleRelease({ provider, clock, idleAfterMs: 0 });
    expect(await release.check()).toEqual([]);
    fails = false;
    expect(await release.check()).toEqual([{ model: "a", why: "idle" }]);
    release.stop();
  });
});
