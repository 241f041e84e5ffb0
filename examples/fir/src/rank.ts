/** Damps the difference between the first places; 60 is the value of the paper. */
const damping = 60;

/** A ranking, best first, and how much it counts. */
export interface WeightedRanking {
  readonly ids: readonly string[];
  readonly weight: number;
}

/**
 * Joins rankings of the same things into one, best first, without comparing their scores: weighted reciprocal rank
 * fusion. Source: Cormack, Clarke, Büttcher, "Reciprocal rank fusion outperforms Condorcet and individual rank learning
 * methods", SIGIR 2009.
 */
export function fuseRankings(rankings: readonly WeightedRanking[]): { readonly id: string; readonly score: number }[] {
  const scores = new Map<string, number>();
  for (const { ids, weight } of rankings) {
    for (const [place, id] of ids.entries()) scores.set(id, (scores.get(id) ?? 0) + weight / (damping + place + 1));
  }
  return [...scores]
    .map(([id, score]) => ({ id, score }))
    .sort((a, b) => b.score - a.score || a.id.localeCompare(b.id));
}

/** Ids by cosine similarity to `query`, best first. Vectors need no unit length. */
export function rankBySimilarity(query: Float32Array, vectors: ReadonlyMap<string, Float32Array>): string[] {
  return [...vectors]
    .map(([id, vector]) => ({ id, similarity: cosine(query, vector) }))
    .sort((a, b) => b.similarity - a.similarity)
    .map(({ id }) => id);
}

function cosine(a: Float32Array, b: Float32Array): number {
  let dot = 0;
  let normA = 0;
  let normB = 0;
  for (let index = 0; index < a.length; index++) {
    const x = a[index] as number;
    const y = b[index] as number;
    dot += x * y;
    normA += x * x;
    normB += y * y;
  }
  return normA === 0 || normB === 0 ? 0 : dot / Math.sqrt(normA * normB);
}
