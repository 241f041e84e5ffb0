import { copyRecords } from "./copying.ts";
import { expand } from "./expand.ts";
import { textRecords } from "./general.ts";
import { qualityRecord, sentimentRecord } from "./labels.ts";
import { createRandom } from "./random.ts";
import type { CorpusRecord } from "./record.ts";
import * as values from "./values.ts";

/** What an extra module gets to write its texts with. */
export const tools = { createRandom, expand, values };
export type CorpusTools = typeof tools;

export interface Extra {
  records(tools: CorpusTools, options: { readonly seed: number; readonly scale: number }): Iterable<CorpusRecord>;
}

export interface CorpusOptions {
  readonly seed: number;
  /** 1 is what the committed model was trained on; less is for a look or a test. */
  readonly scale: number;
  readonly extras: readonly Extra[];
}

/** Every record of the corpus, in a fixed order. */
export function* corpus({ seed, scale, extras }: CorpusOptions): Generator<CorpusRecord> {
  const random = createRandom(seed);
  for (let index = 0; index < 6000 * scale; index++) yield* copyRecords(random, `copy ${index}`);
  for (let index = 0; index < 5000 * scale; index++) yield* textRecords(random, `text ${index}`);
  for (let index = 0; index < 2000 * scale; index++) yield sentimentRecord(random, `sentiment ${index}`);
  for (let index = 0; index < 1500 * scale; index++) yield qualityRecord(random, `quality ${index}`);
  for (const extra of extras) yield* extra.records(tools, { seed, scale });
}
