import { ConfigurationError } from "@flyball/core";
import type { QualityScore } from "@flyball/telemetry";
import { rougeL } from "./overlap.ts";

/** What a person said about an answer, or did with it. */
export type Feedback =
  | { readonly type: "thumbs"; readonly up: boolean }
  /** `min` defaults to 1, `max` to 5. */
  | { readonly type: "rating"; readonly value: number; readonly min?: number; readonly max?: number }
  /** An approval step: a draft that the person changed scores by how much of it was left. */
  | { readonly type: "edit"; readonly draft: string; readonly final: string };

/**
 * Turns feedback into a score named `human_feedback` (or `name`).
 * @throws ConfigurationError for a rating outside its scale, or a scale without width.
 */
export function feedbackScore(feedback: Feedback, name = "human_feedback"): QualityScore {
  switch (feedback.type) {
    case "thumbs":
      return { name, score: feedback.up ? 1 : 0, label: feedback.up ? "up" : "down" };
    case "rating": {
      const { value, min = 1, max = 5 } = feedback;
      if (!(max > min)) throw new ConfigurationError("rating.max", max, `a number above ${min}`);
      if (!(value >= min && value <= max)) throw new ConfigurationError("rating.value", value, `${min} to ${max}`);
      return { name, score: (value - min) / (max - min) };
    }
    case "edit": {
      const score = rougeL(feedback.final, feedback.draft);
      return { name, score, label: feedback.final === feedback.draft ? "accepted" : "edited" };
    }
  }
}
