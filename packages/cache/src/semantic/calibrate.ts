import { ConfigurationError } from "@flyball/core";
import { createVerifier, type Verify } from "./facts/verify.ts";
import type { Embed } from "./types.ts";
import { normalised, similarity } from "./vector.ts";

/** Two questions, and whether the answer to one serves the other. */
export interface LabelledPair {
  readonly asked: string;
  readonly cached: string;
  readonly same: boolean;
}

export interface CalibrateOptions {
  /** The least share of hits that must be right, above 0 up to 1. Default 0.99. */
  readonly precision?: number;
  /** As the cache will verify. Default `createVerifier()`. */
  readonly verify?: Verify;
}

/** What a threshold does to the pairs. */
export interface ThresholdFigures {
  readonly threshold: number;
  /** Pairs that would be served. */
  readonly hits: number;
  /** Of these, pairs whose answer would be wrong. */
  readonly wrong: number;
  /** Right hits of all hits; 1 when there is none. */
  readonly precision: number;
  /**
   * The least precision that so many pairs speak for, with 95 % confidence (lower bound of the Wilson score interval,
   * Wilson 1927). Few pairs prove little, however well they do.
   */
  readonly precisionAtLeast: number;
  /** Right hits of all pairs that one answer serves. */
  readonly recall: number;
  /** Precision and recall of the embedding alone, without verification. */
  readonly unverified: { readonly precision: number; readonly recall: number };
}

export interface Calibration {
  /** One for each similarity at which something changes, from low to high. */
  readonly figures: readonly ThresholdFigures[];
  /** The one of the wanted precision with the most right hits; undefined when no threshold reaches it. */
  readonly chosen: ThresholdFigures | undefined;
  readonly wantedPrecision: number;
  readonly pairs: number;
  /** Pairs that one answer serves. */
  readonly same: number;
  /** Pairs that one answer serves and verification refuses: recall that no threshold brings back. */
  readonly refusedSame: number;
}

interface Judged {
  readonly similarity: number;
  readonly same: boolean;
  readonly verified: boolean;
}

/**
 * Finds the threshold for a service's own questions and embedding model. Pairs should be such as the cache will meet,
 * and half of them different questions that look alike: with easy ones any threshold seems safe.
 * @throws ConfigurationError without a pair of each kind; whatever `embed` throws
 */
export async function calibrate(
  pairs: readonly LabelledPair[],
  embed: Embed,
  options: CalibrateOptions = {},
): Promise<Calibration> {
  const { precision: wantedPrecision = 0.99, verify = createVerifier() } = options;
  if (!(wantedPrecision > 0 && wantedPrecision <= 1)) {
    throw new ConfigurationError("calibrate.precision", wantedPrecision, "a number above 0 up to 1");
  }
  const same = pairs.filter((pair) => pair.same).length;
  if (same === 0 || same === pairs.length) {
    throw new ConfigurationError("calibrate.pairs", `${same} of ${pairs.length} the same`, "pairs of both kinds");
  }
  const judged = await judge(pairs, embed, verify);
  const figures = [...new Set(judged.map((pair) => pair.similarity))]
    .filter((threshold) => threshold > 0)
    .sort((a, b) => a - b)
    .map((threshold) => figuresAt(threshold, judged, same));
  const safe = figures.filter(({ hits, precision }) => hits > 0 && precision >= wantedPrecision);
  return {
    figures,
    // Of several with as many right hits the highest: it keeps furthest from what was not among the pairs.
    chosen: safe.reduce<ThresholdFigures | undefined>(
      (best, one) => (best === undefined || one.recall >= best.recall ? one : best),
      undefined,
    ),
    wantedPrecision,
    pairs: pairs.length,
    same,
    refusedSame: judged.filter((pair) => pair.same && !pair.verified).length,
  };
}

async function judge(pairs: readonly LabelledPair[], embed: Embed, verify: Verify): Promise<Judged[]> {
  const texts = [...new Set(pairs.flatMap(({ asked, cached }) => [asked, cached]))];
  const vectors = new Map<string, Float32Array>();
  for (let from = 0; from < texts.length; from += textsAtOnce) {
    const some = texts.slice(from, from + textsAtOnce);
    const made = await embed(some);
    some.forEach((text, index) => {
      vectors.set(text, normalised(made[index] ?? new Float32Array()));
    });
  }
  return pairs.map(({ asked, cached, same }) => ({
    similarity: similarity(vectors.get(asked) as Float32Array, vectors.get(cached) as Float32Array),
    same,
    verified: verify(asked, cached) === undefined,
  }));
}

/** Texts of one call: what embedding servers take without complaint. */
const textsAtOnce = 64;

function figuresAt(threshold: number, judged: readonly Judged[], same: number): ThresholdFigures {
  const near = judged.filter((pair) => pair.similarity >= threshold);
  const served = near.filter((pair) => pair.verified);
  const right = served.filter((pair) => pair.same).length;
  const nearRight = near.filter((pair) => pair.same).length;
  const share = (part: number, whole: number): number => (whole === 0 ? 1 : part / whole);
  return {
    threshold,
    hits: served.length,
    wrong: served.length - right,
    precision: share(right, served.length),
    precisionAtLeast: wilsonLower(right, served.length),
    recall: right / same,
    unverified: { precision: share(nearRight, near.length), recall: nearRight / same },
  };
}

/** Lower end of the two-sided 95 % Wilson score interval of a share. */
function wilsonLower(part: number, whole: number): number {
  if (whole === 0) return 0;
  const z = 1.959964;
  const share = part / whole;
  const square = (z * z) / whole;
  const margin = z * Math.sqrt((share * (1 - share)) / whole + square / (4 * whole));
  return Math.max(0, (share + square / 2 - margin) / (1 + square));
}
