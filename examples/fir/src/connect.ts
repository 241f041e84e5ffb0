import { createLlamaProvider, type Provider, tinyModelPath } from "@flyball/models";
import type { ModelChoice } from "@flyball/sdk";

/** Which model a run asks. `tiny` ships with the repository; the others are services that you run or rent. */
export interface ModelSettings {
  readonly provider: "tiny" | "gguf" | "openai" | "gemini" | "ollama" | "llama-server";
  /** The model's name for a service, or the file for `gguf`. */
  readonly model?: string | undefined;
}

export const tinyModel = "flyball-tiny";

/** The shipped model, in this process. */
export function tinyProvider(): Provider {
  return createLlamaProvider({ models: { [tinyModel]: tinyModelPath } });
}

/** What to connect to, and under which name the model is asked. */
export function chooseModel({ provider, model }: ModelSettings): { choice: ModelChoice; model: string } {
  if (provider === "tiny") return { choice: { provider: tinyProvider() }, model: tinyModel };
  if (model === undefined) throw new Error(`--set model=NAME is needed with provider=${provider}`);
  if (provider === "gguf") return { choice: { provider: createLlamaProvider({ models: { [model]: model } }) }, model };
  return { choice: { preset: provider }, model };
}
