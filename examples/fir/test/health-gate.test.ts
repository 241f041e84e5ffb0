import { fakeClock } from "@flyball/core";
import { createModelClient, createScriptedProvider } from "@flyball/models";
import { expect, test } from "vitest";
import { healthGate } from "../src/health-gate.ts";

function counted(healthy: () => boolean) {
  const provider = createScriptedProvider({ answers: ["unused"], healthy });
  let asked = 0;
  const clock = fakeClock();
  const watched = {
    ...provider,
    health: () => {
      asked++;
      return provider.health();
    },
  };
  return { models: createModelClient({ provider: watched, clock }), clock, asked: () => asked };
}

test("cached: one check serves 30 seconds of inferences; each: one check an inference", async () => {
  const cached = counted(() => true);
  const each = counted(() => true);
  for (let index = 0; index < 24; index++) {
    await healthGate(cached.models, "cached")();
    await healthGate(each.models, "each")();
  }
  expect([cached.asked(), each.asked()]).toEqual([1, 24]);
  await cached.clock.advance(30_000);
  await healthGate(cached.models, "cached")();
  expect(cached.asked()).toBe(2);
});

test("a server that is down is refused with a word, and used again as soon as it is back", async () => {
  let healthy = false;
  const { models } = counted(() => healthy);
  const gate = healthGate(models, "cached");
  await expect(gate()).rejects.toMatchObject({ code: "model_unhealthy" });
  healthy = true;
  await expect(gate()).resolves.toBeUndefined();
});
