import { ConfigurationError, fakeClock } from "@flyball/core";
import { createTelemetry, type Outcome } from "@flyball/telemetry";
import fc from "fast-check";
import { describe, expect, expectTypeOf, test } from "vitest";
import {
  type AnswerStore,
  answersAgree,
  createSemanticCache,
  type SemanticCache,
  type SemanticCacheOptions,
  type SemanticPartition,
} from "../src/index.ts";
import { trigramEmbed, watchedEmbed } from "./semantic-embed.ts";

const partition: SemanticPartition = { tenant: "acme", model: "small" };
const france = "What is the capital of France?";
const franceToo = "what's the capital of France";
const spain = "What is the capital of Spain?";

function make(options: Partial<SemanticCacheOptions> = {}) {
  const clock = fakeClock();
  const cache = createSemanticCache({ embed: trigramEmbed, threshold: 0.7, mode: "on", clock, ...options });
  return { cache, clock };
}

/** Asks, and answers what is not there with `text`; tells whether it was served. */
async function use(cache: SemanticCache, text: string, answer = "Paris", of = partition): Promise<string | undefined> {
  const asked = await cache.ask({ partition: of, text });
  asked.learn({ text: answer, computeMs: 900, usd: 0.02 });
  await cache.idle();
  return asked.hit?.answer.text;
}

describe("a semantic cache that is on", () => {
  test("serves what means the same, and says what that saved", async () => {
    const { cache } = make();
    expect(await use(cache, france)).toBeUndefined();
    const { hit } = await cache.ask({ partition, text: franceToo });
    expect(hit).toMatchObject({ answer: { text: "Paris", computeMs: 900, usd: 0.02 }, question: france });
    expect(hit?.similarity).toBeGreaterThan(0.7);
    expect(cache.stats()).toMatchObject({
      lookups: 2,
      hits: 1,
      misses: 1,
      hitRatio: 0.5,
      savedMs: 900,
      savedUsd: 0.02,
    });
  });

  test("does not serve what only reads the same, and says why", async () => {
    const { cache } = make();
    await use(cache, france);
    expect(await use(cache, spain)).toBeUndefined();
    expect(cache.stats()).toMatchObject({ hits: 0, refused: 1, disagreements: { name: 1 } });
  });

  test("looks past a neighbour that is refused to one that agrees", async () => {
    const { cache } = make({ threshold: 0.5 });
    await use(cache, "What is the price of 10 apples?", "ten");
    await use(cache, "Please tell me the price of 12 apples", "twelve");
    expect(await use(cache, "What is the price of 12 apples?")).toBe("twelve");
  });

  test("getOrCompute computes once for both", async () => {
    const { cache } = make();
    let computed = 0;
    const compute = () => ({ text: `Paris, ${++computed}` });
    expect(await cache.getOrCompute({ partition, text: france }, compute)).toEqual({
      text: "Paris, 1",
      hit: undefined,
    });
    await cache.idle();
    expect((await cache.getOrCompute({ partition, text: franceToo }, compute)).text).toBe("Paris, 1");
  });

  test("getOrCompute fails as compute does, and learns nothing of it", async () => {
    const { cache } = make();
    const fails = cache.getOrCompute({ partition, text: france }, () => Promise.reject(new Error("model gone")));
    await expect(fails).rejects.toThrow("model gone");
    await cache.idle();
    expect(cache.stats().entries).toBe(0);
  });

  test("a newer answer takes the place of an older one", async () => {
    const { cache } = make({ verify: () => "never" });
    await use(cache, france, "Lutetia");
    await use(cache, france, "Paris");
    expect(cache.stats().entries).toBe(1);
  });

  test("one question asked twice at once is kept once", async () => {
    const { cache } = make({ answers: mapStore(new Map(), true) });
    const both = await Promise.all([france, france].map((text) => cache.ask({ partition, text })));
    for (const asked of both) asked.learn({ text: "Paris", computeMs: 1 });
    await cache.idle();
    expect(cache.stats().entries).toBe(1);
    expect(await use(cache, france)).toBe("Paris");
  });

  test("learns only the first answer, and none that is empty", async () => {
    const { cache } = make();
    const first = await cache.ask({ partition, text: france });
    first.learn({ text: "Paris", computeMs: 1 });
    first.learn({ text: "Lyon", computeMs: 1 });
    await use(cache, "Who wrote Hamlet?", "");
    await cache.idle();
    expect(cache.stats().entries).toBe(1);
    expect(await use(cache, france)).toBe("Paris");
  });

  test.each([
    ["blank", "  \n"],
    ["too long", "x".repeat(101)],
    ["no text", undefined as unknown as string],
  ])("does not look up what is %s", async (_what, text) => {
    const watched = watchedEmbed();
    const { cache } = make({ embed: watched.embed, maxQuestionLength: 100 });
    expect(await use(cache, text)).toBeUndefined();
    expect(watched.calls).toBe(0);
    expect(cache.stats()).toMatchObject({ bypassed: 1, lookups: 0, entries: 0 });
  });

  test("records each look-up as an outcome with its level, result and what it avoided", async () => {
    const telemetry = createTelemetry();
    const outcomes: Outcome[] = [];
    telemetry.subscribe((outcome) => outcomes.push(outcome));
    const { cache } = make({ telemetry, name: "answers" });
    await use(cache, france);
    await use(cache, franceToo);
    await use(cache, spain);
    expect(
      outcomes.map(({ kind, name, labels, status }) => [kind, name, labels?.level, labels?.result, status]),
    ).toEqual([
      ["cache", "answers", "semantic", "miss", "ok"],
      ["cache", "answers", "semantic", "hit", "ok"],
      ["cache", "answers", "semantic", "refused", "ok"],
    ]);
    expect(outcomes.map(({ avoided }) => avoided)).toEqual([undefined, { ms: 900, usd: 0.02 }, undefined]);
    expect(outcomes.every(({ cost }) => cost === undefined)).toBe(true);
    await telemetry.shutdown(100);
  });

  test("telemetry that throws is not felt", async () => {
    const telemetry = createTelemetry();
    telemetry.record = () => {
      throw new Error("sink");
    };
    const { cache } = make({ telemetry });
    await use(cache, france);
    expect(await use(cache, france)).toBe("Paris");
    expect(cache.stats().failures).toEqual({ "semantic cache outcome": 2 });
  });
});

describe("a semantic cache that is off", () => {
  test("is so unless told, and embeds nothing", async () => {
    const watched = watchedEmbed();
    const cache = createSemanticCache({ embed: watched.embed, threshold: 0.7 });
    expect(cache.mode).toBe("off");
    await use(cache, france);
    expect(await use(cache, france)).toBeUndefined();
    expect(watched.calls).toBe(0);
    cache.close();
  });

  test("a question may say otherwise, as a flag's arm does", async () => {
    const { cache } = make({ mode: "off" });
    const on = { partition, text: france, mode: "on" } as const;
    (await cache.ask(on)).learn({ text: "Paris", computeMs: 1 });
    await cache.idle();
    expect((await cache.ask(on)).hit?.answer.text).toBe("Paris");
    expect((await cache.ask({ partition, text: france })).hit).toBeUndefined();
    expect((await cache.ask({ ...on, mode: "shadow" })).hit).toBeUndefined();
  });

  test("closed, it finds nothing, takes nothing and leaves no timer", async () => {
    const { cache, clock } = make();
    await use(cache, france);
    const late = await cache.ask({ partition, text: spain });
    cache.close();
    late.learn({ text: "Madrid", computeMs: 1 });
    expect(await use(cache, france)).toBeUndefined();
    expect(cache.stats().entries).toBe(1);
    // One deadline's timer may wait for its end; none is armed again.
    await clock.advance(1_000);
    expect(clock.pending).toBe(0);
  });
});

describe("shadow", () => {
  test("serves nothing, and says what it would have saved and how often it would have been wrong", async () => {
    const { cache } = make({ mode: "shadow" });
    expect(await use(cache, france, "It is Paris.")).toBeUndefined();
    expect(await use(cache, franceToo, "it is Paris")).toBeUndefined();
    expect(await use(cache, "the capital of France please", "It moved to Lyon in 1871.")).toBeUndefined();
    expect(await use(cache, spain, "Madrid")).toBeUndefined();
    const stats = cache.stats();
    expect(stats.shadow).toEqual({ hits: 2, compared: 2, wrong: 1, wrongRatio: 0.5, savedMs: 1_800, savedUsd: 0.04 });
    expect(stats).toMatchObject({ lookups: 4, hits: 0, misses: 1, refused: 1, savedMs: 0, savedUsd: 0, entries: 2 });
  });

  test("does not wait for embeddings", async () => {
    const watched = watchedEmbed();
    watched.behave = "hang";
    const { cache } = make({ mode: "shadow", embed: watched.embed });
    // No clock moves here: waiting would never end.
    expect((await cache.ask({ partition, text: france })).hit).toBeUndefined();
  });

  test("compares as it is told, and survives a comparison that throws or never ends", async () => {
    const verdicts = [() => true, () => Promise.reject(new Error("judge")), () => new Promise<boolean>(() => {})];
    const { cache, clock } = make({ mode: "shadow", compare: () => (verdicts.shift() as () => boolean)() });
    await use(cache, france, "Paris");
    await use(cache, france, "Lyon");
    await use(cache, france, "Lyon");
    (await cache.ask({ partition, text: france })).learn({ text: "Lyon", computeMs: 1 });
    await clock.advance(60_000);
    await cache.idle();
    expect(cache.stats().shadow).toMatchObject({ hits: 3, compared: 1, wrong: 0 });
    expect(cache.stats().failures).toEqual({ "semantic cache": 2 });
  });

  test("records no avoided cost, because nothing was avoided", async () => {
    const telemetry = createTelemetry();
    const outcomes: Outcome[] = [];
    telemetry.subscribe((outcome) => outcomes.push(outcome));
    const { cache } = make({ mode: "shadow", telemetry });
    await use(cache, france);
    await use(cache, france);
    expect(outcomes.map(({ labels }) => labels?.result)).toEqual(["miss", "would_hit", "would_be_right"]);
    expect(outcomes.every(({ avoided }) => avoided === undefined)).toBe(true);
    await telemetry.shutdown(100);
  });

  test.each([
    ["The capital is Paris.", "the capital is Paris", true],
    ["It costs 5 dollars.", "It costs $5.", true],
    ["It costs 5 dollars.", "It costs 6 dollars.", false],
    ["You may enter the garden at night.", "You may not enter the garden at night.", false],
    ["Paris", "Lyon", false],
    ["Boil the rice in salted water for ten minutes", "Boil rice for 10 minutes in salted water", true],
    ["", "", true],
  ])("answersAgree: %s | %s: %s", (one, other, agree) => {
    expect(answersAgree(one, other)).toBe(agree);
    expect(answersAgree(other, one)).toBe(agree);
  });
});

describe("partitions", () => {
  const part = fc.constantFrom(
    "a",
    "b",
    '"',
    ",",
    '","',
    '["a","m",""]',
    "a\u0000b",
    "acme",
    "acme,",
    "\\",
    "a\n",
    "é",
    "é",
  );
  const place = fc.record({ tenant: part, model: part, context: fc.option(part, { nil: "" }) });

  test("nothing is ever found from another tenant, model or context", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(place, { minLength: 2, maxLength: 40 }),
        fc.integer({ min: 1, max: 20 }),
        async (places, max) => {
          // Every question embeds alike and passes: only the partitions are left to hold.
          const cache = createSemanticCache({
            ...{ embed: async (texts) => texts.map(() => Float32Array.of(1, 1)), verify: () => undefined },
            ...{ threshold: 0.01, mode: "on", maxEntries: max, exactUpTo: 0, clock: fakeClock() },
          });
          for (const [index, one] of places.entries()) {
            const asked = await cache.ask({ partition: one, text: `question ${index}` });
            if (asked.hit !== undefined) expect(asked.hit.answer.text).toBe(JSON.stringify(one));
            asked.learn({ text: JSON.stringify(one), computeMs: 1 });
            await cache.idle();
          }
          cache.close();
        },
      ),
      { numRuns: 80 },
    );
  });

  test("without a tenant or a model nothing is looked up", async () => {
    const { cache } = make();
    for (const of of [{ tenant: "", model: "m" }, { tenant: "t" }, { tenant: 1, model: "m" }, {}]) {
      expect(await use(cache, france, "Paris", of as SemanticPartition)).toBeUndefined();
    }
    expect(cache.stats()).toMatchObject({ bypassed: 4, entries: 0 });
  });

  test("forgetting a tenant leaves the others, and stops what is on its way", async () => {
    const { cache } = make();
    const other = { ...partition, tenant: "other" };
    await use(cache, france);
    await use(cache, france, "Paris", { ...partition, model: "large" });
    await use(cache, france, "Paris", other);
    const onItsWay = await cache.ask({ partition, text: spain });
    cache.forget({ tenant: "acme", model: "large" });
    expect(cache.stats().entries).toBe(2);
    cache.forget({ tenant: "acme" });
    onItsWay.learn({ text: "Madrid", computeMs: 1 });
    await cache.idle();
    expect(cache.stats()).toMatchObject({ entries: 1, partitions: 1 });
    expect(await use(cache, france, "Paris", other)).toBe("Paris");
  });

  test("forgetting a tenant stops an answer that is being written", async () => {
    const held = new Map<string, string>();
    const store = mapStore(held, false);
    let written: () => void = () => {};
    store.set = async (key, text) => {
      await new Promise<void>((resolve) => {
        written = resolve;
      });
      held.set(key, text);
    };
    const { cache } = make({ answers: store });
    const asked = await cache.ask({ partition, text: france });
    asked.learn({ text: "Paris", computeMs: 1 });
    cache.forget({ tenant: "acme" });
    written();
    await cache.idle();
    expect(cache.stats()).toMatchObject({ entries: 0, dropped: 1 });
    expect(held.size).toBe(0);
  });
});

describe("bounds", () => {
  test("expired answers are deleted, not only passed over", async () => {
    const held = new Map<string, string>();
    const answers = mapStore(held, true);
    const { cache, clock } = make({ ttlMs: 60_000, answers });
    await use(cache, france);
    await clock.advance(59_999);
    expect(await use(cache, france)).toBe("Paris");
    expect(held.size).toBe(1);
    clock.jump(-3_600_000);
    await clock.advance(6_001);
    expect(held.size).toBe(0);
    expect(cache.stats()).toMatchObject({ entries: 0, partitions: 0, bytes: 0, expirations: 1 });
    expect(await use(cache, france)).toBeUndefined();
  });

  test("an expired answer is not served before it is swept", async () => {
    const { cache, clock } = make({ ttlMs: 100 });
    await use(cache, france);
    await clock.advance(100);
    expect(await use(cache, france)).toBeUndefined();
    expect(cache.stats().expirations).toBe(1);
  });

  test("entries and bytes stay within theirs; the least recently used give way, with their answers", async () => {
    const held = new Map<string, string>();
    const { cache } = make({ maxEntries: 10, answers: mapStore(held, true), exactUpTo: 4 });
    await use(cache, france);
    for (let index = 0; index < 40; index++) {
      await use(cache, `What does clause ${index} say?`, `clause ${index}`);
      expect(await use(cache, france), `after ${index}`).toBe("Paris");
      expect(held.size).toBe(cache.stats().entries);
    }
    expect(cache.stats()).toMatchObject({ entries: 10, evictions: 31 });
    const small = make({ maxBytes: 20_000 }).cache;
    for (let index = 0; index < 40; index++) await use(small, `What does clause ${index} say?`, "x".repeat(2_000));
    expect(small.stats().bytes).toBeLessThanOrEqual(20_000);
    expect(small.stats().entries).toBeGreaterThan(2);
    await use(small, "What does the last clause say?", "x".repeat(30_000));
    expect(small.stats().dropped).toBe(1);
  });

  test("no more is kept behind the callers at once than fits", async () => {
    let release: () => void = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const answers = { ...mapStore(new Map(), false), set: () => gate };
    const { cache } = make({ answers });
    for (let index = 0; index < 300; index++) {
      (await cache.ask({ partition, text: `question ${index}` })).learn({ text: "x", computeMs: 1 });
    }
    expect(cache.stats().dropped).toBe(44);
    release();
    await cache.idle();
    expect(cache.stats().entries).toBe(256);
  });
});

describe("faults", () => {
  test("an embedding that fails is a miss, and a run of them leaves the model alone until it is well", async () => {
    const watched = watchedEmbed();
    const { cache, clock } = make({ embed: watched.embed });
    watched.behave = "fail";
    for (let index = 0; index < 10; index++) expect(await use(cache, `question ${index}`)).toBeUndefined();
    expect(watched.calls).toBe(3);
    expect(cache.stats()).toMatchObject({ failed: 10, entries: 0, failures: { "semantic cache embedding": 10 } });
    watched.behave = "well";
    await clock.advance(1_000);
    await use(cache, france);
    expect(await use(cache, france)).toBe("Paris");
    cache.close();
  });

  test("an embedding that hangs costs its deadline once", async () => {
    const watched = watchedEmbed();
    watched.behave = "hang";
    const { cache, clock } = make({ embed: watched.embed, embedDeadlineMs: 200 });
    let settled = false;
    const asking = cache.ask({ partition, text: france }).then(({ hit }) => {
      settled = true;
      return hit;
    });
    await clock.advance(199);
    expect(settled).toBe(false);
    await clock.advance(1);
    expect(await asking).toBeUndefined();
    // No clock moves here: the breaker is open.
    expect(await use(cache, spain)).toBeUndefined();
    cache.close();
  });

  test("what was embedded before is served while the model is gone", async () => {
    const watched = watchedEmbed();
    const { cache } = make({ embed: watched.embed });
    await use(cache, france);
    watched.behave = "fail";
    for (let index = 0; index < 5; index++) await use(cache, `question ${index}`);
    expect(await use(cache, france)).toBe("Paris");
    cache.close();
  });

  test("closed, it probes no model any more", async () => {
    const watched = watchedEmbed();
    watched.behave = "fail";
    const { cache, clock } = make({ embed: watched.embed });
    for (let index = 0; index < 5; index++) await use(cache, `question ${index}`);
    cache.close();
    const { calls } = watched;
    await clock.advance(60_000);
    expect(watched.calls).toBe(calls);
  });

  test("a store that fails or forgets is a miss, and what pointed there goes", async () => {
    const held = new Map<string, string>();
    const store = mapStore(held, false);
    const { cache } = make({ answers: store });
    await use(cache, france);
    const working = store.get;
    store.get = () => Promise.reject(new Error("gone"));
    expect(await use(cache, franceToo, "Paris, again")).toBeUndefined();
    expect(cache.stats().failures).toEqual({ "semantic cache store": 1 });
    store.get = working;
    held.clear();
    expect(await use(cache, france, "Paris, anew")).toBeUndefined();
    expect(await use(cache, france)).toBe("Paris, anew");
  });

  test("a store that throws on writing or deleting is not felt", async () => {
    const store = mapStore(new Map(), false);
    const { cache } = make({ answers: store });
    await use(cache, france);
    store.delete = () => Promise.reject(new Error("gone"));
    store.set = () => {
      throw new Error("full");
    };
    await use(cache, spain);
    cache.forget({ tenant: "acme" });
    await cache.idle();
    expect(cache.stats()).toMatchObject({ entries: 0, dropped: 1, failures: { "semantic cache store": 2 } });
  });

  test("keys in a shared store show neither tenant nor question, and its answers outlive this process's pointers", async () => {
    const held = new Map<string, string>();
    const { cache } = make({ answers: mapStore(held, false), maxEntries: 1 });
    await use(cache, france);
    await use(cache, "Who wrote Hamlet?", "Shakespeare");
    expect(held.size).toBe(2);
    expect([...held.keys()].every((key) => /^[\w-]{43}$/.test(key))).toBe(true);
  });

  test("a verifier that throws serves nothing", async () => {
    const { cache } = make({
      verify: () => {
        throw new Error("verifier");
      },
    });
    await use(cache, france);
    expect(await use(cache, france)).toBeUndefined();
    expect(cache.stats()).toMatchObject({ failed: 1, failures: { "semantic cache look-up": 1 } });
  });
});

describe("configuration", () => {
  test.each<[string, Partial<Record<keyof SemanticCacheOptions, unknown>>]>([
    ["semantic.threshold", { threshold: undefined }],
    ["semantic.threshold", { threshold: 0 }],
    ["semantic.threshold", { threshold: 1.01 }],
    ["semantic.threshold", { threshold: Number.NaN }],
    ["semantic.mode", { mode: "maybe" }],
    ["semantic.embed", { embed: undefined }],
    ["semantic.ttlMs", { ttlMs: 0 }],
    ["semantic.maxEntries", { maxEntries: 1.5 }],
    ["semantic.maxBytes", { maxBytes: -1 }],
    ["semantic.embedDeadlineMs", { embedDeadlineMs: "1s" }],
    ["embeddings.maxEntries", { embeddings: { maxEntries: 0 } }],
  ])("%s is refused in %o", (path, wrong) => {
    const options = { embed: trigramEmbed, threshold: 0.9, ...wrong } as SemanticCacheOptions;
    expect(() => createSemanticCache(options)).toThrow(ConfigurationError);
    expect(() => createSemanticCache(options)).toThrow(`${path}: expected`);
  });

  test("a threshold and a tenant must be given", () => {
    // @ts-expect-error no threshold
    expect(() => createSemanticCache({ embed: trigramEmbed })).toThrow(ConfigurationError);
    expectTypeOf<{ model: string }>().not.toExtend<SemanticPartition>();
  });
});

function mapStore(
  held: Map<string, string>,
  inProcess: boolean,
): { -readonly [K in keyof AnswerStore]: AnswerStore[K] } {
  return {
    inProcess,
    get: async (key) => held.get(key),
    set: async (key, text) => void held.set(key, text),
    delete: async (key) => void held.delete(key),
  };
}
