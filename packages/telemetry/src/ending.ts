import { errorType, toError } from "@flyball/core";
import type { OutcomeDetails, OutcomeStatus } from "./outcome.ts";

/** How an operation ended whose work threw. */
export function endingOf(thrown: unknown): { readonly status: OutcomeStatus; readonly details: OutcomeDetails } {
  const error = toError(thrown);
  const type = errorType(thrown);
  const status = statusOf(error, type);
  return { status, details: { errorType: type, errorMessage: error.message } };
}

function statusOf(error: Error, type: string): OutcomeStatus {
  if (type === "cancelled" || error.name === "AbortError") return "cancelled";
  if (type === "timeout" || error.name === "TimeoutError") return "timeout";
  return "error";
}
