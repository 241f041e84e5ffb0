import { createHash } from "node:crypto";
import { estimateUsage } from "../estimate-usage.ts";
import type { Message } from "../types.ts";
import { layoutPrompt, type PromptLayout, type PromptParts, stablePrefix } from "./layout.ts";

/** A prompt whose stable part is settled: what is left is the variable part of each request. */
export interface PreparedPrompt {
  readonly name: string;
  /** As given, or the hash: two prompts of one version have the same stable part. */
  readonly version: string;
  /** The first 16 hex digits of SHA-256 over the stable part. A bounded label, as long as prompts are. */
  readonly hash: string;
  /** Tokens of the stable part, estimated. Providers cache prefixes from about 1,024 on. */
  readonly estimatedPrefixTokens: number;
  messages(variable: string, layout: PromptLayout): Message[];
  /** The stable messages alone, in the cacheable layout. */
  readonly prefix: readonly Message[];
}

/** Prepares a prompt once, at start. */
export function preparePrompt(
  name: string,
  stable: Omit<PromptParts, "variable">,
  options: { readonly version?: string } = {},
): PreparedPrompt {
  const prefix = stablePrefix(stable);
  const hash = createHash("sha256").update(JSON.stringify(prefix)).digest("hex").slice(0, 16);
  return {
    name,
    hash,
    version: options.version ?? hash,
    estimatedPrefixTokens: estimateUsage(prefix, "").inputTokens,
    prefix,
    messages: (variable, layout) => layoutPrompt({ ...stable, variable }, layout),
  };
}
