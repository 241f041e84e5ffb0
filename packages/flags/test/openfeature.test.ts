import { InMemoryProvider, OpenFeature, ProviderEvents } from "@openfeature/server-sdk";
import { afterEach, describe, expect, test } from "vitest";
import {
  createEmbeddedFlags,
  createOpenFeatureFlags,
  newFlag,
  openFeatureProvider,
  withKill,
  withRollout,
  withShipped,
} from "../src/index.ts";
import { by, stores, units } from "./fixtures/store.ts";
import { until } from "./fixtures/until.ts";

const opening = stores();
afterEach(() => OpenFeature.close());

describe("our provider behind their API", () => {
  test("decides as we do, for every type, and tells of changes", async () => {
    const provider = createEmbeddedFlags({ store: opening.memory() });
    await provider.change("cache", () => withRollout(newFlag("cache"), { percent: 50 }), by);
    const payload = { type: "json", value: '{"model":"small","size":3}' };
    const variants = [{ name: "small", weight: 1_000, stickiness: "userId", payload }];
    await provider.change("model", () => ({ ...newFlag("model"), enabled: true, variants }), by);
    await OpenFeature.setProviderAndWait("ours", await openFeatureProvider(provider));
    const client = OpenFeature.getClient("ours");

    for (const targetingKey of units(30)) {
      const details = await client.getBooleanDetails("cache", false, { targetingKey });
      const [ours] = provider.evaluate(["cache"], { unit: targetingKey });
      expect(details).toMatchObject({ value: ours?.value, variant: ours?.variant, reason: "SPLIT" });
    }
    const context = { targetingKey: "u", plan: "paid", since: new Date(0) };
    expect(await client.getObjectValue("model", {}, context)).toEqual({ model: "small", size: 3 });
    expect(await client.getStringValue("model", "", context)).toBe(payload.value);
    expect(await client.getStringValue("cache", "", context)).toMatch(/control|treatment/);
    expect(await client.getNumberDetails("model", 7, context)).toMatchObject({ value: 7, errorCode: "TYPE_MISMATCH" });
    expect(await client.getBooleanDetails("missing", true)).toMatchObject({ value: true, errorCode: "FLAG_NOT_FOUND" });

    let told = 0;
    client.addHandler(ProviderEvents.ConfigurationChanged, () => void told++);
    await provider.change("cache", (current) => current && withKill(current), by);
    await until(() => told === 1);
  });

  test("attributes reach the rules", async () => {
    const provider = createEmbeddedFlags({ store: opening.memory() });
    const paying = { contextName: "plan", operator: "IN", values: ["paid"] };
    await provider.change(
      "cache",
      () => {
        const shipped = withShipped(newFlag("cache"));
        return { ...shipped, strategies: [{ ...shipped.strategies[0]!, constraints: [paying] }] };
      },
      by,
    );
    await OpenFeature.setProviderAndWait("ours", await openFeatureProvider(provider));
    const client = OpenFeature.getClient("ours");
    expect(await client.getBooleanValue("cache", false, { targetingKey: "u", plan: "paid" })).toBe(true);
    expect(await client.getBooleanValue("cache", false, { targetingKey: "u", plan: "free" })).toBe(false);
  });
});

describe("their provider for our decisions", () => {
  const flag = (variant: string, disabled = false) => ({
    variants: { control: false, treatment: true, on: true, off: false },
    defaultVariant: variant,
    disabled,
  });

  test("variants become arms, and anything else is on or off", async () => {
    const theirs = new InMemoryProvider({ a: flag("control"), b: flag("treatment"), c: flag("on"), d: flag("off") });
    await OpenFeature.setProviderAndWait("theirs", theirs);
    const flags = await createOpenFeatureFlags({
      client: OpenFeature.getClient("theirs"),
      defaults: { a: false, b: false, c: false, d: true, missing: true },
    });
    const { decisions, unitMissing } = await flags.resolve({ runId: "run", unit: "u" });
    expect(decisions).toEqual({ a: "control", b: "treatment", c: "on", d: "off", missing: "on" });
    expect(unitMissing).toBe(false);
    expect(flags.stats()).toMatchObject({ resolved: 1, failed: 1 });
    expect(flags.isOn(decisions, "b")).toBe(true);
    await flags.close();
  });

  test("a flag that they disable is off for the runs that carry it", async () => {
    const theirs = new InMemoryProvider({ a: flag("treatment"), b: flag("treatment") });
    await OpenFeature.setProviderAndWait("theirs", theirs);
    const flags = await createOpenFeatureFlags({
      client: OpenFeature.getClient("theirs"),
      defaults: { a: false, b: false },
    });
    const { decisions } = await flags.resolve({ runId: "run", unit: "u" });
    await theirs.putConfiguration({ a: flag("treatment", true), b: flag("control") });
    await until(() => flags.arm(decisions, "a") === "off");
    expect(flags.arm(decisions, "b")).toBe("treatment");
    await flags.close();
  });
});
