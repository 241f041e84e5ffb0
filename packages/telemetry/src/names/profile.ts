import { type GenAiMetrics, genAiMetrics } from "./gen-ai-metrics.ts";

/** `v1.41` is what dashboards out there read and the default; `genai-main` is where the conventions go. */
export type Profile = "v1.41" | "genai-main";

/** Attribute names that differ between the profiles, and the profile's metrics. */
export interface Names {
  readonly profile: Profile;
  readonly cacheWriteTokens: string;
  readonly metrics: GenAiMetrics;
}

export function namesFor(profile: Profile): Names {
  return {
    profile,
    cacheWriteTokens:
      profile === "v1.41" ? "gen_ai.usage.cache_creation.input_tokens" : "gen_ai.usage.cache_write.input_tokens",
    metrics: genAiMetrics[profile],
  };
}
