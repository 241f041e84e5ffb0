/** Tokens of one model operation, normalised: `inputTokens` INCLUDES cached and cache-written tokens. */
export interface Usage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Part of `inputTokens` that the provider read from its prompt cache. */
  readonly cacheReadTokens?: number;
  /** Part of `inputTokens` that the provider wrote to its prompt cache. */
  readonly cacheWriteTokens?: number;
  /** Part of `outputTokens` spent on reasoning. */
  readonly reasoningTokens?: number;
  /** The provider gave no usage and these are counted by us. */
  readonly estimated?: boolean;
  /** Price tier, as the provider names it ("batch", "flex", "priority"). */
  readonly tier?: string;
}

/** What an operation cost. Unpriced is a state of its own: an unknown price is never zero. */
export type Cost =
  | { readonly priced: true; readonly usd: number; readonly priceTable: string }
  | { readonly priced: false; readonly reason: string };
