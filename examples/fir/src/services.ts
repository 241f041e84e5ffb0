import type { ModelClient, TokenBudget } from "@flyball/models";
import type { AskingStep } from "./ask.ts";
import type { KnowledgeBase } from "./knowledge-base.ts";
import type { Pace } from "./pace.ts";

/** What the flow's steps reach outside themselves. */
export interface FirServices {
  readonly models: ModelClient;
  /** The model's name, as the provider knows it. */
  readonly model: string;
  /** Rejects when the model server cannot answer: better than to wait for a timeout. */
  readonly requireHealthy: () => Promise<void>;
  readonly budget: TokenBudget<AskingStep>;
  readonly knowledge: KnowledgeBase;
  readonly pace: Pace;
  /** When the complaint was received; names the report. */
  readonly today: () => Date;
}
