import type { QualityScore } from "@flyball/telemetry";

/** What there is to judge one answer by. Scorers say what they need of it. */
export interface ScoreSample {
  readonly answer: string;
  readonly question?: string;
  /** Answers that are right; several when any of them would do. */
  readonly gold?: string | readonly string[];
  /** What the answer was made from: the document, the retrieved passages. */
  readonly source?: string;
}

/** Judges one quality of an answer. */
export interface Scorer {
  /** Low-cardinality: it names the score and its outcome. */
  readonly name: string;
  /**
   * The score, between 0 and 1, higher is better.
   * @throws ScoreUnavailableError when the sample lacks what is needed, or a judge gave no usable verdict: an unknown
   * quality is not a quality of zero.
   */
  score(sample: ScoreSample, signal?: AbortSignal): Promise<QualityScore>;
}
