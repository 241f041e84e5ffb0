/** The candidate closest to a word that was probably mistyped; undefined when none is close. */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  let best: { readonly candidate: string; readonly edits: number } | undefined;
  for (const candidate of candidates) {
    const edits = editsBetween(word.toLowerCase(), candidate.toLowerCase());
    if (edits <= Math.max(2, word.length / 3) && edits < (best?.edits ?? Number.POSITIVE_INFINITY)) {
      best = { candidate, edits };
    }
  }
  return best?.candidate;
}

/** `one of a, b, c (did you mean b?)`. */
export function oneOf(candidates: readonly string[], received: unknown): string {
  const close = typeof received === "string" ? nearest(received, candidates) : undefined;
  return `one of ${candidates.join(", ")}${close === undefined ? "" : ` (did you mean ${close}?)`}`;
}

/** Levenshtein's distance: insertions, deletions and replacements. */
function editsBetween(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [line, letter] of [...from].entries()) {
    const next = [line + 1];
    for (let column = 0; column < to.length; column++) {
      const replace = (row[column] as number) + (letter === to[column] ? 0 : 1);
      next.push(Math.min(replace, (row[column + 1] as number) + 1, (next[column] as number) + 1));
    }
    row = next;
  }
  return row[to.length] as number;
}
