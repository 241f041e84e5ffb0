import { errorType, FlyballError } from "@flyball/core";
import type { Settled } from "../types.ts";

/** How a piece of work ended, inside the engine. A skipped node is `ok` with the value undefined. */
export type Settlement =
  | { readonly status: "ok"; readonly value: unknown }
  | { readonly status: "failed"; readonly error: Error; readonly path: string }
  | { readonly status: "suspended" }
  | { readonly status: "cancelled" };

export const suspended: Settlement = { status: "suspended" };
export const cancelled: Settlement = { status: "cancelled" };

export function ok(value: unknown): Settlement {
  return { status: "ok", value };
}

export function failed(path: string, error: Error): Settlement {
  return { status: "failed", path, error };
}

/** What partial work shows of a part that failed: enough to report it, and to survive a checkpoint. */
export type Failure = Extract<Settled<unknown>, { status: "failed" }>["error"];

export function failureOf(error: Error): Failure {
  return { type: errorType(error), message: error.message };
}

/** Brings back an error whose `failureOf` was kept. */
export function errorOf(failure: Failure): Error {
  return new FlyballError(failure.type, failure.message);
}
