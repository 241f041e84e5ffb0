import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ScoreUnavailableError } from "../../src/score/errors.ts";
import { type Feedback, feedbackScore } from "../../src/score/feedback.ts";
import { goldScorer, goldSetScorer } from "../../src/score/gold.ts";
import { formatScorer, groundingScorer, lengthScorer, repetitionScorer } from "../../src/score/heuristics.ts";
import type { Scorer, ScoreSample } from "../../src/score/types.ts";
import { weightedScorer } from "../../src/score/weighted.ts";

const value = async (scorer: Scorer, sample: ScoreSample): Promise<number> => (await scorer.score(sample)).score;

const all: readonly Scorer[] = [
  goldScorer("exact_match"),
  goldScorer("normalised_match"),
  goldScorer("token_f1"),
  goldScorer("rouge_l"),
  goldSetScorer((answer) => answer.match(/\d+/g) ?? []),
  lengthScorer({ min: 3, max: 10 }),
  formatScorer({ dot: (answer) => answer.endsWith("."), json: (answer) => JSON.parse(answer) !== null }),
  repetitionScorer(),
  groundingScorer(),
];

describe("every scorer", () => {
  it.each(all.map((scorer) => [scorer.name, scorer] as const))(
    "%s stays between 0 and 1 on anything",
    async (name, scorer) => {
      await fc.assert(
        fc.asyncProperty(fc.string({ unit: "grapheme" }), fc.string(), fc.string(), async (answer, gold, source) => {
          const score = await scorer.score({ answer, gold, source });
          expect(score.name).toBe(name);
          expect(score.score).toBeGreaterThanOrEqual(0);
          expect(score.score).toBeLessThanOrEqual(1);
        }),
      );
    },
  );
});

describe("a deliberately bad answerer", () => {
  const pairs = [
    {
      question: "What was taken from the complainant's house?",
      gold: "Two gold bangles and a mobile phone were taken from the bedroom cupboard.",
    },
    {
      question: "When did the quarrel begin?",
      gold: "The quarrel began at about nine in the evening on the second of March.",
    },
    {
      question: "Who saw the accused leave?",
      gold: "The watchman of the next building saw him climb over the back wall.",
    },
    {
      question: "Why was the shop closed?",
      gold: "The owner had gone to his village for a wedding and closed it for three days.",
    },
  ];
  const scorer = weightedScorer("answer_quality", [
    { scorer: goldScorer("token_f1"), weight: 1 },
    { scorer: goldScorer("rouge_l"), weight: 1 },
  ]);
  const bad: Record<string, (index: number) => string> = {
    "says nothing": () => "",
    "does not know": () => "I do not know the answer to this question.",
    "repeats the question": (index) => pairs[index]?.question ?? "",
    "answers another question": (index) => pairs[(index + 1) % pairs.length]?.gold ?? "",
    "says every common word": () => "the a of and to in was he it for on at by from had his him",
    "says everything at once": () => pairs.map(({ gold }) => gold).join(" "),
    loops: () => "the complainant the complainant the complainant the complainant the complainant",
  };

  it.each(Object.entries(bad))("that %s scores under 0.5 on every question", async (_, answer) => {
    for (const [index, { gold }] of pairs.entries()) {
      expect(await value(scorer, { answer: answer(index), gold })).toBeLessThan(0.5);
    }
  });

  it("is told apart from a good one, whose words differ a little", async () => {
    const good = [
      "Two gold bangles and a mobile phone, taken from the cupboard in the bedroom.",
      "It began at about nine in the evening on the second of March.",
      "The watchman of the next building saw him climb the back wall.",
      "The owner had gone to a wedding in his village and closed it for three days.",
    ];
    for (const [index, { gold }] of pairs.entries()) {
      expect(await value(scorer, { answer: good[index] ?? "", gold })).toBeGreaterThan(0.7);
    }
  });
});

describe("gold scorers", () => {
  it("take the best of several golds", async () => {
    const sample = { answer: "nine o'clock", gold: ["twenty-one hours", "nine o'clock"] };
    expect(await value(goldScorer("normalised_match"), sample)).toBe(1);
  });

  it("compare lists with all gold items", async () => {
    const scorer = goldSetScorer((answer) => answer.match(/\d+/g) ?? [], "sections");
    const score = await scorer.score({ answer: "Sections 379 and 420 apply", gold: ["379", "506"] });
    expect(score).toEqual({ name: "sections", score: 0.5, explanation: "precision 0.500, recall 0.500" });
    expect(await value(scorer, { answer: "none", gold: [] })).toBe(1);
  });

  it("do not take a missing gold for a bad answer", async () => {
    await expect(goldScorer("token_f1").score({ answer: "x" })).rejects.toThrow(ScoreUnavailableError);
    await expect(goldScorer("token_f1").score({ answer: "x", gold: [] })).rejects.toThrow(/no gold answer/);
  });
});

describe("heuristics", () => {
  it("give an empty answer nothing", async () => {
    for (const scorer of [lengthScorer({ min: 1, max: 9 }), formatScorer({}), repetitionScorer(), groundingScorer()]) {
      expect(await scorer.score({ answer: " … ", source: "s" })).toEqual({
        name: scorer.name,
        score: 0,
        label: "empty",
      });
    }
  });

  it("length falls off outside its bounds", async () => {
    const scorer = lengthScorer({ min: 4, max: 8 });
    const words = (count: number) => ({ answer: "word ".repeat(count) });
    expect(await Promise.all([2, 4, 8, 16].map((count) => value(scorer, words(count))))).toEqual([0.5, 1, 1, 0.5]);
  });

  it("format names what is broken, a throwing check included", async () => {
    const scorer = formatScorer({
      json: (answer) => Boolean(JSON.parse(answer)),
      ends: (answer) => answer.endsWith("."),
    });
    expect(await scorer.score({ answer: "Not JSON." })).toEqual({
      name: "format",
      score: 0.5,
      explanation: "broken: json",
    });
  });

  it("repetition sees a loop", async () => {
    expect(await value(repetitionScorer(), { answer: "a thief took the cow from the field at night" })).toBe(1);
    expect(await value(repetitionScorer(), { answer: "took the cow ".repeat(20) })).toBeLessThan(0.1);
  });

  it("grounding counts numbers and names that the source does not have", async () => {
    const source = "On 5 March the complainant Asha Rao lost Rs 12,500.00 near Andheri station.";
    const grounding = groundingScorer();
    expect(await value(grounding, { source, answer: "The loss of 12500 was reported by Asha Rao at Andheri." })).toBe(
      1,
    );
    const made = await grounding.score({ source, answer: "The loss of 99,000 was reported by Vikram Rao in Pune." });
    // Wrong: 99000, Vikram and Pune; right: Rao.
    expect(made).toEqual({
      name: "grounding",
      score: 0.25,
      explanation: "3 of 4 numbers and names are not in the source",
    });
    expect(await value(grounding, { source, answer: "1. There was a loss.\n2. It was reported." })).toBe(1);
    await expect(grounding.score({ answer: "x" })).rejects.toThrow(ScoreUnavailableError);
  });
});

describe("a weighted score", () => {
  const fixed = (name: string, score: number): Scorer => ({ name, score: async () => ({ name, score }) });

  it("is the weighted mean and says of what", async () => {
    const scorer = weightedScorer("both", [
      { scorer: fixed("a", 1), weight: 3 },
      { scorer: fixed("b", 0), weight: 1 },
    ]);
    expect(await scorer.score({ answer: "" })).toEqual({ name: "both", score: 0.75, explanation: "a 1.000, b 0.000" });
  });

  it("stays between its parts", async () => {
    const part = fc.record({
      score: fc.double({ min: 0, max: 1, noNaN: true }),
      weight: fc.double({ min: 1e-6, max: 1e6, noNaN: true }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(part, { minLength: 1, maxLength: 5 }), async (parts) => {
        const scorer = weightedScorer(
          "w",
          parts.map(({ score, weight }) => ({ scorer: fixed("p", score), weight })),
        );
        const scores = parts.map(({ score }) => score);
        const mean = await value(scorer, { answer: "" });
        expect(mean).toBeGreaterThanOrEqual(Math.min(...scores) - 1e-9);
        expect(mean).toBeLessThanOrEqual(Math.min(1, Math.max(...scores) + 1e-9));
      }),
    );
  });

  it("refuses weights that are none", () => {
    expect(() => weightedScorer("w", [{ scorer: fixed("a", 1), weight: 0 }])).toThrow(/w\.a\.weight/);
    expect(() => weightedScorer("w", [])).toThrow(/at least one part/);
  });
});

describe("human feedback", () => {
  it.each<[Feedback, number]>([
    [{ type: "thumbs", up: true }, 1],
    [{ type: "thumbs", up: false }, 0],
    [{ type: "rating", value: 1 }, 0],
    [{ type: "rating", value: 4 }, 0.75],
    [{ type: "rating", value: 7, min: 0, max: 10 }, 0.7],
    [{ type: "edit", draft: "the same words", final: "the same words" }, 1],
    [{ type: "edit", draft: "wholly wrong", final: "something else" }, 0],
  ])("%j gives %d", (feedback, expected) => {
    expect(feedbackScore(feedback).score).toBeCloseTo(expected, 12);
  });

  it("refuses what is off the scale", () => {
    expect(() => feedbackScore({ type: "rating", value: 6 })).toThrow(/rating\.value: expected 1 to 5, received 6/);
    expect(() => feedbackScore({ type: "rating", value: 1, min: 1, max: 1 })).toThrow(/rating\.max/);
  });
});
