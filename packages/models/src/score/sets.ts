/** How well a set of predictions fits the gold set; each between 0 and 1. */
export interface SetScores {
  /** Share of the predictions that are right. 1 when there are none: nothing wrong was said. */
  readonly precision: number;
  /** Share of the gold items that were found. 1 when there are none to find. */
  readonly recall: number;
  /** Harmonic mean of the two; 1 when both sets are empty, 0 when they share nothing. Symmetric. */
  readonly f1: number;
}

/** Compares two sets; an item listed twice counts once. */
export function setScores(predicted: Iterable<string>, gold: Iterable<string>): SetScores {
  const said = new Set(predicted);
  const wanted = new Set(gold);
  let right = 0;
  for (const item of said) if (wanted.has(item)) right++;
  return {
    precision: said.size === 0 ? 1 : right / said.size,
    recall: wanted.size === 0 ? 1 : right / wanted.size,
    f1: said.size + wanted.size === 0 ? 1 : (2 * right) / (said.size + wanted.size),
  };
}

/** Scores of many pairs of sets as one: items are pooled, so that each item weighs the same (micro average). */
export function pooledSetScores(
  pairs: Iterable<{ readonly predicted: Iterable<string>; readonly gold: Iterable<string> }>,
): SetScores {
  const predicted: string[] = [];
  const gold: string[] = [];
  let index = 0;
  for (const pair of pairs) {
    for (const item of pair.predicted) predicted.push(`${index}:${item}`);
    for (const item of pair.gold) gold.push(`${index}:${item}`);
    index++;
  }
  return setScores(predicted, gold);
}
