import { openStore } from "@flyball/storage";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { unleash } from "../../../test/services/unleash/installed.ts";
import { startUnleash, type UnleashService } from "../../../test/services/unleash/server.ts";
import {
  createEmbeddedFlags,
  createUnleashAdmin,
  createUnleashFlags,
  type FlagProvider,
  flagMigrations,
  newFlag,
  readRuleset,
  UnleashServerError,
  withKill,
  withRollout,
  withShipped,
  withTargets,
  writeServerExport,
} from "../src/index.ts";
import { by, stores, units } from "./fixtures/store.ts";
import { until } from "./fixtures/until.ts";
import { providerConformance } from "./provider-conformance.ts";

describe.skipIf(!unleash.installed())("a real Unleash server", () => {
  const opening = stores();
  let server: UnleashService;
  beforeAll(async () => {
    server = await startUnleash();
  });
  afterAll(() => server.stop());

  const fetching = (extra: object = {}): Promise<FlagProvider> =>
    createUnleashFlags({ url: server.url, token: server.clientToken, refreshMs: 50, ...extra });
  const administering = (extra: object = {}) =>
    createUnleashAdmin({ url: server.url, token: server.adminToken, ...extra });

  providerConformance("unleash", async () => {
    const store = openStore({ path: ":memory:", migrations: flagMigrations });
    const provider = await fetching();
    return {
      provider,
      admin: administering({ store }),
      close: async () => {
        await provider.close();
        await store.close();
      },
    };
  });

  test("the embedded rules move to a server and back, and everybody is decided as before", async () => {
    const embedded = createEmbeddedFlags({ store: opening.memory() });
    const segment = { id: 7, name: "paying", constraints: [{ contextName: "plan", operator: "IN", values: ["paid"] }] };
    await embedded.import({ features: [], segments: [segment] }, by);
    await embedded.change("moved-a", () => withTargets(withRollout(newFlag("moved-a"), { percent: 25 }), ["vip"]), by);
    await embedded.change("moved-b", () => withShipped(newFlag("moved-b"), 20), by);
    await embedded.change(
      "moved-c",
      () => {
        const shipped = { ...withShipped(newFlag("moved-c")), dependencies: [{ feature: "moved-b" }] };
        return { ...shipped, strategies: [{ ...shipped.strategies[0]!, segments: [7] }] };
      },
      by,
    );
    const names = ["moved-a", "moved-b", "moved-c"];
    const population = ["vip", ...units(500)].flatMap((unit) => [
      { unit, attributes: { plan: "paid" } },
      { unit, attributes: { plan: "free" } },
    ]);
    const arms = (provider: FlagProvider): string[] =>
      population.flatMap((context) => provider.evaluate(names, context).map(({ flag, arm }) => `${flag} ${arm}`));

    expect(await administering().import(embedded.export(), by)).toEqual(names);
    const provider = await fetching();
    await until(() => names.every((flag) => provider.definition(flag)?.enabled === true));
    expect(arms(provider)).toEqual(arms(embedded));

    const headers = { authorization: server.clientToken, "unleash-client-spec": "5.2.0" };
    const document = await (await fetch(`${server.url}client/features`, { headers })).json();
    const back = createEmbeddedFlags({ store: opening.memory() });
    await back.import(document, by);
    expect(arms(back)).toEqual(arms(embedded));
    await provider.close();
  });

  test("a server's export is read, and ours is what a server exports", async () => {
    const admin = administering();
    await admin.change("exported", () => withRollout(newFlag("exported"), { percent: 10 }), by);
    const answer = await fetch(`${server.url}admin/features-batch/export`, {
      method: "POST",
      headers: { authorization: server.adminToken, "content-type": "application/json" },
      body: JSON.stringify({ environment: "development", features: ["exported"] }),
    });
    const rules = readRuleset(await answer.json());
    const embedded = createEmbeddedFlags({ store: opening.memory() });
    await embedded.import(rules, by);
    const theirs = await admin.get("exported");
    expect(embedded.definition("exported")?.strategies[0]?.variants).toEqual(theirs?.strategies[0]?.variants);
    expect(readRuleset(writeServerExport(rules, "development"))).toEqual({
      ...rules,
      features: [{ ...rules.features[0], description: "" }],
    });
    // The server itself finds nothing wrong with what we write.
    const validation = await fetch(`${server.url}admin/features-batch/validate`, {
      method: "POST",
      headers: { authorization: server.adminToken, "content-type": "application/json" },
      body: JSON.stringify({
        project: "default",
        environment: "development",
        data: writeServerExport(rules, "development"),
      }),
    });
    expect(await validation.json()).toMatchObject({ errors: [] });
  });

  test("the server learns which flags and variants are in use", async () => {
    const admin = administering();
    await admin.change("counted", () => withShipped(newFlag("counted")), by);
    const provider = await fetching({ metricsMs: 100, appName: "metrics-test" });
    await until(() => provider.definition("counted") !== undefined);
    for (const unit of units(5)) provider.evaluate(["counted"], { unit });
    await until(async () => {
      const path = `${server.url}admin/client-metrics/features/counted`;
      const answer = await fetch(path, { headers: { authorization: server.adminToken } });
      return JSON.stringify(await answer.json()).includes("metrics-test");
    }, 15_000);
    await provider.close();
  });

  // The last, because it takes the server away.
  test("down, hung or without its database, the server leaves the rules as they were", {
    timeout: 60_000,
  }, async () => {
    const store = opening.memory();
    const admin = administering({ timeoutMs: 2_000 });
    await admin.change("lasting", () => withShipped(newFlag("lasting")), by);
    const provider = await fetching({ store, timeoutMs: 1_500, appName: "lasting" });
    const on = (one: FlagProvider): boolean => one.evaluate(["lasting"], { unit: "u" })[0]?.arm === "on";
    await until(() => on(provider));
    await store.writer.flush(1_000);

    server.hang();
    await until(() => !provider.health().healthy);
    expect(on(provider)).toBe(true);
    await expect(admin.get("lasting")).rejects.toBeInstanceOf(UnleashServerError);
    server.wake();
    await until(() => provider.health().healthy);

    await server.postgres.kill();
    await expect(admin.change("lasting", () => withKill(newFlag("lasting")), by)).rejects.toThrow(UnleashServerError);
    expect(on(provider)).toBe(true);
    await server.postgres.restart();

    await server.kill();
    await until(() => !provider.health().healthy);
    expect(on(provider)).toBe(true);
    // A start without the server goes on from what it last said; one that never heard from it has its defaults.
    const started = performance.now();
    const again = await fetching({ store, startTimeoutMs: 300, appName: "lasting" });
    expect(performance.now() - started).toBeLessThan(3_000);
    expect(on(again)).toBe(true);
    expect(again.health()).toMatchObject({ healthy: false, freshAt: 0 });
    const never = await fetching({ startTimeoutMs: 300, appName: "never" });
    expect(never.evaluate(["lasting"], { unit: "u" })).toEqual([]);

    await server.restart();
    await until(() => again.health().healthy && never.health().healthy, 20_000);
    expect(on(never)).toBe(true);
    await Promise.all([provider.close(), again.close(), never.close()]);
  });
});
