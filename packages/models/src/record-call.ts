import { CancelledError, errorType, TimeoutError } from "@flyball/core";
import {
  type Cost,
  label,
  type OperationStart,
  type OutcomeDetails,
  type OutcomeStatus,
  type StreamTiming,
  type Telemetry,
  type Usage,
} from "@flyball/telemetry";
import { requestAttributes, responseAttributes } from "./attributes.ts";
import { ModelError } from "./errors.ts";
import type { EmbedRequest, EmbedResult, GenerateRequest, GenerateResult } from "./types.ts";

/** What a usage costs. A model whose price is unknown is unpriced, never zero. */
export type Price = (usage: Usage, model: string, provider: string) => Cost;

/** What the provider itself came back with: only that was spent, whatever middleware made of it. */
export interface Reached {
  result?: GenerateResult;
}

/** One call under way, as telemetry sees it; `end` or `fail` once. Without telemetry it only runs the work. */
export interface CallRecord {
  /** Runs `work` as what happens inside this call. */
  within<T>(work: () => T): T;
  /** The answer that the caller gets, and what the provider answered, if it was asked at all. */
  end(result: GenerateResult, reached: Reached, stream?: StreamTiming): void;
  endEmbedding(result: EmbedResult): void;
  /** `usage` is what was spent nevertheless. */
  fail(error: unknown, spent?: { readonly usage: Usage; readonly model: string }, stream?: StreamTiming): void;
}

/** Records the calls of one provider. */
export interface CallRecorder {
  generate(request: GenerateRequest, stream: boolean): CallRecord;
  embed(request: EmbedRequest): CallRecord;
}

export function createCallRecorder(
  telemetry: Telemetry | undefined,
  provider: string,
  price: Price | undefined,
): CallRecorder {
  const begin = (kind: "model" | "embedding", model: string, start: Partial<OperationStart> = {}) =>
    telemetry?.start({ kind, name: model, model, provider, ...start });

  function record(operation: ReturnType<typeof begin>): CallRecord {
    return {
      within: (work) => (operation ? operation.within(work) : work()),
      end(result, { result: reached }, stream) {
        operation?.content("output", () => [{ role: "assistant", content: result.text }]);
        operation?.end("ok", {
          attributes: responseAttributes(result),
          ...timed(stream),
          ...(reached ? spending(reached) : { labels: { [label.source]: "middleware" } }),
        });
      },
      endEmbedding: (result) => operation?.end("ok", spending(result)),
      fail: (error, spent, stream) =>
        operation?.end(statusOf(error), { ...failure(error), ...timed(stream), ...(spent ? spending(spent) : {}) }),
    };
  }

  /** A price function that throws leaves the call unpriced. */
  function spending(spent: { usage: Usage; model: string; attempts?: number }): OutcomeDetails {
    const { usage, model, attempts } = spent;
    const details = { usage, model, ...(attempts === undefined ? {} : { attempts }) };
    if (!price) return details;
    try {
      return { ...details, cost: price(usage, model, provider) };
    } catch (error) {
      return { ...details, cost: { priced: false, reason: `the price function threw ${errorType(error)}` } };
    }
  }

  return {
    generate(request, stream) {
      const operation = begin("model", request.model, { attributes: requestAttributes(request, stream) });
      const { messages } = request;
      operation?.content("input", () => messages.filter(({ role }) => role !== "system"));
      if (messages[0]?.role === "system")
        operation?.content("system", () => messages.filter(({ role }) => role === "system"));
      return record(operation);
    },
    embed: (request) => record(begin("embedding", request.model)),
  };
}

function timed(stream: StreamTiming | undefined): OutcomeDetails {
  return stream ? { stream } : {};
}

function failure(error: unknown): OutcomeDetails {
  return {
    errorType: errorType(error),
    ...(error instanceof Error ? { errorMessage: error.message } : {}),
    ...(error instanceof ModelError && error.attempts > 1 ? { attempts: error.attempts } : {}),
  };
}

function statusOf(error: unknown): OutcomeStatus {
  if (error instanceof TimeoutError) return "timeout";
  if (error instanceof CancelledError) return "cancelled";
  return "error";
}
