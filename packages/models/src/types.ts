import type { Usage } from "@flyball/telemetry";

export interface Message {
  readonly role: "system" | "user" | "assistant";
  readonly content: string;
}

/** JSON Schema, as providers accept it for structured output. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** One question to a model. */
export interface GenerateRequest {
  readonly model: string;
  readonly messages: readonly Message[];
  /** Most tokens to generate. Default: the provider's own. */
  readonly maxTokens?: number;
  /** Default 0: the same question gives the same answer wherever the provider can promise it. */
  readonly temperature?: number;
  readonly topP?: number;
  readonly seed?: number;
  readonly stop?: readonly string[];
  /** Ask for JSON of this shape; the answer is parsed into `object`. */
  readonly schema?: { readonly name: string; readonly schema: JsonSchema };
  readonly signal?: AbortSignal;
  /** Milliseconds for the whole answer. Default: the provider's (30 s over HTTP). */
  readonly timeoutMs?: number;
}

export type FinishReason = "stop" | "length" | "content_filter" | "tool_calls" | "other";

export interface GenerateResult {
  readonly text: string;
  /** Parsed JSON when a schema was asked for. */
  readonly object?: unknown;
  readonly finishReason: FinishReason;
  readonly usage: Usage;
  /** The model that answered, as the provider names it. */
  readonly model: string;
  readonly id?: string;
  /** Tries that it took. Default 1. */
  readonly attempts?: number;
}

/** What a stream yields: text as it comes, then exactly one `finish`. A stream without `finish` was cut off. */
export type Chunk =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "finish"; readonly result: GenerateResult };

export interface EmbedRequest {
  readonly model: string;
  readonly inputs: readonly string[];
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
}

export interface EmbedResult {
  /** One a text, in the order of the inputs. */
  readonly vectors: readonly Float32Array[];
  readonly usage: Usage;
  readonly model: string;
  /** Tries that it took. Default 1. */
  readonly attempts?: number;
}

export interface Health {
  readonly healthy: boolean;
  /** Why not, in words. */
  readonly reason?: string;
  readonly latencyMs: number;
}

/** A model that a provider holds in memory. */
export interface LoadedModel {
  readonly model: string;
  /** Requests that it works on or that wait for it. */
  readonly active: number;
  /** When it last began or ended a request, milliseconds on the clock's monotonic scale. */
  readonly lastUsedAt: number;
  /** What it takes, as far as the provider knows. */
  readonly memoryBytes?: number;
}

/** One way to reach models. Providers do no telemetry and no caching: the client around them does. */
export interface Provider {
  /** As `gen_ai.provider.name` wants it: "openai", "gcp.gemini", "llama.cpp", … */
  readonly name: string;
  generate(request: GenerateRequest): Promise<GenerateResult>;
  /** Ends early when the consumer stops iterating; the connection or sequence is given back. */
  stream(request: GenerateRequest): AsyncIterable<Chunk>;
  embed(request: EmbedRequest): Promise<EmbedResult>;
  /** Asks the provider whether it can answer; never throws. */
  health(signal?: AbortSignal): Promise<Health>;
  /** Loads a model ahead of its first use. Providers without loading resolve at once. */
  load?(model: string, signal?: AbortSignal): Promise<void>;
  /** Gives a loaded model's memory back; it loads again on demand. */
  unload?(model: string): Promise<void>;
  /** What is in memory now. */
  loadedModels?(): readonly LoadedModel[];
  close(): Promise<void>;
}

/** What model middleware sees. It may replace `request` before it calls `next`. */
export interface ModelCall {
  readonly operation: "generate" | "stream";
  readonly provider: string;
  request: GenerateRequest;
}

/** What embedding middleware sees. It may replace `request` before it calls `next`. */
export interface EmbedCall {
  readonly provider: string;
  request: EmbedRequest;
}

/**
 * What pipelines call: a provider with telemetry, pricing and middleware around it. The three streaming modes:
 * iterate `stream()`, pass `onChunk`, or take `generate`, which buffers.
 */
export interface ModelClient {
  readonly provider: Provider;
  generate(request: GenerateRequest): Promise<GenerateResult>;
  /** Direct iteration. */
  stream(request: GenerateRequest): AsyncIterable<Chunk>;
  /** Callback mode: streams into `onChunk` and resolves with the whole answer. */
  streamTo(request: GenerateRequest, onChunk: (chunk: Chunk) => void): Promise<GenerateResult>;
  /** Buffered mode: streams inside, so that time to first chunk is measured, and resolves with the whole answer. */
  streamBuffered(request: GenerateRequest): Promise<GenerateResult>;
  embed(request: EmbedRequest): Promise<EmbedResult>;
  /** The last answer within `healthTtlMs` (default 30 s), or a fresh one. */
  health(options?: { readonly fresh?: boolean }): Promise<Health>;
  close(): Promise<void>;
}
