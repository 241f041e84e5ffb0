import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ConfigurationError } from "@flyball/core";
import { type Coordinator, createLocalCoordinator } from "@flyball/storage";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Cache, type CacheOptions, createCache, diskLevel, keyvLevel, memoryLevel } from "../src/index.ts";
import { counted, settle } from "./fixtures/counted.ts";
import { temporaryFolders } from "./fixtures/folders.ts";
import { until } from "./fixtures/until.ts";

const folderOf = temporaryFolders();
const syncMs = 50;
const opened: { close(): Promise<void> }[] = [];
let folder: string;
/** What all processes see, as Redis would be. */
let shared: Map<string, unknown>;

beforeEach(() => {
  folder = folderOf();
  shared = new Map();
});
afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.close();
});

/** The coordinator of one process; `lost` decides which of its messages never arrive. */
function coordinatorOf(lost: () => boolean = () => false): Coordinator {
  const coordinator = createLocalCoordinator(join(folder, "coordinator.db"));
  opened.push(coordinator);
  return {
    ...coordinator,
    publish: async (channel, message) => (lost() ? undefined : coordinator.publish(channel, message)),
  };
}

function cacheOf(options: CacheOptions & { readonly lost?: () => boolean; readonly disk?: string } = {}): Cache {
  const { lost, disk, ...rest } = options;
  const cache = createCache({
    coordinator: coordinatorOf(lost),
    levels: [
      memoryLevel(),
      keyvLevel(shared, { deadlineMs: 5_000 }),
      ...(disk ? [diskLevel({ path: join(folder, disk) })] : []),
    ],
    ...{ syncMs, coordinatorDeadlineMs: 5_000, ttlJitter: 0 },
    ...rest,
  });
  opened.push(cache);
  return cache;
}

const valueIn = async (cache: Cache, key: string): Promise<unknown> => (await cache.get(key))?.value;

describe("invalidation among processes", () => {
  test("delete reaches the memory of every process", async () => {
    const [a, b] = [cacheOf(), cacheOf()];
    await a.set("k", "old");
    await a.set("other", "kept");
    expect(await b.getOrCompute("k", () => "x")).toBe("old");
    expect(await b.getOrCompute("other", () => "x")).toBe("kept");
    expect(await a.delete("k")).toEqual({ everywhere: true });
    expect(await valueIn(a, "k")).toBeUndefined();
    await until(async () => (await valueIn(b, "k")) === undefined);
    expect(await valueIn(b, "other")).toBe("kept");
    expect(await b.getOrCompute("k", () => "new")).toBe("new");
    expect(await a.getOrCompute("k", () => "x")).toBe("new");
  });

  test("a tag ends all answers that carry it, wherever they are, and no others", async () => {
    const [a, b] = [cacheOf(), cacheOf()];
    for (const cache of [a, b]) {
      await cache.getOrCompute("one", () => "old", { tags: ["user:1", "docs"] });
      await cache.getOrCompute("two", () => "old", { tags: ["user:2", "docs"] });
      await cache.flush();
    }
    await a.invalidate("user:1");
    expect(await a.getOrCompute("one", () => "new", { tags: ["user:1", "docs"] })).toBe("new");
    await until(async () => (await valueIn(b, "one")) !== "old");
    await a.flush();
    expect(await b.getOrCompute("one", () => "x", { tags: ["user:1", "docs"] })).toBe("new");
    expect(await b.getOrCompute("two", () => "x")).toBe("old");
    // A process that starts later has heard nothing, and asks.
    const late = cacheOf();
    expect(await late.getOrCompute("one", () => "x")).toBe("new");
    await b.invalidate("docs");
    for (const key of ["one", "two"]) await until(async () => (await valueIn(late, key)) === undefined);
  });

  test("a message that is lost is found out about", async () => {
    let lose = false;
    const [a, b] = [cacheOf({ lost: () => lose }), cacheOf()];
    await a.set("k", "old");
    await a.set("t", "old", { tags: ["tag"] });
    for (const key of ["k", "t"]) expect(await b.getOrCompute(key, () => "x")).toBe("old");
    await sleep(3 * syncMs);
    lose = true;
    await a.delete("k");
    await a.invalidate("tag");
    for (const key of ["k", "t"]) await until(async () => (await valueIn(b, key)) === undefined, 20 * syncMs + 2_000);
    expect(b.stats().gaps).toBeGreaterThan(0);
  });

  test("nothing is missed while all messages arrive", async () => {
    const [a, b] = [cacheOf(), cacheOf()];
    for (let i = 0; i < 40; i++) {
      await Promise.all([a.set(`k${i}`, i), b.delete(`k${i - 1}`), a.invalidate(`t${i}`)]);
    }
    await sleep(5 * syncMs);
    expect([a.stats().gaps, b.stats().gaps]).toEqual([0, 0]);
  });

  test("what is computed while its tag is invalidated is given out, and not kept", async () => {
    const [a, b] = [cacheOf(), cacheOf()];
    const work = counted<string>();
    const asked = a.getOrCompute("k", work.compute, { tags: ["t"] });
    await until(() => work.calls === 1);
    await b.invalidate("t");
    await sleep(60);
    work.end("read before");
    expect(await asked).toBe("read before");
    await a.flush();
    for (const cache of [a, b]) expect(await valueIn(cache, "k")).toBeUndefined();
  });

  test("set tells the others that theirs is old, and they find the new one", async () => {
    const [a, b] = [cacheOf(), cacheOf()];
    await a.set("k", 1);
    expect(await b.getOrCompute("k", () => "x")).toBe(1);
    await sleep(5);
    await a.set("k", 2);
    await until(async () => (await valueIn(b, "k")) === 2);
    expect(await b.getOrCompute("k", () => "x")).toBe(2);
  });

  test("clear empties a namespace or a tenant, and leaves the rest", async () => {
    const [a, b] = [cacheOf(), cacheOf()];
    const views = (cache: Cache) => ({
      root: cache,
      kb: cache.namespace("kb"),
      acme: cache.namespace("kb").tenant("acme"),
      other: cache.namespace("kb").tenant("other"),
    });
    const [inA, inB] = [views(a), views(b)];
    const names = ["root", "kb", "acme", "other"] as const;
    for (const name of names) {
      await inA[name].set("k", name);
      expect((await inB[name].get("k"))?.value).toBe(name);
    }
    const left = async (): Promise<string[]> => {
      const there: string[] = [];
      for (const name of names) if (await inB[name].get("k")) there.push(name);
      return there;
    };
    await inA.acme.clear();
    await until(async () => (await left()).join() === "root,kb,other");
    await inA.kb.clear();
    await until(async () => (await left()).join() === "root");
    await a.clear();
    await until(async () => (await left()).join() === "");
  });

  test("one tenant's tags say nothing about another's", async () => {
    const cache = cacheOf();
    const [acme, other] = [cache.tenant("acme"), cache.tenant("other")];
    for (const tenant of [acme, other]) await tenant.set("k", 1, { tags: ["user:1"] });
    await acme.invalidate("user:1");
    expect(await acme.get("k")).toBeUndefined();
    expect(await other.get("k")).toBeDefined();
  });

  test("a coordinator that lost everything makes everything distrusted, and nothing wrong", async () => {
    const counters = new Map<string, number>();
    const listeners = new Set<(message: string) => void>();
    const forgetful: Coordinator = {
      claim: async () => undefined,
      increment: async (key, { by = 1 }) => {
        counters.set(key, (counters.get(key) ?? 0) + by);
        return counters.get(key) as number;
      },
      counter: async (key) => counters.get(key) ?? 0,
      publish: async (_channel, message) => {
        for (const listener of listeners) listener(message);
      },
      subscribe: async (_channel, listener) => {
        listeners.add(listener);
        return async () => void listeners.delete(listener);
      },
      close: async () => {},
    };
    const options = { coordinator: forgetful, lease: false } as const;
    const [a, b] = [cacheOf(options), cacheOf(options)];
    await a.set("k", "old", { tags: ["t"] });
    await a.invalidate("t");
    await a.set("k", "newer", { tags: ["t"] });
    await until(async () => (await valueIn(b, "k")) === "newer");
    counters.clear();
    await until(() => a.stats().gaps > 0 && b.stats().gaps > 0);
    expect(await valueIn(b, "k")).toBeUndefined();
    await b.set("k", "newest", { tags: ["t"] });
    expect(await valueIn(a, "k")).toBe("newest");
  });
});

describe("the disk of a machine", () => {
  test("hears of deletions elsewhere", async () => {
    const [a, b] = [cacheOf({ disk: "a.db" }), cacheOf({ disk: "b.db" })];
    await b.set("k", "old");
    await until(async () => (await valueIn(a, "k")) === "old");
    await a.delete("k");
    await until(async () => (await valueIn(b, "k")) === undefined);
  });

  test("whose processes were all away while something was deleted is not trusted with what is older", async () => {
    const a = cacheOf({ disk: "a.db" });
    await a.set("k", "old");
    await a.set("l", "old");
    await a.delete("l");
    await a.close();
    // The same file with nothing missed: it is trusted.
    const again = cacheOf({ disk: "a.db" });
    shared.clear();
    expect(await valueIn(again, "k")).toBe("old");
    await again.close();
    const elsewhere = cacheOf();
    await elsewhere.delete("k");
    shared.clear();
    const back = cacheOf({ disk: "a.db" });
    expect(await valueIn(back, "k")).toBeUndefined();
    await back.set("new", 1);
    shared.clear();
    await back.close();
    expect(await valueIn(cacheOf({ disk: "a.db" }), "new")).toBe(1);
  });

  test("is not read while nobody can say what was deleted", async () => {
    const a = cacheOf({ disk: "a.db" });
    await a.set("k", "old");
    await a.close();
    shared.clear();
    const down = async (): Promise<never> => {
      throw new Error("down");
    };
    const broken: Coordinator = {
      claim: down,
      increment: down,
      counter: down,
      publish: down,
      subscribe: down,
      close: async () => {},
    };
    const cache = cacheOf({ disk: "a.db", coordinator: broken });
    expect(await cache.getOrCompute("k", () => "computed")).toBe("computed");
    // Memory does not need to be told anything: it works, and so do deletions, here at once and elsewhere in the end.
    expect(await cache.getOrCompute("k", () => "x")).toBe("computed");
    expect(await cache.delete("k")).toEqual({ everywhere: false });
    expect(cache.stats().invalidationsWaiting).toBe(1);
    expect(await valueIn(cache, "k")).toBeUndefined();
  });
});

describe("a level that does not hear of a deletion", () => {
  test("does not bring the answer back, and is told again until it has", async () => {
    let broken = false;
    const store = new Map<string, unknown>();
    const adapter = {
      get: async (key: string) => store.get(key),
      set: async (key: string, value: unknown) => void store.set(key, value),
      delete: async (key: string) => {
        if (broken) throw new Error("not now");
        return store.delete(key);
      },
      clear: async () => store.clear(),
    };
    const cache = createCache({ levels: [memoryLevel(), keyvLevel(adapter as never)], syncMs });
    opened.push(cache);
    await cache.set("k", "old");
    await sleep(5);
    broken = true;
    expect(await cache.delete("k")).toEqual({ everywhere: false });
    expect(await cache.get("k")).toBeUndefined();
    expect(await cache.getOrCompute("k", () => "new")).toBe("new");
    broken = false;
    await until(() => cache.stats().invalidationsWaiting === 0);
  });
});

describe("a cache that is alone", () => {
  test("clears its levels, and nobody else's keys", async () => {
    const mine = createCache({ name: "mine", levels: [memoryLevel(), diskLevel({ path: join(folder, "d.db") })] });
    const other = createCache({ name: "other", levels: [diskLevel({ path: join(folder, "d.db") })] });
    opened.push(mine, other);
    for (const cache of [mine, other]) {
      await cache.set("k", 1);
      await cache.namespace("kb").set("k", 2);
    }
    await mine.namespace("kb").clear();
    expect([await valueIn(mine, "k"), (await mine.namespace("kb").get("k"))?.value]).toEqual([1, undefined]);
    await mine.clear();
    expect(await valueIn(mine, "k")).toBeUndefined();
    await other.close();
    const reopened = createCache({ name: "other", levels: [diskLevel({ path: join(folder, "d.db") })] });
    opened.push(reopened);
    expect([await valueIn(reopened, "k"), (await reopened.namespace("kb").get("k"))?.value]).toEqual([1, 2]);
  });

  test("does not keep what was computed while it was cleared", async () => {
    const cache = createCache({ levels: [memoryLevel(), keyvLevel(shared)] });
    opened.push(cache);
    const work = counted<string>();
    const asked = cache.getOrCompute("k", work.compute);
    await until(() => work.calls === 1);
    await cache.clear();
    work.end("before");
    expect(await asked).toBe("before");
    await settle();
    expect(cache.stats().levels.memory?.entries).toBe(0);
  });

  test("with memory alone has tags", async () => {
    const cache = createCache();
    opened.push(cache);
    await cache.getOrCompute("a", () => 1, { tags: ["t"] });
    await cache.getOrCompute("b", () => 1);
    await cache.invalidate("t");
    expect(await cache.get("a")).toBeUndefined();
    expect(await cache.get("b")).toBeDefined();
    expect(await cache.getOrCompute("a", () => 2, { tags: ["t"] })).toBe(2);
    expect(cache.getOrCompute("a", () => 3)).toBe(2);
  });

  test("says so when tags would be forgotten at its end", async () => {
    const cache = createCache({ levels: [keyvLevel(shared)] });
    opened.push(cache);
    await expect(cache.invalidate("t")).rejects.toBeInstanceOf(ConfigurationError);
    await expect(cache.tenant("a").clear()).rejects.toBeInstanceOf(ConfigurationError);
  });
});
