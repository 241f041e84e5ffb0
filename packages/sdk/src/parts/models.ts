import { basename } from "node:path";
import { type Clock, ConfigurationError, type Logger } from "@flyball/core";
import type {
  Batcher,
  LlamaModelSettings,
  ModelClient,
  ModelClientOptions,
  OpenAiProviderOptions,
  PreloadModel,
  PreloadReport,
  PresetOptions,
  Provider,
  QuestionBatcherOptions,
} from "@flyball/models";
import type { Telemetry } from "@flyball/telemetry";
import type { Configuration } from "../config/configuration.ts";
import type { HealthChecks } from "../health.ts";
import { wholeAnswers } from "./whole-answers.ts";

/** A model service whose address and ways are known. */
export type PresetName = "openai" | "gemini" | "ollama" | "llama-server";

/**
 * What a client is made over: a preset, any OpenAI-compatible address, a GGUF file that runs in this process (called
 * `model` in requests, by default as the file is named), or a provider that was made already.
 */
export type ModelChoice =
  | ({ readonly preset: PresetName } & Omit<PresetOptions, "env">)
  | ({ readonly baseUrl: string; readonly preset?: never } & Omit<OpenAiProviderOptions, "baseUrl">)
  | ({ readonly gguf: string; readonly model?: string } & Omit<LlamaModelSettings, "path">)
  | { readonly provider: Provider };

/** Middleware and pricing around a client. */
export type ClientOptions = Omit<ModelClientOptions, "provider" | "telemetry" | "clock">;

/** Where pipelines get their models. */
export interface Models {
  /**
   * Makes a client whose calls are traced, timed and priced, with the timeouts and pools of the configuration; its
   * health is part of `/health`, and it is closed at shutdown. The model packages load with the first call.
   * @throws ConfigurationError when a preset's key is missing.
   */
  client(choice: ModelChoice, options?: ClientOptions): Promise<ModelClient>;
  /**
   * Loads and warms models ahead of their first request, `models.preload.timeoutMs` each; what fails loads on demand.
   * With `models.preload.enabled` off it does nothing and gives no reports. Never rejects for a model that fails.
   */
  preload(client: ModelClient, models: readonly (string | PreloadModel)[]): Promise<readonly PreloadReport[]>;
  /** Puts up to `models.batchSize` questions into one call; with `models.optimized` off, one call each. */
  questions<Answer>(options: QuestionBatcherOptions<Answer>): Promise<Batcher<string, Answer>>;
}

export interface ModelsParts {
  readonly configuration: Configuration;
  readonly telemetry: Telemetry;
  readonly checks: HealthChecks;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Models, and how all that they opened is closed at shutdown. */
export interface OpenedModels {
  readonly models: Models;
  close(): Promise<void>;
}

export function openModels(parts: ModelsParts): OpenedModels {
  const { configuration, telemetry, checks, clock } = parts;
  const opened = new Set<() => Promise<void>>();

  /** What closes it, once, for its owner and for the shutdown alike. */
  function remember(close: () => Promise<void>): () => Promise<void> {
    let closing: Promise<void> | undefined;
    const once = (): Promise<void> => {
      opened.delete(once);
      closing ??= close();
      return closing;
    };
    opened.add(once);
    return once;
  }

  const models: Models = {
    async client(choice, options = {}) {
      const { createModelClient } = await import("@flyball/models");
      const { healthTtlMs, streaming } = configuration.models;
      const reached = "provider" in choice ? choice.provider : await connect(choice, configuration.models, parts);
      const provider = streaming ? reached : wholeAnswers(reached);
      const client = createModelClient({ healthTtlMs, ...options, provider, telemetry, clock });
      const forget = checks.add(`model ${provider.name}`, async () => {
        const { healthy, reason, latencyMs } = await client.health();
        return { healthy, ...(reason === undefined ? {} : { reason }), facts: { latencyMs: Math.round(latencyMs) } };
      });
      const close = remember(() => {
        forget();
        return client.close();
      });
      return { ...client, close };
    },
    async preload({ provider }, names) {
      const { enabled, timeoutMs } = configuration.models.preload;
      if (!enabled) return [];
      const { createPreloader } = await import("@flyball/models");
      const preloader = createPreloader({ provider, models: names, timeoutMs, clock });
      const stop = remember(async () => preloader.stop());
      return preloader.start().finally(stop);
    },
    async questions(options) {
      const { createQuestionBatcher } = await import("@flyball/models");
      const { batchSize, optimized } = configuration.models;
      return createQuestionBatcher({ size: batchSize, enabled: () => optimized, clock, ...options });
    },
  };
  return {
    models,
    close: async () => void (await Promise.allSettled([...opened].map((close) => close()))),
  };
}

async function connect(
  choice: Exclude<ModelChoice, { provider: Provider }>,
  settings: Configuration["models"],
  { clock, logger }: Pick<ModelsParts, "clock" | "logger">,
): Promise<Provider> {
  const models = await import("@flyball/models");
  if ("gguf" in choice) {
    const { gguf, model = basename(gguf, ".gguf"), ...own } = choice;
    return models.createLlamaProvider({ models: { [model]: { path: gguf, ...own } }, clock, logger });
  }
  const http = {
    timeoutMs: settings.timeoutMs,
    pooling: settings.optimized && settings.pool.enabled,
    pool: {
      keepAlive: settings.pool.keepAlive,
      connections: Math.max(settings.pool.connections, settings.pool.keepAlive),
    },
    clock,
  };
  if (choice.preset === undefined) return models.createOpenAiProvider({ ...http, ...choice });
  const { preset, ...own } = choice;
  const keyed = (apiKey: string | undefined): PresetOptions => ({ ...http, ...(apiKey ? { apiKey } : {}), ...own });
  switch (preset) {
    case "openai":
      return models.openai(keyed(settings.openai.apiKey));
    case "gemini":
      return models.gemini(keyed(settings.gemini.apiKey));
    case "ollama":
      return models.ollama(keyed(undefined));
    case "llama-server":
      return models.llamaServer(keyed(undefined));
    default:
      throw new ConfigurationError("preset", preset, "one of openai, gemini, ollama, llama-server");
  }
}
