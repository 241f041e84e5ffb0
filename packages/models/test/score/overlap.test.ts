import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { exactMatch, normalisedMatch, rougeL, tokenF1 } from "../../src/score/overlap.ts";
import { pooledSetScores, setScores } from "../../src/score/sets.ts";
import { wordsOf } from "../../src/score/words.ts";

const comparisons = { exactMatch, normalisedMatch, tokenF1, rougeL };
// Few words, so that texts overlap often; any string, so that nothing odd breaks the range.
const prose = fc
  .array(fc.constantFrom("the", "a", "theft", "of", "cow", "Ramesh", "12", "."), { maxLength: 12 })
  .map((words) => words.join(" "));
const text = fc.oneof(prose, fc.string({ unit: "grapheme" }));

describe.each(Object.entries(comparisons))("%s", (_, compare) => {
  it("is between 0 and 1, symmetric, and 1 for the same text", () => {
    fc.assert(
      fc.property(text, text, (a, b) => {
        const score = compare(a, b);
        expect(score).toBeGreaterThanOrEqual(0);
        expect(score).toBeLessThanOrEqual(1);
        expect(compare(b, a)).toBe(score);
        expect(compare(a, a)).toBe(1);
      }),
    );
  });

  it("is 0 for texts that share nothing and against nothing", () => {
    expect(compare("red apples", "fast cars")).toBe(0);
    expect(compare("", "fast cars")).toBe(0);
    expect(compare("?", "!")).toBe(0);
  });
});

describe("comparing words", () => {
  it("tokenF1 counts words as often as they occur, in any order", () => {
    expect(tokenF1("The cat sat.", "the CAT sat")).toBe(1);
    expect(tokenF1("sat cat the", "the cat sat")).toBe(1);
    // Two of three and two of two: 2·2 / 5.
    expect(tokenF1("the cat ran", "the cat")).toBeCloseTo(0.8, 9);
    expect(tokenF1("cat cat cat cat", "cat")).toBeCloseTo(0.4, 9);
  });

  it("rougeL wants them in order", () => {
    expect(rougeL("sat cat the", "the cat sat")).toBeCloseTo(1 / 3, 9);
    expect(rougeL("police killed the gunman", "police kill the gunman")).toBeCloseTo(0.75, 9);
  });

  it("rougeL never exceeds tokenF1", () => {
    fc.assert(
      fc.property(prose, prose, (a, b) => void expect(rougeL(a, b)).toBeLessThanOrEqual(tokenF1(a, b) + 1e-12)),
    );
  });

  it("keeps words of other scripts whole, and takes scripts without spaces by character", () => {
    expect(wordsOf("शिकायत दर्ज की गई।")).toEqual(["शिकायत", "दर्ज", "की", "गई"]);
    expect(wordsOf("盗難 report 2件")).toEqual(["盗", "難", "report", "2", "件"]);
    expect(wordsOf("Ｆｕｌｌ ｗｉｄｔｈ")).toEqual(["full", "width"]);
  });
});

describe("sets", () => {
  const items = fc.array(fc.constantFrom("302", "378", "379", "420", "506"), { maxLength: 8 });

  it("are scored between 0 and 1, symmetric, 1 for the same set in any order", () => {
    fc.assert(
      fc.property(items, items, (predicted, gold) => {
        const scores = setScores(predicted, gold);
        for (const score of Object.values(scores)) {
          expect(score).toBeGreaterThanOrEqual(0);
          expect(score).toBeLessThanOrEqual(1);
        }
        const turned = setScores(gold, predicted);
        expect(turned.f1).toBe(scores.f1);
        if (predicted.length > 0 && gold.length > 0) {
          expect(turned.precision).toBe(scores.recall);
          const { precision, recall } = scores;
          const harmonic = precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall);
          expect(scores.f1).toBeCloseTo(harmonic, 12);
        }
        expect(setScores(predicted, predicted.toReversed())).toEqual({ precision: 1, recall: 1, f1: 1 });
      }),
    );
  });

  it("have precision and recall as they are defined", () => {
    expect(setScores(["378", "379", "420"], ["379", "506"])).toEqual({ precision: 1 / 3, recall: 1 / 2, f1: 2 / 5 });
    expect(setScores([], ["379"])).toEqual({ precision: 1, recall: 0, f1: 0 });
  });

  it("pool over pairs by item, the same item of two pairs counting twice", () => {
    const pooled = pooledSetScores([
      { predicted: ["379"], gold: ["379"] },
      { predicted: ["379"], gold: ["420", "506"] },
    ]);
    expect(pooled).toEqual({ precision: 1 / 2, recall: 1 / 3, f1: 2 / 5 });
  });
});
