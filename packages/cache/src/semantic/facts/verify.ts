import { LRUCache } from "lru-cache";
import { compareReadings, type Disagreement } from "./compare.ts";
import { type Reading, readQuestion } from "./read.ts";
import { canonicaliser } from "./stem.ts";

/** Says on what two questions disagree, in one word for statistics; undefined when the cached answer may serve. */
export type Verify = (asked: string, cached: string) => string | undefined;

export interface VerifyOptions {
  /** Groups of words that mean the same in the questions of this service: `[["invoice", "bill"]]`. Default none. */
  readonly synonyms?: readonly (readonly string[])[];
}

/**
 * Checks two questions that an embedding found alike for what embeddings are blind to: other numbers, dates, units,
 * names, negations, quantifiers and opposites, another kind of question, a condition that only one has, one word in
 * the place of another, the same words the other way round. It prefers to refuse: a refusal costs a computation, a
 * wrong hit costs a wrong answer. What reads very differently it leaves to the embedding.
 *
 * The word lists are English with the negations of some other languages; numbers, names and replaced words are
 * compared in any.
 */
export function createVerifier(
  options: VerifyOptions = {},
): (asked: string, cached: string) => Disagreement | undefined {
  const canonical = canonicaliser(options.synonyms ?? []);
  // Reading takes tens of microseconds, more than finding; the questions that are met most are met again.
  const readings = new LRUCache<string, Reading>({ max: mostReadings });
  function read(text: string): Reading {
    let reading = readings.get(text);
    if (reading === undefined) {
      reading = readQuestion(text, canonical);
      readings.set(text, reading);
    }
    return reading;
  }
  return (asked, cached) => (asked === cached ? undefined : compareReadings(read(asked), read(cached)));
}

const mostReadings = 1_000;
