import { CancelledError, errorType, TimeoutError } from "@flyball/core";
import type {
  Cost,
  Operation,
  OperationStart,
  OutcomeDetails,
  OutcomeStatus,
  Telemetry,
  Usage,
} from "@flyball/telemetry";
import { ModelError } from "./errors.ts";
import type { Message } from "./types.ts";

/** What a usage costs. A model whose price is unknown is unpriced, never zero. */
export type Price = (usage: Usage, model: string, provider: string) => Cost;

/** One call under way, as telemetry sees it. Without telemetry it only runs the work. */
export interface RecordedCall {
  /** Runs `work` as what happens inside this call. */
  within<T>(work: () => T): T;
  /** What was asked; kept only where the user wants content kept. */
  asked(messages: readonly Message[]): void;
  /** What was answered; kept only where the user wants content kept. */
  answered(text: string): void;
  succeeded(details: OutcomeDetails): void;
  failed(error: unknown, details: OutcomeDetails): void;
}

/** Begins to record one call. */
export function recordCall(telemetry: Telemetry | undefined, start: OperationStart): RecordedCall {
  const operation: Operation | undefined = telemetry?.start(start);
  return {
    within: (work) => (operation ? operation.within(work) : work()),
    asked(messages) {
      operation?.content("input", () => messages.filter(({ role }) => role !== "system"));
      if (messages.some(({ role }) => role === "system")) {
        operation?.content("system", () => messages.filter(({ role }) => role === "system"));
      }
    },
    answered: (text) => operation?.content("output", () => [{ role: "assistant", content: text }]),
    succeeded: (details) => operation?.end("ok", details),
    failed(error, details) {
      const message = error instanceof Error ? error.message : undefined;
      operation?.end(statusOf(error), {
        ...details,
        errorType: errorType(error),
        ...(message === undefined ? {} : { errorMessage: message }),
        ...(error instanceof ModelError && error.attempts > 1 ? { attempts: error.attempts } : {}),
      });
    },
  };
}

function statusOf(error: unknown): OutcomeStatus {
  if (error instanceof TimeoutError) return "timeout";
  if (error instanceof CancelledError) return "cancelled";
  return "error";
}

/** The parts of an outcome that follow from usage. A price function that throws leaves the call unpriced. */
export function spent(usage: Usage, model: string, provider: string, price: Price | undefined): OutcomeDetails {
  if (!price) return { usage };
  try {
    return { usage, cost: price(usage, model, provider) };
  } catch (error) {
    return { usage, cost: { priced: false, reason: `the price function threw ${errorType(error)}` } };
  }
}
