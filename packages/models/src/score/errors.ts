import { FlyballError } from "@flyball/core";

/** A scorer could not judge: `score_unavailable`. Never to be read as a score of 0. */
export class ScoreUnavailableError extends FlyballError {
  constructor(scorer: string, why: string, cause?: unknown) {
    super("score_unavailable", `${scorer} could not score: ${why}`, {
      subject: scorer,
      ...(cause === undefined ? {} : { cause }),
    });
  }
}
