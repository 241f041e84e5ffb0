import { ConfigurationError } from "@flyball/core";
import type { Scorer } from "./types.ts";

/**
 * One score from several: their weighted mean. The explanation lists the parts.
 * @throws ConfigurationError without parts, or for a weight that is not positive.
 */
export function weightedScorer(
  name: string,
  parts: readonly { readonly scorer: Scorer; readonly weight: number }[],
): Scorer {
  if (parts.length === 0) throw new ConfigurationError(name, parts, "at least one part");
  for (const { scorer, weight } of parts) {
    if (!(weight > 0 && Number.isFinite(weight))) {
      throw new ConfigurationError(`${name}.${scorer.name}.weight`, weight, "a number above 0");
    }
  }
  const total = parts.reduce((sum, { weight }) => sum + weight, 0);
  return {
    name,
    async score(sample, signal) {
      const scores = await Promise.all(parts.map(({ scorer }) => scorer.score(sample, signal)));
      const score = scores.reduce((sum, part, index) => sum + part.score * (parts[index]?.weight ?? 0), 0) / total;
      const explanation = scores.map((part) => `${part.name} ${part.score.toFixed(3)}`).join(", ");
      // Rounding in the sum must not leave the range.
      return { name, score: Math.min(1, score), explanation };
    },
  };
}
