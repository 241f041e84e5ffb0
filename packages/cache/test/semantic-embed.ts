import type { Embed } from "../src/semantic/types.ts";

/**
 * Embeds by hashed letter trigrams and words: deterministic, and alike for texts that are written alike, which is what
 * makes real embeddings dangerous too.
 */
export const trigramEmbed: Embed = async (texts) => texts.map((text) => vectorOf(text));

const dimensions = 256;

function vectorOf(text: string): Float32Array {
  const vector = new Float32Array(dimensions);
  const plain = ` ${text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, " ")
    .trim()} `;
  for (let at = 0; at + 3 <= plain.length; at++) raise(vector, plain.slice(at, at + 3), 1);
  for (const word of plain.trim().split(" ")) raise(vector, word, 2);
  return vector;
}

function raise(vector: Float32Array, feature: string, weight: number): void {
  let hash = 2166136261;
  for (let at = 0; at < feature.length; at++) hash = Math.imul(hash ^ feature.charCodeAt(at), 16777619);
  const place = (hash >>> 0) % dimensions;
  vector[place] = (vector[place] as number) + ((hash >>> 16) & 1 ? weight : -weight);
}

/** Counts what was asked of it, and can be told to fail or to hang. */
export function watchedEmbed(): {
  readonly embed: Embed;
  texts: string[];
  calls: number;
  behave: "well" | "fail" | "hang";
} {
  const watched = {
    texts: [] as string[],
    calls: 0,
    behave: "well" as "well" | "fail" | "hang",
    embed: (async (texts) => {
      watched.calls++;
      watched.texts.push(...texts);
      if (watched.behave === "fail") throw new Error("the embedding server is gone");
      if (watched.behave === "hang") return new Promise<never>(() => {});
      return trigramEmbed(texts);
    }) as Embed,
  };
  return watched;
}
