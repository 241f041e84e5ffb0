import { createFlags, createUnleashAdmin, createUnleashFlags } from "@flyball/flags";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { unleash } from "../../../test/services/unleash/installed.ts";
import { startUnleash, type UnleashService } from "../../../test/services/unleash/server.ts";
import { createGovernor, createSqliteLedger, readPlan } from "../src/index.ts";
import { opening, until } from "./fixtures/opening.ts";
import { outcome } from "./fixtures/outcomes.ts";

describe.skipIf(!unleash.installed())("a rollout on a real Unleash server", () => {
  const opened = opening();
  let server: UnleashService;
  beforeAll(async () => {
    server = await startUnleash();
  });
  afterAll(() => server.stop());

  test.each([
    ["harmless", 0.01, "shipped", "on"],
    ["harmful", 0.6, "rolled back", "off"],
  ] as const)(
    "%s is ramped by the admin API, and ends as it should",
    { timeout: 60_000 },
    async (name, errors, phase, arm) => {
      const store = opened.store();
      const provider = await createUnleashFlags({ url: server.url, token: server.clientToken, refreshMs: 50 });
      const admin = createUnleashAdmin({ url: server.url, token: server.adminToken, store });
      const flags = createFlags({ provider, defaults: { [name]: false } });
      const plan = readPlan({
        flag: name,
        steps: [10, 50].map((percent) => ({ percent, minimum: { time: 0, units: 100 } })),
        guardrails: [{ metric: "errors", margin: "8%" }],
      });
      const governor = createGovernor({
        ledger: createSqliteLedger(store),
        provider,
        admin,
        plans: [plan],
        evaluateMs: 0,
      });
      await governor.order(name, "begin", { who: "test", why: "go" });
      let unit = 0;
      await until(async () => {
        for (let index = 0; index < 500; index++) {
          const id = `unit-${unit++}`;
          const { decisions } = flags.resolve({ runId: id, unit: id });
          const failed = Math.random() < (flags.isOn(decisions, name) ? errors : 0.01);
          governor.record(outcome({ unit: id, decisions, status: failed ? "error" : "ok" }));
        }
        await governor.flush();
        await governor.evaluate();
        return (await governor.status(name))[0]?.state.phase === phase;
      }, 50_000);
      await until(() => flags.evaluate(name, { unit: "anybody" }).arm === arm);
      const history = await admin.history({ flag: name });
      expect(history.some(({ who, action }) => who === "governor" && /ship|rollback/.test(action))).toBe(true);
      await governor.close();
      await provider.close();
    },
  );
});
