import type { Figures } from "./scores.ts";

export interface Query {
  readonly text: string;
  /** Passages that answer it, as indexes. */
  readonly wanted: ReadonlySet<number>;
}

const depths = [1, 10, 20];

/** Recall at several depths of ranking all passages by cosine: the share of wanted passages among the first. */
export async function scoreRetrieval(
  queries: readonly Query[],
  passages: readonly string[],
  embed: (texts: readonly string[]) => Promise<readonly Float32Array[]>,
): Promise<Figures> {
  const vectors = (await embed(passages)).map(unit);
  const found = depths.map(() => 0);
  let wanted = 0;
  for (const [index, vector] of (await embed(queries.map(({ text }) => text))).map(unit).entries()) {
    const query = queries[index];
    if (query === undefined) continue;
    const ranked = vectors
      .map((passage, at) => ({ at, score: dot(passage, vector) }))
      .sort((a, b) => b.score - a.score);
    wanted += query.wanted.size;
    for (const [depth, limit] of depths.entries()) {
      found[depth] = (found[depth] ?? 0) + ranked.slice(0, limit).filter(({ at }) => query.wanted.has(at)).length;
    }
  }
  return Object.fromEntries(depths.map((limit, depth) => [`recall@${limit}`, (found[depth] ?? 0) / wanted]));
}

function unit(vector: Float32Array): Float32Array {
  const length = Math.sqrt(dot(vector, vector));
  return vector.map((value) => value / length);
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let index = 0; index < a.length; index++) sum += (a[index] ?? 0) * (b[index] ?? 0);
  return sum;
}
