import { createScriptedProvider } from "@flyball/models";
import { createTelemetry, type Outcome } from "@flyball/telemetry";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { loadSections } from "../src/data.ts";
import { openKnowledgeBase } from "../src/knowledge-base.ts";
import { fuseRankings, rankBySimilarity } from "../src/rank.ts";

const provider = createScriptedProvider({ answers: ["unused"] });
const embed = async (inputs: readonly string[]) => (await provider.embed({ model: "hashed", inputs })).vectors;

describe("knowledge base", () => {
  test("finds sections by the words of a complaint", async () => {
    const knowledge = await openKnowledgeBase(loadSections(), embed, createTelemetry());
    const hits = await knowledge.search(["Two men on a motorcycle snatched my gold chain from my neck and fled."], 20);
    expect(hits).toHaveLength(20);
    expect(hits.slice(0, 5).map(({ section }) => section.id)).toContain("bns-304-2");
    expect(hits.map(({ score }) => score)).toEqual(hits.map(({ score }) => score).toSorted((a, b) => b - a));
  });

  test("takes any text as text, whatever it means to the index", async () => {
    const knowledge = await openKnowledgeBase(loadSections(), embed, createTelemetry());
    const hostile = fc.oneof(
      fc.string(),
      fc.constantFrom('"', "NEAR(a b)", "title: theft", "a AND NOT b", "*", "theft)"),
    );
    await fc.assert(
      fc.asyncProperty(hostile, async (text) => {
        expect(await knowledge.search([text], 5)).toHaveLength(5);
      }),
      { numRuns: 50 },
    );
  });

  test("each search is recorded as a retrieval", async () => {
    const telemetry = createTelemetry();
    const outcomes: Outcome[] = [];
    telemetry.subscribe((outcome) => outcomes.push(outcome));
    const knowledge = await openKnowledgeBase(loadSections(), embed, telemetry);
    await knowledge.search(["theft"], 5);
    expect(outcomes.map(({ kind, name, status }) => [kind, name, status])).toEqual([["retrieval", "statutes", "ok"]]);
  });
});

describe("fusing rankings", () => {
  const of = (...ids: string[]) => ({ ids, weight: 1 });

  test("a ranking of more weight decides", () => {
    const fused = fuseRankings([{ ids: ["a", "b"], weight: 0.1 }, of("b", "a")]);
    expect(fused.map(({ id }) => id)).toEqual(["b", "a"]);
  });

  test("what both rankings put first is first, and every id appears once", () => {
    expect(fuseRankings([of("a", "b", "c"), of("a", "c")]).map(({ id }) => id)).toEqual(["a", "c", "b"]);
  });

  test("the order of the rankings does not matter", () => {
    const ranking = fc.uniqueArray(fc.constantFrom(..."abcdefgh"), { maxLength: 8 });
    fc.assert(
      fc.property(ranking, ranking, (a, b) => {
        expect(fuseRankings([of(...a), of(...b)]).map(({ id }) => id)).toEqual(
          fuseRankings([of(...b), of(...a)]).map(({ id }) => id),
        );
      }),
    );
  });

  test("similarity ignores length, and a zero vector is like nothing", () => {
    const vectors = new Map([
      ["same", Float32Array.of(10, 0)],
      ["zero", Float32Array.of(0, 0)],
      ["opposite", Float32Array.of(-1, 0)],
    ]);
    expect(rankBySimilarity(Float32Array.of(1, 0), vectors)).toEqual(["same", "zero", "opposite"]);
  });
});
