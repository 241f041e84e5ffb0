import { ScoreUnavailableError } from "./errors.ts";
import { exactMatch, normalisedMatch, rougeL, tokenF1 } from "./overlap.ts";
import { setScores } from "./sets.ts";
import type { Scorer, ScoreSample } from "./types.ts";

/** How an answer is compared with a gold one. */
export type Comparison = "exact_match" | "normalised_match" | "token_f1" | "rouge_l";

const comparisons: Readonly<Record<Comparison, (answer: string, gold: string) => number>> = {
  exact_match: exactMatch,
  normalised_match: normalisedMatch,
  token_f1: tokenF1,
  rouge_l: rougeL,
};

/** Scores an answer against its gold answers by one comparison; the best of several golds counts. */
export function goldScorer(comparison: Comparison): Scorer {
  const compare = comparisons[comparison];
  return {
    name: comparison,
    async score(sample) {
      const golds = goldsOf(comparison, sample);
      return { name: comparison, score: Math.max(...golds.map((gold) => compare(sample.answer, gold))) };
    },
  };
}

/**
 * Scores a list: F1 of the items that `itemsOf` finds in the answer against the gold items, all of which are wanted.
 * The explanation carries precision and recall.
 */
export function goldSetScorer(itemsOf: (answer: string) => readonly string[], name = "set_f1"): Scorer {
  return {
    name,
    async score(sample) {
      if (sample.gold === undefined) throw new ScoreUnavailableError(name, "the sample has no gold items");
      const { precision, recall, f1 } = setScores(itemsOf(sample.answer), [sample.gold].flat());
      return { name, score: f1, explanation: `precision ${precision.toFixed(3)}, recall ${recall.toFixed(3)}` };
    },
  };
}

function goldsOf(scorer: string, { gold }: ScoreSample): readonly string[] {
  const golds = gold === undefined ? [] : [gold].flat();
  if (golds.length === 0) throw new ScoreUnavailableError(scorer, "the sample has no gold answer");
  return golds;
}
