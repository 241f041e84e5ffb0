import { ConfigurationError } from "@flyball/core";
import { z } from "zod";

const milliseconds = z.number().nonnegative();

const latency = z.strictObject({
  /** Milliseconds that every call takes: network, queueing at the provider, scheduling. */
  baseMs: milliseconds,
  /** Milliseconds of prefill per prompt token. */
  perInputTokenMs: milliseconds.default(0),
  /** Milliseconds per generated token. */
  perOutputTokenMs: milliseconds.default(0),
  /** Share of the prefill that a cached prompt token still costs. */
  cachedInputShare: z.number().min(0).max(1).default(0.1),
  /** Sigma of the log-normal factor on the time to the first token, one draw a call. Means stay as configured. */
  jitter: z.number().min(0).max(1).default(0.05),
  /** Sigma of the log-normal factor on every gap between tokens. */
  tokenJitter: z.number().min(0).max(1).default(0.25),
  /** Milliseconds of loading before a model's first answer: the cold start. Calls that arrive meanwhile wait for it too. */
  loadMs: milliseconds.default(0),
});

const step = z.strictObject({
  name: z.string().min(1),
  model: z.string().default("*"),
  inputTokens: z.number().int().nonnegative(),
  outputTokens: z.number().int().nonnegative(),
  /** What the reference system reported for this step, milliseconds, from and to. */
  referenceMs: z.tuple([milliseconds, milliseconds]),
});

const profile = z.strictObject({
  name: z.string().regex(/^[a-z0-9-]+$/, "lower-case letters, digits and dashes"),
  description: z.string().default(""),
  /** Latency of models that `models` does not name. */
  latency,
  /** Latency by model name. */
  models: z.record(z.string(), latency).default({}),
  embeddings: latency.prefault({ baseMs: 50, perInputTokenMs: 0.1 }),
  /** Length of an answer when the request names none, in tokens. */
  outputTokens: z.number().int().positive().default(128),
  /** Calls served at once; `queue` more wait, further ones get 429. */
  concurrency: z
    .strictObject({ limit: z.number().int().positive(), queue: z.number().int().nonnegative().default(0) })
    .default({ limit: 64, queue: 256 }),
  /** Calls let in per second with a burst, beyond which they get 429. Default: no limit. */
  rate: z.strictObject({ perSecond: z.number().positive(), burst: z.number().positive() }).optional(),
  /** Prompt cache on shared prefixes; the defaults are OpenAI's published ones. */
  promptCache: z
    .strictObject({
      blockTokens: z.number().int().positive().default(128),
      minTokens: z.number().int().positive().default(1024),
      ttlMs: milliseconds.default(300_000),
      maxBlocks: z.number().int().positive().default(50_000),
    })
    .prefault({}),
  /** Steps that this profile was fitted to; `plannedStepMs` checks them. */
  steps: z.array(step).default([]),
});

/** How long a model takes, in the reference system's milliseconds. */
export type LatencyModel = z.output<typeof latency>;
/** A step of a reference system that a profile reproduces. */
export type ProfileStep = z.output<typeof step>;
/** An emulated provider, with every default filled in. Times are the reference system's, before scaling. */
export type EmulatorProfile = z.output<typeof profile>;
/** A profile as people write it. */
export type EmulatorProfileInput = z.input<typeof profile>;

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
