import { ConfigurationError } from "@flyball/core";
import { z } from "zod";
import type { Random } from "./random.ts";

/**
 * What can go wrong on demand: `rate_limited` 429 with Retry-After, `server_error` 500, `hang` never answers,
 * `half_stream` cuts the connection in the middle of the answer, `garbage` answers 200 with broken JSON, `reset` cuts
 * the connection before a word, `slow` takes `slowFactor` times as long.
 */
export type FaultKind = "rate_limited" | "server_error" | "hang" | "half_stream" | "garbage" | "reset" | "slow";

const kinds: readonly FaultKind[] = ["rate_limited", "server_error", "hang", "half_stream", "garbage", "reset", "slow"];

/** Faults to inject; what is left out is off. */
export interface FaultSettings {
  /** Share of calls, 0 to 1, that meet each fault. The shares add up to at most 1. */
  readonly probability?: Readonly<Partial<Record<FaultKind, number>>> | undefined;
  /** Faults that the next calls meet, in this order, before any probability. At most 10,000. */
  readonly next?: readonly FaultKind[] | undefined;
  /** Default 10. */
  readonly slowFactor?: number | undefined;
  /** Reference seconds in the Retry-After of a 429. Default 1. */
  readonly retryAfterSeconds?: number | undefined;
  /** `/health` answers 503. Default false. */
  readonly unhealthy?: boolean | undefined;
}

type CheckedSettings = { readonly [K in keyof Required<FaultSettings>]: NonNullable<FaultSettings[K]> };

const faultKind = z.enum(kinds);
const settings: z.ZodType<CheckedSettings> = z.strictObject({
  probability: z.partialRecord(faultKind, z.number().min(0).max(1)).default({}),
  next: z.array(faultKind).max(10_000).default([]),
  slowFactor: z.number().min(1).default(10),
  retryAfterSeconds: z.number().positive().default(1),
  unhealthy: z.boolean().default(false),
});

/** The faults in force. */
export interface Faults {
  /** The fault that a call meets, or undefined. Draws exactly one number from `random`. */
  draw(random: Random): FaultKind | undefined;
  /** Replaces all settings. @throws ConfigurationError */
  set(value: unknown): void;
  readonly slowFactor: number;
  readonly retryAfterSeconds: number;
  readonly unhealthy: boolean;
}

export function createFaults(initial: FaultSettings = {}): Faults {
  let current = parse(initial);
  return {
    get slowFactor() {
      return current.slowFactor;
    },
    get retryAfterSeconds() {
      return current.retryAfterSeconds;
    },
    get unhealthy() {
      return current.unhealthy;
    },
    set(value) {
      current = parse(value);
    },
    draw(random) {
      let drawn = random.next();
      const next = current.next.shift();
      if (next) return next;
      for (const kind of kinds) {
        const share = current.probability[kind] ?? 0;
        if (drawn < share) return kind;
        drawn -= share;
      }
      return undefined;
    },
  };
}

function parse(value: unknown): Omit<CheckedSettings, "next"> & { next: FaultKind[] } {
  const parsed = settings.safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new ConfigurationError(
      ["faults", ...(issue?.path ?? [])].map(String).join("."),
      value,
      issue?.message ?? "faults",
    );
  }
  const total = Object.values(parsed.data.probability).reduce((sum, share) => sum + share, 0);
  if (total > 1 + 1e-9) throw new ConfigurationError("faults.probability", total, "shares that add up to at most 1");
  // The list is consumed, and must not be the caller's own.
  return { ...parsed.data, next: [...parsed.data.next] };
}
