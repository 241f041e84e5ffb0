import type { Clock } from "@flyball/core";
import type { EmulatorProfile } from "./profile.ts";
import { hash32 } from "./random.ts";

/** A provider's prompt cache: prompts that begin alike share what was read for them. */
export interface PromptCache {
  /** Prompt tokens that were cached, in whole blocks; remembers the prompt for the next one. */
  read(model: string, prompt: string, inputTokens: number): number;
  readonly blocks: number;
}

/**
 * Prefixes are matched block by block; each block's key is chained over all before it, as providers do, so a block
 * counts only if everything before it is the same. Prompts under `minTokens` are neither stored nor matched.
 */
export function promptCache(settings: EmulatorProfile["promptCache"], clock: Clock): PromptCache {
  const { blockTokens, minTokens, ttlMs, maxBlocks } = settings;
  // Insertion order is age: a block read again is set anew, so the first key is always the one to evict.
  const expiries = new Map<string, number>();

  return {
    get blocks() {
      return expiries.size;
    },
    read(model, prompt, inputTokens) {
      if (inputTokens < minTokens) return 0;
      const now = clock.monotonic();
      const whole = Math.floor(inputTokens / blockTokens);
      // Tokens are an estimate; cutting the text into as many equal parts would shift every cut when a prompt grows.
      // Four characters a token keeps the cuts of two prompts at the same places.
      const blockLength = blockTokens * 4;
      let chain = hash32(model);
      let cachedBlocks = 0;
      let matching = true;
      for (let index = 0; index < whole && (index + 1) * blockLength <= prompt.length; index++) {
        chain = hash32(prompt.slice(index * blockLength, (index + 1) * blockLength), chain);
        const key = `${chain}:${index}`;
        matching &&= (expiries.get(key) ?? Number.NEGATIVE_INFINITY) > now;
        if (matching) cachedBlocks++;
        expiries.delete(key);
        expiries.set(key, now + ttlMs);
      }
      for (const key of expiries.keys()) {
        if (expiries.size <= maxBlocks) break;
        expiries.delete(key);
      }
      const cachedTokens = cachedBlocks * blockTokens;
      return cachedTokens >= minTokens ? cachedTokens : 0;
    },
  };
}
