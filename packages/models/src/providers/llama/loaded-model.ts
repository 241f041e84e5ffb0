import type { Clock, Logger } from "@flyball/core";
import type { LlamaEmbeddingContext } from "node-llama-cpp";
import { ModelError } from "../../errors.ts";
import type { EmbedRequest, EmbedResult, GenerateRequest } from "../../types.ts";
import type { BatchStats } from "./batch-meter.ts";
import { type ChatPrompt, chatPrompt } from "./chat-prompt.ts";
import { type Generated, generate } from "./generation.ts";
import { createGrammars } from "./grammars.ts";
import type { ModelFile } from "./model-file.ts";
import { openModel } from "./open-model.ts";
import { createSequencePool } from "./sequence-pool.ts";
import type { ResolvedLlamaSettings } from "./settings.ts";

/** What is known of a model in memory. */
export interface LlamaModelStats {
  readonly model: string;
  /** Requests being answered. */
  readonly active: number;
  readonly waiting: number;
  readonly lastUsedAt: number;
  readonly loadMs: number;
  readonly memoryBytes: number;
  readonly threads: number;
  readonly batches: BatchStats;
}

/** A model in memory, with its context and its sequences. */
export interface LoadedLlama {
  answer(request: GenerateRequest, signal: AbortSignal): AsyncGenerator<string, Generated, undefined>;
  embed(request: EmbedRequest, signal: AbortSignal): Promise<EmbedResult>;
  stats(): LlamaModelStats;
  /** It is being given back and takes no further requests. */
  readonly closing: boolean;
  /** Waits until nothing uses it, then gives its memory back. */
  dispose(): Promise<void>;
}

/** Loads a model whose file has been checked. `anyOnGpu`: whether this or another model is to use a GPU. */
export async function loadLlama(
  name: string,
  file: ModelFile,
  settings: ResolvedLlamaSettings,
  anyOnGpu: boolean,
  clock: Clock,
  logger: Logger,
): Promise<LoadedLlama> {
  const startedAt = clock.monotonic();
  const { library, llama, model, context, wrapper, meter } = await openModel(name, file, settings, anyOnGpu, logger);
  const sequences = Array.from({ length: settings.sequences }, () => context.getSequence());
  const pool = createSequencePool(`the model ${name}`, sequences, settings.maxWaiting);
  const grammars = createGrammars(library, llama, model);
  const loadMs = clock.monotonic() - startedAt;
  let embedding: Promise<LlamaEmbeddingContext> | undefined;
  let closing = false;
  let users = 0;
  let lastUsedAt = clock.monotonic();
  let whenUnused: (() => void) | undefined;

  const begin = (): void => {
    users++;
    lastUsedAt = clock.monotonic();
  };
  const end = (): void => {
    users--;
    lastUsedAt = clock.monotonic();
    if (users === 0) whenUnused?.();
  };

  /** Tokens that the answer may have; refuses a prompt that leaves none. */
  function roomFor(prompt: ChatPrompt, asked: number | undefined): number {
    const room = context.contextSize - prompt.tokens.length - 1;
    if (room < 1) {
      throw new ModelError(
        "context_exceeded",
        `the prompt has ${prompt.tokens.length} tokens and ${name} sees ${context.contextSize}; shorten it or raise contextSize`,
        { subject: name },
      );
    }
    return Math.min(asked ?? room, room);
  }

  return {
    async *answer(request, signal) {
      begin();
      try {
        const prompt = chatPrompt(wrapper, model, request.messages);
        const maxTokens = roomFor(prompt, request.maxTokens);
        const grammar = await grammars.stateFor(request.schema);
        const lease = await pool.take(prompt.tokens, signal);
        try {
          return yield* generate(lease.sequence, prompt, {
            maxTokens,
            temperature: request.temperature ?? 0,
            topP: request.topP,
            seed: request.seed,
            stop: request.stop ?? [],
            grammar,
            signal,
          });
        } finally {
          lease.release();
        }
      } finally {
        end();
      }
    },
    async embed(request, signal) {
      begin();
      try {
        const batchSize = settings.contextSize;
        embedding ??= model.createEmbeddingContext({ contextSize: batchSize, batchSize, threads: settings.threads });
        const embedder = await embedding;
        const vectors: Float32Array[] = [];
        let inputTokens = 0;
        for (const input of request.inputs) {
          signal.throwIfAborted();
          const tokens = embedder.calculateInputLength(input);
          if (tokens >= settings.contextSize) {
            throw new ModelError(
              "context_exceeded",
              `an input has ${tokens} tokens and ${name} sees ${settings.contextSize}`,
            );
          }
          inputTokens += tokens;
          vectors.push(Float32Array.from((await embedder.getEmbeddingFor(input)).vector));
        }
        return { vectors, usage: { inputTokens, outputTokens: 0 }, model: name };
      } finally {
        end();
      }
    },
    stats: () => ({
      model: name,
      active: users - pool.waiting,
      waiting: pool.waiting,
      lastUsedAt,
      loadMs,
      memoryBytes: model.memoryUsage.ram + context.memoryUsage.ram,
      threads: context.idealThreads,
      batches: meter.stats(),
    }),
    get closing() {
      return closing;
    },
    async dispose() {
      closing = true;
      if (users > 0) await new Promise<void>((resolve) => (whenUnused = resolve));
      await (await embedding)?.dispose();
      await context.dispose();
      await model.dispose();
    },
  };
}
