import { createScriptedProvider, type GenerateRequest, type ScriptedAnswer } from "@flyball/models";
import type { Outcome } from "@flyball/telemetry";
import { describe, expect, test } from "vitest";
import type { ModelCacheOptions } from "../../src/middleware/cache-model-calls.ts";
import { start } from "../../src/start.ts";

const request: GenerateRequest = { model: "gpt-4o-mini", messages: [{ role: "user", content: "What is a governor?" }] };

async function asking(
  answers: readonly (string | ScriptedAnswer)[] = ["a valve that a weight moves"],
  options?: ModelCacheOptions,
) {
  const flyball = await start({ environment: {}, store: { path: ":memory:" }, cache: { disk: { enabled: false } } });
  const outcomes: Outcome[] = [];
  flyball.telemetry.subscribe((outcome) => outcomes.push(outcome));
  // Each line once, and the last one for ever.
  const script = answers.map((line, index) => ({
    ...(typeof line === "string" ? { text: line } : line),
    ...(index < answers.length - 1 ? { times: 1 } : {}),
  }));
  const provider = createScriptedProvider({ answers: script, name: "openai" });
  const client = await flyball.models.client({ provider }, { middleware: [flyball.cachedModelCalls(options)] });
  return {
    ...{ flyball, provider, client, outcomes },
    [Symbol.asyncDispose]: () => flyball.shutdown(),
  };
}

describe("cached model calls", () => {
  test("an equal call is not asked again: no usage, no cost, what was avoided instead", async () => {
    await using on = await asking();
    const first = await on.client.generate(request);
    const second = await on.client.generate(request);
    expect(second).toEqual(first);
    expect(on.provider.calls).toHaveLength(1);
    const [asked, hit] = on.outcomes.filter(({ kind }) => kind === "model");
    expect(asked?.cost).toMatchObject({ priced: true });
    expect(hit).toMatchObject({ status: "ok", labels: { source: "middleware" } });
    expect(hit?.usage).toBeUndefined();
    expect(hit?.cost).toBeUndefined();
    const { avoided, cost } = on.flyball.windows.read({ kind: "cache" });
    expect(avoided.usd).toBeCloseTo(asked?.cost?.priced ? asked.cost.usd : Number.NaN, 12);
    expect(avoided.count).toBe(1);
    expect(cost.usd).toBe(0);
  });

  test.each<[string, Partial<GenerateRequest>]>([
    ["model", { model: "gpt-4o" }],
    ["messages", { messages: [{ role: "system", content: "What is a governor?" }] }],
    ["maxTokens", { maxTokens: 10 }],
    ["topP", { topP: 0.5 }],
    ["seed", { seed: 7 }],
    ["stop", { stop: ["."] }],
    ["schema", { schema: { name: "answer", schema: { type: "string" } } }],
  ])("another %s is another question", async (_name, other) => {
    await using on = await asking(['"one"', '"two"']);
    await on.client.generate(request);
    await on.client.generate({ ...request, ...other });
    expect(on.provider.calls).toHaveLength(2);
  });

  test("deadlines and signals are no part of it; versions and tenants are", async () => {
    let promptVersion = "v1";
    let tenant: string | undefined;
    const answers = ["one", "two", "three"];
    await using on = await asking(answers, { promptVersion: () => promptVersion, tenant: () => tenant });
    const ask = async (more: Partial<GenerateRequest> = {}) => (await on.client.generate({ ...request, ...more })).text;
    expect(await ask({ timeoutMs: 5_000, signal: new AbortController().signal })).toBe("one");
    expect(await ask()).toBe("one");
    promptVersion = "v2";
    expect(await ask()).toBe("two");
    tenant = "acme";
    expect(await ask()).toBe("three");
    tenant = undefined;
    expect(await ask()).toBe("two");
  });

  test("a temperature above 0 is drawn each time, unless it is asked to be remembered", async () => {
    const warm = { ...request, temperature: 0.7 };
    await using drawn = await asking(["one", "two"]);
    expect([(await drawn.client.generate(warm)).text, (await drawn.client.generate(warm)).text]).toEqual([
      "one",
      "two",
    ]);
    await using kept = await asking(["one", "two"], { sampled: true });
    expect([(await kept.client.generate(warm)).text, (await kept.client.generate(warm)).text]).toEqual(["one", "one"]);
  });

  test("errors and refusals are not kept", async () => {
    await using on = await asking([
      { fail: new Error("overloaded") },
      { text: "no", finishReason: "content_filter" },
      "yes",
    ]);
    await expect(on.client.generate(request)).rejects.toThrow("overloaded");
    expect((await on.client.generate(request)).text).toBe("no");
    expect((await on.client.generate(request)).text).toBe("yes");
    expect((await on.client.generate(request)).text).toBe("yes");
  });

  test("a stream is remembered and streamed again, for whole answers too", async () => {
    await using on = await asking();
    const read = async () => {
      const types: string[] = [];
      let text = "";
      for await (const chunk of on.client.stream(request)) {
        types.push(chunk.type);
        if (chunk.type === "text") text += chunk.text;
      }
      return { text, last: types.at(-1), pieces: types.length - 1 };
    };
    const first = await read();
    expect(first.pieces).toBeGreaterThan(1);
    expect(await read()).toEqual({ text: first.text, last: "finish", pieces: 1 });
    expect((await on.client.generate(request)).text).toBe(first.text);
    expect(on.provider.calls).toHaveLength(1);
  });

  test("callers of one question share one call; a reader who leaves does not take the others along", async () => {
    await using on = await asking([{ hang: true }, "the answer"]);
    const leaving = new AbortController();
    const left = on.client.generate({ ...request, signal: leaving.signal });
    await expect.poll(() => on.provider.calls.length).toBe(1);
    const waiting = [on.client.generate(request), on.client.streamBuffered(request)];
    const impatient = new AbortController();
    const gaveUp = on.client.generate({ ...request, signal: impatient.signal });
    await new Promise((resolve) => setImmediate(resolve));
    impatient.abort();
    await expect(gaveUp).rejects.toMatchObject({ code: "cancelled" });
    leaving.abort();
    await expect(left).rejects.toMatchObject({ code: "cancelled" });
    expect((await Promise.all(waiting)).map(({ text }) => text)).toEqual(["the answer", "the answer"]);
    expect(on.provider.calls).toHaveLength(2);
  });
});
