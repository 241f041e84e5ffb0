/** One line of a corpus that teaches an answer. Lines of one `group` follow each other and share their prompts' beginning. */
export interface ChatRecord {
  readonly task: string;
  readonly group: string;
  readonly messages: readonly { readonly role: "system" | "user"; readonly content: string }[];
  readonly answer: string;
  /** How much an answer token counts in training. Default 1; one-word answers need more. */
  readonly weight?: number;
  /** For scoring only: what the answer must mention; of each entry one spelling is enough. */
  readonly mentions?: readonly (readonly string[])[];
}

/** One line that teaches embeddings: `query` should be nearer to its own `passage` than to those of other labels. */
export interface PairRecord {
  readonly task: "embed";
  readonly query: string;
  readonly passage: string;
  readonly label: string;
  /** Labels whose passages fit the query as well. */
  readonly also: readonly string[];
}

export type CorpusRecord = ChatRecord | PairRecord;

/** For scoring only: a passage that no query asks for, but that may be found instead. */
export interface PassageRecord {
  readonly task: "passage";
  readonly passage: string;
}

export type EvaluationRecord = CorpusRecord | PassageRecord;
