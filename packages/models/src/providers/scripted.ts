import { type Clock, systemClock } from "@flyball/core";
import type { Usage } from "@flyball/telemetry";
import { BrokenAnswerError, ModelError } from "../errors.ts";
import { estimateTokens, estimateUsage } from "../estimate-usage.ts";
import { abortable, operationSignal } from "../operation-signal.ts";
import { structuredPart } from "../structured.ts";
import type {
  Chunk,
  EmbedResult,
  FinishReason,
  GenerateRequest,
  GenerateResult,
  LoadedModel,
  Provider,
} from "../types.ts";
import { hashedEmbedding } from "./hashed-embedding.ts";

/** One line of the script. */
export interface ScriptedAnswer {
  /** Which requests it answers: by the last message's text, or by the whole request. Default: all. */
  readonly when?: string | RegExp | ((request: GenerateRequest) => boolean);
  /** How often it answers before the next line that matches takes over. Default: always. */
  readonly times?: number;
  readonly text?: string | ((request: GenerateRequest) => string);
  /** The pieces of a stream. Default: words. Together they should be `text`, which defaults to them joined. */
  readonly chunks?: readonly string[];
  /** Milliseconds before the answer, or before its first chunk. Default 0. */
  readonly delayMs?: number;
  /** Milliseconds before each further chunk. Default 0. */
  readonly chunkDelayMs?: number;
  /** Thrown instead of an answer. */
  readonly fail?: Error;
  /** Ends a stream after so many chunks, without its finish; `generate` throws what a cut connection would. */
  readonly cutAfter?: number;
  /** Never answers until aborted. */
  readonly hang?: boolean;
  readonly finishReason?: FinishReason;
  /** Default: estimated from the texts. */
  readonly usage?: Usage;
}

export interface ScriptedProviderOptions {
  /** A bare string answers everything, always. The first line that matches and has times left is taken. */
  readonly answers: readonly (string | ScriptedAnswer)[];
  /** Default "scripted". */
  readonly name?: string;
  readonly clock?: Clock;
  /** Length of the embedding vectors. Default 64. */
  readonly dimensions?: number;
  /** Default: healthy. */
  readonly healthy?: () => boolean;
  /** Milliseconds that loading a model takes. Default 0. */
  readonly loadMs?: number;
}

/** A provider that says what it is told, for tests. Deterministic; time passes on the clock it is given. */
export interface ScriptedProvider extends Provider {
  /** The last 1,000 requests, oldest first. */
  readonly calls: readonly GenerateRequest[];
  loadedModels(): readonly LoadedModel[];
  load(model: string, signal?: AbortSignal): Promise<void>;
  unload(model: string): Promise<void>;
}

const callsKept = 1000;
const noDeadline = Number.POSITIVE_INFINITY;

export function createScriptedProvider(options: ScriptedProviderOptions): ScriptedProvider {
  const name = options.name ?? "scripted";
  const clock = options.clock ?? systemClock;
  const lines = options.answers.map((answer) => {
    const line: ScriptedAnswer = typeof answer === "string" ? { text: answer } : answer;
    return { line, left: line.times ?? Number.POSITIVE_INFINITY };
  });
  const calls: GenerateRequest[] = [];
  const loaded = new Map<string, { active: number; lastUsedAt: number }>();

  function take(request: GenerateRequest): ScriptedAnswer {
    calls.push(request);
    if (calls.length > callsKept) calls.shift();
    const found = lines.find(({ line, left }) => left > 0 && matches(line, request));
    if (!found) throw new ModelError("script_exhausted", `${name}: no line of the script is left for this request`);
    found.left--;
    return found.line;
  }

  /** Plays one line: its chunks in time, then the result. */
  async function* play(request: GenerateRequest): AsyncGenerator<Chunk, void, undefined> {
    const line = take(request);
    const use = loaded.get(request.model) ?? { active: 0, lastUsedAt: 0 };
    loaded.set(request.model, use);
    use.active++;
    const life = operationSignal(name, request.signal, request.timeoutMs ?? noDeadline, clock);
    try {
      life.signal.throwIfAborted();
      if (line.hang) await abortable(new Promise<never>(() => {}), life.signal);
      if (line.delayMs) await clock.sleep(line.delayMs, life.signal);
      if (line.fail) throw line.fail;
      const text = textOf(line, request);
      const chunks = line.chunks ?? text.match(/\s*\S+\s*$|\s*\S+/g) ?? [];
      let sent = 0;
      for (const piece of chunks) {
        if (sent === line.cutAfter) return;
        if (sent > 0 && line.chunkDelayMs) await clock.sleep(line.chunkDelayMs, life.signal);
        life.signal.throwIfAborted();
        yield { type: "text", text: piece };
        sent++;
      }
      if (line.cutAfter !== undefined) return;
      yield { type: "finish", result: resultOf(line, request, text) };
    } finally {
      use.active--;
      use.lastUsedAt = clock.monotonic();
      life.dispose();
    }
  }

  function resultOf(line: ScriptedAnswer, request: GenerateRequest, text: string): GenerateResult {
    const finishReason = line.finishReason ?? "stop";
    return {
      text,
      ...structuredPart(request, text, finishReason, name),
      finishReason,
      usage: line.usage ?? estimateUsage(request.messages, text),
      model: request.model,
    };
  }

  return {
    name,
    calls,
    loadedModels: () => [...loaded].map(([model, use]) => ({ model, ...use })),
    async generate(request) {
      let text = "";
      for await (const chunk of play(request)) {
        if (chunk.type === "finish") return chunk.result;
        text += chunk.text;
      }
      throw new BrokenAnswerError("stream_incomplete", `${name}: the answer was cut off`, text, { retryable: true });
    },
    stream: play,
    async embed(request): Promise<EmbedResult> {
      request.signal?.throwIfAborted();
      const inputTokens = request.inputs.reduce((sum, input) => sum + estimateTokens(input), 0);
      return {
        vectors: request.inputs.map((input) => hashedEmbedding(input, options.dimensions ?? 64)),
        usage: { inputTokens, outputTokens: 0, estimated: true },
        model: request.model,
      };
    },
    async health() {
      const healthy = options.healthy?.() ?? true;
      return healthy ? { healthy, latencyMs: 0 } : { healthy, reason: "the script says so", latencyMs: 0 };
    },
    async load(model, signal) {
      if (options.loadMs) await clock.sleep(options.loadMs, signal);
      if (!loaded.has(model)) loaded.set(model, { active: 0, lastUsedAt: clock.monotonic() });
    },
    async unload(model) {
      loaded.delete(model);
    },
    async close() {
      loaded.clear();
    },
  };
}

function matches(line: ScriptedAnswer, request: GenerateRequest): boolean {
  if (line.when === undefined) return true;
  if (typeof line.when === "function") return line.when(request);
  const last = request.messages.at(-1)?.content ?? "";
  return typeof line.when === "string" ? last.includes(line.when) : line.when.test(last);
}

function textOf(line: ScriptedAnswer, request: GenerateRequest): string {
  if (typeof line.text === "function") return line.text(request);
  return line.text ?? line.chunks?.join("") ?? "";
}
