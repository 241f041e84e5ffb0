import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type FakeClock, fakeClock } from "@flyball/core";
import { type Flyball, start } from "@flyball/sdk";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { KnowledgeBase } from "../src/knowledge-base.ts";
import { cachedKnowledge } from "../src/knowledge-cache.ts";
import { keepQuery, readQueries, warmFrom } from "../src/warm.ts";
import { fixedKnowledge, sectionsOf } from "./fixtures.ts";

let home: string;
let clock: FakeClock;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "flyball-fir-cache-"));
  clock = fakeClock();
});
afterEach(() => rmSync(home, { recursive: true, force: true, maxRetries: 5 }));

const begin = (): Promise<Flyball> =>
  start({ home, environment: {}, clock, listen: false, cache: { historyKeys: 10 }, store: { path: ":memory:" } });

/** A cached knowledge base over five sections, and what the one below was asked. */
function over(flyball: Flyball, model = "tiny", sections = sectionsOf(5)) {
  const asked: (readonly string[])[] = [];
  const fixed = fixedKnowledge(sections);
  const below: KnowledgeBase & { failing: boolean } = {
    failing: false,
    async search(texts, limit) {
      asked.push(texts);
      if (this.failing) throw new Error("the index is gone");
      return fixed.search(texts, limit);
    },
    close() {},
  };
  return { asked, below, knowledge: cachedKnowledge(below, { cache: flyball.cache, sections, model }) };
}

test("a query is searched once in five minutes, and gives the same hits", async () => {
  await using flyball = await begin();
  const { asked, knowledge } = over(flyball);
  const first = await knowledge.search(["a summary", "a transcript"], 3);
  expect(first.map(({ section }) => section.id)).toEqual(["s1", "s2", "s3"]);
  await clock.advance(4 * 60_000);
  expect(await knowledge.search(["a  summary", "a transcript\n"], 3)).toEqual(first);
  expect(asked).toHaveLength(1);
  await clock.advance(61_000);
  await knowledge.search(["a summary", "a transcript"], 3);
  expect(asked).toHaveLength(2);
});

test("other texts, another number of hits, other statutes and another model are other queries", async () => {
  await using flyball = await begin();
  const { asked, knowledge } = over(flyball);
  await knowledge.search(["a"], 3);
  await knowledge.search(["b"], 3);
  await knowledge.search(["a"], 4);
  expect(asked).toHaveLength(3);
  const others = [over(flyball, "other"), over(flyball, "tiny", sectionsOf(4))];
  for (const other of others) {
    await other.knowledge.search(["a"], 3);
    expect(other.asked).toHaveLength(1);
  }
});

test("while searching fails, what was found within the day stands in", async () => {
  await using flyball = await begin();
  const { below, knowledge } = over(flyball);
  const found = await knowledge.search(["a"], 3);
  below.failing = true;
  await clock.advance(60 * 60_000);
  expect(await knowledge.search(["a"], 3)).toEqual(found);
  await expect(knowledge.search(["b"], 3)).rejects.toThrow("the index is gone");
});

test("the history of an earlier process is asked again before anybody waits for it", async () => {
  const earlier = await begin();
  const first = over(earlier);
  for (const query of ["often", "often", "once"]) await first.knowledge.search([query], 3);
  await earlier.shutdown();
  // What it remembered is too old by now, so it is searched again.
  await clock.advance(60 * 60_000);
  await using later = await begin();
  const second = over(later);
  expect(await warmFrom("history", second.knowledge, 3)).toMatchObject({ computed: 1, failed: 0 });
  expect(second.asked).toEqual([["often"]]);
  await second.knowledge.search(["often"], 3);
  expect(second.asked).toHaveLength(1);
});

test("a list of queries is asked ahead, from the file that runs write", async () => {
  await using flyball = await begin();
  const { asked, knowledge } = over(flyball);
  const path = join(home, "queries.jsonl");
  for (const query of [["one", "text"], ["two"], ["one", "text"]]) await keepQuery(path, query);
  expect(await readQueries(path)).toHaveLength(3);
  expect(await warmFrom(path, knowledge, 3)).toEqual({ found: 0, computed: 2, missing: 0, failed: 0 });
  await knowledge.search(["one", "text"], 3);
  expect(asked).toHaveLength(2);
});

test("its hits and misses are on /metrics", async () => {
  await using flyball = await begin();
  const { knowledge } = over(flyball);
  for (const query of ["a", "a", "b"]) await knowledge.search([query], 3);
  const { body } = await flyball.metrics({});
  expect(body).toMatch(/^flyball_cache_duration_seconds_count\{cache="cache",level="memory",result="hit"\} 1$/m);
  expect(body).toMatch(/^flyball_cache_duration_seconds_count\{cache="cache",level="compute",result="computed"\} 2$/m);
});
