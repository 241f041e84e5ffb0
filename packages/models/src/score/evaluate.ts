import { type Clock, errorType, systemClock, toError } from "@flyball/core";
import type { OperationStart, QualityScore, Telemetry } from "@flyball/telemetry";
import type { Scorer, ScoreSample } from "./types.ts";

export interface RecordOptions {
  /** How long judging took, milliseconds. Default 0, for feedback that just arrived. */
  readonly durationMs?: number;
  /** The operation that is judged; the evaluation becomes its child. Default: the surrounding one. */
  readonly of?: { readonly traceId: string; readonly spanId: string };
  /** Bounded labels: no ids, no content. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Keep the explanation. It may quote what was judged, so it is content, and off by default. */
  readonly explanation?: boolean;
}

/** Records a score as an outcome of kind `evaluation`, named like the score. */
export function recordScore(telemetry: Telemetry, score: QualityScore, options: RecordOptions = {}): void {
  const { explanation, ...bare } = score;
  telemetry.record({
    ...evaluation(score.name, options),
    durationMs: options.durationMs ?? 0,
    quality: [options.explanation === true ? score : bare],
  });
}

export interface EvaluateOptions extends Omit<RecordOptions, "durationMs"> {
  readonly telemetry?: Telemetry;
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
}

/** What judging one answer came to. A scorer that failed is in `failures` and nowhere else. */
export interface Evaluation {
  readonly scores: readonly QualityScore[];
  readonly failures: readonly { readonly scorer: string; readonly error: Error }[];
}

/** Judges an answer by several scorers at once and records each. Never rejects: quality is watched, not required. */
export async function evaluate(
  scorers: readonly Scorer[],
  sample: ScoreSample,
  options: EvaluateOptions = {},
): Promise<Evaluation> {
  const { telemetry, signal, clock = systemClock } = options;

  async function judge(scorer: Scorer): Promise<QualityScore | Evaluation["failures"][number]> {
    const startedAt = clock.monotonic();
    try {
      const score = await scorer.score(sample, signal);
      if (telemetry) recordScore(telemetry, score, { ...options, durationMs: clock.monotonic() - startedAt });
      return score;
    } catch (error) {
      telemetry?.record({
        ...evaluation(scorer.name, options),
        durationMs: clock.monotonic() - startedAt,
        status: signal?.aborted ? "cancelled" : "error",
        errorType: errorType(error),
      });
      return { scorer: scorer.name, error: toError(error) };
    }
  }

  const judged = await Promise.all(scorers.map(judge));
  return {
    scores: judged.filter((result) => "score" in result),
    failures: judged.filter((result) => "error" in result),
  };
}

function evaluation(name: string, { of, labels }: RecordOptions): OperationStart {
  return { kind: "evaluation", name, ...(of ? { parent: of } : {}), ...(labels ? { labels } : {}) };
}
