import {
  CancelledError,
  type Clock,
  ConfigurationError,
  type Logger,
  silentLogger,
  systemClock,
  toError,
} from "@flyball/core";
import { ModelError } from "../../errors.ts";
import { abortable, type OperationSignal, operationSignal } from "../../operation-signal.ts";
import { structuredPart } from "../../structured.ts";
import type { Chunk, GenerateRequest, GenerateResult, LoadedModel, Provider } from "../../types.ts";
import { importLibrary } from "./library.ts";
import { type LlamaModelStats, type LoadedLlama, loadLlama } from "./loaded-model.ts";
import { readModelFile } from "./model-file.ts";
import { checkSettings, type LlamaModelSettings, resolveSettings } from "./settings.ts";

export interface LlamaProviderOptions {
  /** GGUF models by the name that requests ask for. A bare string is the path of the file. */
  readonly models: Readonly<Record<string, string | LlamaModelSettings>>;
  /** Default "llama.cpp". */
  readonly name?: string;
  /** Milliseconds for the whole answer, waiting for a sequence included. Default 120,000. */
  readonly timeoutMs?: number;
  readonly clock?: Clock;
  readonly logger?: Logger;
}

export interface LlamaProvider extends Provider {
  load(model: string, signal?: AbortSignal): Promise<void>;
  unload(model: string): Promise<void>;
  loadedModels(): readonly LoadedModel[];
  stats(): readonly LlamaModelStats[];
}

/** How long closing waits for answers under way before it ends them. */
const closeGraceMs = 5000;

/**
 * Runs GGUF models in this process through node-llama-cpp, an optional peer that is imported when a model is first
 * needed. A model loads on its first request, or ahead through `load`.
 */
export function createLlamaProvider(options: LlamaProviderOptions): LlamaProvider {
  const name = options.name ?? "llama.cpp";
  const clock = options.clock ?? systemClock;
  const logger = options.logger ?? silentLogger;
  const timeoutMs = options.timeoutMs ?? 120_000;
  const models = new Map<string, LlamaModelSettings>();
  for (const [key, value] of Object.entries(options.models)) {
    const settings = typeof value === "string" ? { path: value } : value;
    checkSettings(key, settings);
    models.set(key, settings);
  }
  if (models.size === 0) throw new ConfigurationError("models", options.models, "at least one model");
  const anyOnGpu = [...models.values()].some(({ gpuLayers = 0 }) => gpuLayers !== 0);
  const loading = new Map<string, Promise<LoadedLlama>>();
  const loaded = new Map<string, LoadedLlama>();
  const lives = new Set<OperationSignal>();

  function settingsOf(model: string): LlamaModelSettings {
    const settings = models.get(model);
    if (settings) return settings;
    throw new ModelError("model_unknown", `${name} has no model "${model}"; it has ${[...models.keys()].join(", ")}`, {
      subject: model,
    });
  }

  /** The model, loading it if need be. Callers share one load; one that cancels does not cancel it for the others. */
  function use(model: string): Promise<LoadedLlama> {
    const underWay = loading.get(model);
    if (underWay) return underWay;
    const open = async (): Promise<LoadedLlama> => {
      const settings = settingsOf(model);
      const file = await readModelFile(settings.path);
      return loadLlama(model, file, resolveSettings(settings, file), anyOnGpu, clock, logger);
    };
    const load = open();
    loading.set(model, load);
    load.then(
      (instance) => loading.get(model) === load && loaded.set(model, instance),
      // The next request tries again.
      () => loading.get(model) === load && loading.delete(model),
    );
    return load;
  }

  /** The model, ready to be asked in this very tick: one that was unloaded while we waited is loaded again. */
  async function ready(model: string, signal: AbortSignal): Promise<LoadedLlama> {
    for (;;) {
      const instance = await abortable(use(model), signal);
      if (!instance.closing) return instance;
    }
  }

  function begin(request: { readonly signal?: AbortSignal; readonly timeoutMs?: number }): OperationSignal {
    const life = operationSignal(`the answer of ${name}`, request.signal, request.timeoutMs ?? timeoutMs, clock);
    lives.add(life);
    return life;
  }

  function end(life: OperationSignal): void {
    lives.delete(life);
    life.dispose();
  }

  async function* stream(request: GenerateRequest): AsyncGenerator<Chunk, void, undefined> {
    const life = begin(request);
    try {
      const model = await ready(request.model, life.signal);
      const pieces = model.answer(request, life.signal);
      let text = "";
      let next = await pieces.next();
      try {
        for (; !next.done; next = await pieces.next()) {
          text += next.value;
          yield { type: "text", text: next.value };
        }
      } finally {
        if (!next.done) await pieces.return(undefined as never);
      }
      const { finishReason, usage } = next.value;
      const structured = structuredPart(request, text, finishReason, name);
      yield { type: "finish", result: { text, ...structured, finishReason, usage, model: request.model } };
    } finally {
      end(life);
    }
  }

  async function unload(model: string): Promise<void> {
    const load = loading.get(model);
    if (!load) return;
    loading.delete(model);
    loaded.delete(model);
    const instance = await load.catch(() => undefined);
    await instance?.dispose();
  }

  return {
    name,
    stream,
    async generate(request): Promise<GenerateResult> {
      let result: GenerateResult | undefined;
      for await (const chunk of stream(request)) if (chunk.type === "finish") result = chunk.result;
      if (!result) throw new ModelError("stream_incomplete", `${name} ended without an answer`);
      return result;
    },
    async embed(request) {
      const life = begin(request);
      try {
        const model = await ready(request.model, life.signal);
        return await abortable(model.embed(request, life.signal), life.signal);
      } finally {
        life.dispose();
      }
    },
    async health() {
      const startedAt = clock.monotonic();
      try {
        await importLibrary();
        for (const [model, { path }] of models) if (!loaded.has(model)) await readModelFile(path);
        return { healthy: true, latencyMs: clock.monotonic() - startedAt };
      } catch (error) {
        return { healthy: false, reason: toError(error).message, latencyMs: clock.monotonic() - startedAt };
      }
    },
    async load(model, signal) {
      const load = use(model);
      await (signal ? abortable(load, signal) : load);
    },
    unload,
    loadedModels: () =>
      [...loaded.values()].map((instance) => {
        const { model, active, waiting, lastUsedAt, memoryBytes } = instance.stats();
        return { model, active: active + waiting, lastUsedAt, memoryBytes };
      }),
    stats: () => [...loaded.values()].map((instance) => instance.stats()),
    async close() {
      const timer = clock.after(closeGraceMs, () => {
        for (const life of lives) life.abort(new CancelledError(`the answer of ${name}`, "the provider was closed"));
      });
      await Promise.all([...loading.keys()].map(unload));
      timer.cancel();
    },
  };
}
