import { ConfigurationError } from "@flyball/core";
import { z } from "zod";

/** How long a model takes, in the reference system's milliseconds. */
export interface LatencyModel {
  /** Milliseconds that every call takes: network, queueing at the provider, scheduling. */
  readonly baseMs: number;
  /** Milliseconds of prefill per prompt token. Default 0. */
  readonly perInputTokenMs: number;
  /** Milliseconds per generated token. Default 0. */
  readonly perOutputTokenMs: number;
  /** Share of the prefill that a cached prompt token still costs. Default 0.1. */
  readonly cachedInputShare: number;
  /** Sigma of the log-normal factor on the time to the first token, one draw a call. Means stay. Default 0.05. */
  readonly jitter: number;
  /** Sigma of the log-normal factor on every gap between tokens. Default 0.25. */
  readonly tokenJitter: number;
  /** Milliseconds of loading before a model's first answer; calls that arrive meanwhile wait, too. Default 0. */
  readonly loadMs: number;
}

/** A step of a reference system that a profile reproduces. */
export interface ProfileStep {
  readonly name: string;
  /** Default `*`: the latency of models without one of their own. */
  readonly model: string;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** What the reference system reported for this step, milliseconds, from and to. */
  readonly referenceMs: readonly [number, number];
}

/** An emulated provider, with every default filled in. Times are the reference system's, before scaling. */
export interface EmulatorProfile {
  /** Lower-case letters, digits and dashes. */
  readonly name: string;
  readonly description: string;
  /** Latency of models that `models` does not name. */
  readonly latency: LatencyModel;
  /** Latency by model name. Default: none. */
  readonly models: Readonly<Record<string, LatencyModel>>;
  readonly embeddings: LatencyModel;
  /** Milliseconds that a health check (`GET /health`, `GET /models`) takes. Default 0. */
  readonly healthMs: number;
  /** Length of an answer when the request names none, in tokens. Default 128. */
  readonly outputTokens: number;
  /** Calls served at once (default 64); `queue` (default 256) more wait, further ones get 429. */
  readonly concurrency: { readonly limit: number; readonly queue: number };
  /** Calls let in per second with a burst, beyond which they get 429. Default: no limit. */
  readonly rate?: { readonly perSecond: number; readonly burst: number } | undefined;
  /** Prompt cache on shared prefixes; the defaults are OpenAI's published ones. */
  readonly promptCache: {
    /** Default 128. */
    readonly blockTokens: number;
    /** Default 1,024. */
    readonly minTokens: number;
    /** Default 300,000. */
    readonly ttlMs: number;
    /** Default 50,000. */
    readonly maxBlocks: number;
  };
  /** Steps that this profile was fitted to; `plannedStepMs` checks them. Default: none. */
  readonly steps: readonly ProfileStep[];
}

type LatencyInput = Pick<LatencyModel, "baseMs"> & Partial<LatencyModel>;

/** A profile as people write it: a name, a latency, and what differs from the defaults. */
export interface EmulatorProfileInput {
  readonly name: string;
  readonly description?: string;
  readonly latency: LatencyInput;
  readonly models?: Readonly<Record<string, LatencyInput>>;
  readonly embeddings?: LatencyInput;
  readonly healthMs?: number;
  readonly outputTokens?: number;
  readonly concurrency?: { readonly limit: number; readonly queue?: number };
  readonly rate?: { readonly perSecond: number; readonly burst: number };
  readonly promptCache?: Partial<EmulatorProfile["promptCache"]>;
  readonly steps?: readonly (Omit<ProfileStep, "model"> & Partial<Pick<ProfileStep, "model">>)[];
}

const milliseconds = z.number().nonnegative();

const latency = z.strictObject({
  baseMs: milliseconds,
  perInputTokenMs: milliseconds.default(0),
  perOutputTokenMs: milliseconds.default(0),
  cachedInputShare: z.number().min(0).max(1).default(0.1),
  jitter: z.number().min(0).max(1).default(0.05),
  tokenJitter: z.number().min(0).max(1).default(0.25),
  loadMs: milliseconds.default(0),
});

const step = z.strictObject({
  name: z.string().min(1),
  model: z.string().default("*"),
  inputTokens: z.number().int().nonnegative(),
  outputTokens: z.number().int().nonnegative(),
  referenceMs: z.tuple([milliseconds, milliseconds]),
});

const profile: z.ZodType<EmulatorProfile> = z.strictObject({
  name: z.string().regex(/^[a-z0-9-]+$/, "lower-case letters, digits and dashes"),
  description: z.string().default(""),
  latency,
  models: z.record(z.string(), latency).default({}),
  embeddings: latency.prefault({ baseMs: 50, perInputTokenMs: 0.1 }),
  healthMs: milliseconds.default(0),
  outputTokens: z.number().int().positive().default(128),
  concurrency: z
    .strictObject({ limit: z.number().int().positive(), queue: z.number().int().nonnegative().default(256) })
    .prefault({ limit: 64 }),
  rate: z.strictObject({ perSecond: z.number().positive(), burst: z.number().positive() }).optional(),
  promptCache: z
    .strictObject({
      blockTokens: z.number().int().positive().default(128),
      minTokens: z.number().int().positive().default(1024),
      ttlMs: milliseconds.default(300_000),
      maxBlocks: z.number().int().positive().default(50_000),
    })
    .prefault({}),
  steps: z.array(step).default([]),
});

/**
 * Checks a profile, from code, YAML or JSON, and fills in the defaults.
 * @throws ConfigurationError naming the path, what was received and what was expected.
 */
export function parseProfile(value: unknown): EmulatorProfile {
  const parsed = profile.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const path = issue?.path ?? [];
  const received = path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key], value);
  throw new ConfigurationError(["profile", ...path].map(String).join("."), received, issue?.message ?? "a profile");
}
