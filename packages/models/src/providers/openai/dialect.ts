/** Where endpoints that call themselves OpenAI-compatible differ. */
export interface Dialect {
  /** The field that limits the answer. OpenAI's newer models refuse `max_tokens`; most others know nothing else. */
  readonly maxTokensField: "max_tokens" | "max_completion_tokens";
  /** Whether `seed` may be sent. An endpoint that does not know the field refuses the whole request. */
  readonly seed: boolean;
  /** Models whose sampling cannot be set: they refuse a temperature other than their own. */
  readonly fixedSampling?: RegExp;
  /** Asked for the health of the endpoint: from the base URL, or from the origin with a leading slash. */
  readonly healthPath: string;
  /** How embedding vectors travel when the endpoint has the choice. Either is understood. */
  readonly embeddingFormat: "base64" | "float" | "unasked";
}

/** What any endpoint understands. */
export const commonDialect: Dialect = {
  maxTokensField: "max_tokens",
  seed: true,
  healthPath: "models",
  embeddingFormat: "float",
};
