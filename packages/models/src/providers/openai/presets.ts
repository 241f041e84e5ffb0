import { ConfigurationError } from "@flyball/core";
import type { Dialect } from "./dialect.ts";
import { createOpenAiProvider, type OpenAiProvider, type OpenAiProviderOptions } from "./provider.ts";

/** What a preset leaves to its user. */
export interface PresetOptions extends Omit<OpenAiProviderOptions, "baseUrl" | "name" | "dialect"> {
  /** Default: the vendor's. */
  readonly baseUrl?: string;
  /** Where keys and addresses are looked up that are not given. Default: the process's environment. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

interface Preset {
  readonly name: string;
  readonly baseUrl: string;
  /** The environment variable of an address other than the vendor's. */
  readonly baseUrlVariable?: string;
  /** The environment variable of the key; a preset without one needs no key. */
  readonly keyVariable?: string;
  readonly dialect: Partial<Dialect>;
}

function fromPreset(preset: Preset, options: PresetOptions): OpenAiProvider {
  const { env = process.env, ...rest } = options;
  const apiKey = options.apiKey ?? (preset.keyVariable && env[preset.keyVariable]);
  if (preset.keyVariable && !apiKey) {
    throw new ConfigurationError(preset.keyVariable, undefined, `an API key for ${preset.name}, or the option apiKey`);
  }
  const fromEnvironment = preset.baseUrlVariable ? env[preset.baseUrlVariable] : undefined;
  return createOpenAiProvider({
    ...rest,
    name: preset.name,
    baseUrl: options.baseUrl ?? fromEnvironment ?? preset.baseUrl,
    dialect: preset.dialect,
    ...(apiKey ? { apiKey } : {}),
  });
}

/** OpenAI. The key is `OPENAI_API_KEY`; `OPENAI_BASE_URL` moves it elsewhere. */
export function openai(options: PresetOptions = {}): OpenAiProvider {
  return fromPreset(
    {
      name: "openai",
      baseUrl: "https://api.openai.com/v1",
      baseUrlVariable: "OPENAI_BASE_URL",
      keyVariable: "OPENAI_API_KEY",
      dialect: {
        maxTokensField: "max_completion_tokens",
        fixedSampling: /^(o\d|gpt-5)/,
        embeddingFormat: "base64",
      },
    },
    options,
  );
}

/** Gemini through its OpenAI-compatible endpoint, which refuses `seed`. The key is `GEMINI_API_KEY`. */
export function gemini(options: PresetOptions = {}): OpenAiProvider {
  return fromPreset(
    {
      name: "gcp.gemini",
      baseUrl: "https://generativelanguage.googleapis.com/v1beta/openai",
      keyVariable: "GEMINI_API_KEY",
      dialect: { seed: false, embeddingFormat: "unasked" },
    },
    options,
  );
}

/** Ollama on this machine, or at `baseUrl`. No key. */
export function ollama(options: PresetOptions = {}): OpenAiProvider {
  return fromPreset(
    { name: "ollama", baseUrl: "http://127.0.0.1:11434/v1", dialect: { embeddingFormat: "unasked" } },
    options,
  );
}

/** llama.cpp's own server, on this machine or at `baseUrl`. A key only if it was started with one. */
export function llamaServer(options: PresetOptions = {}): OpenAiProvider {
  return fromPreset(
    { name: "llama.cpp", baseUrl: "http://127.0.0.1:8080/v1", dialect: { healthPath: "/health" } },
    options,
  );
}
