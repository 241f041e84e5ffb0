import { z } from "zod";
import { type CacheConfiguration, cacheSchema } from "./cache.ts";
import { httpUrl, milliseconds, named, positive, redisUrl, seconds, text } from "./kinds.ts";
import { setting } from "./setting.ts";

/**
 * One validated configuration with every default filled in. Units are in the names. What each setting means, its
 * default and its environment variables: the schema below, and `docs/configuration.md`, which is generated from it.
 */
export interface Configuration {
  readonly home: string;
  readonly service: {
    readonly name: string;
    readonly version?: string | undefined;
    readonly environment?: string | undefined;
  };
  readonly store: {
    readonly path?: string | undefined;
    readonly retentionDays: number;
  };
  readonly redis: {
    readonly url?: string | undefined;
    readonly stateUrl?: string | undefined;
  };
  readonly checkpoints: {
    readonly keepDays: number;
  };
  readonly engine: {
    readonly concurrency?: number | undefined;
  };
  readonly telemetry: {
    readonly enabled: boolean;
    readonly profile: "v1.41" | "genai-main";
    readonly captureContent: boolean;
    readonly sampleRatio: number;
    readonly slowMs?: number | undefined;
    readonly maxSeries: number;
    readonly priceFile?: string | undefined;
    readonly otlp: {
      readonly endpoint?: string | undefined;
      readonly headers: Readonly<Record<string, string>>;
      readonly sampleRatio: number;
    };
  };
  readonly models: {
    readonly openai: { readonly apiKey?: string | undefined };
    readonly gemini: { readonly apiKey?: string | undefined };
    readonly timeoutMs: number;
    readonly healthTtlMs: number;
    readonly streaming: boolean;
    readonly optimized: boolean;
    readonly batchSize: number;
    readonly pool: {
      readonly enabled: boolean;
      readonly keepAlive: number;
      readonly connections: number;
    };
    readonly preload: {
      readonly enabled: boolean;
      readonly timeoutMs: number;
    };
  };
  readonly cache: CacheConfiguration;
  readonly http: {
    readonly port?: number | undefined;
    readonly host: string;
  };
  readonly log: {
    readonly level: "silent" | "error" | "warn" | "info" | "debug";
  };
  readonly shutdown: {
    readonly timeoutMs: number;
  };
}

/** Any part of the configuration: what a file or a caller of `start` writes. */
export type ConfigurationInput = PartOf<Configuration>;

type PartOf<T> = string extends keyof T
  ? T
  : T extends object
    ? { readonly [K in keyof T]?: PartOf<T[K]> | undefined }
    : T;

/** The one definition of what may be set. Strict: an unknown key is an error, never ignored. */
export const configurationSchema: z.ZodType<Configuration> = z.strictObject({
  home: setting(text().default(".flyball"), "Folder of what Flyball keeps on this machine.", { isPath: true }),
  service: z
    .strictObject({
      name: setting(text().default("flyball"), "The service's name on spans and metrics.", {
        variables: named("OTEL_SERVICE_NAME"),
      }),
      version: setting(text().optional(), "The service's version, `service.version` on spans."),
      environment: setting(text().optional(), "For example production: `deployment.environment.name` on spans."),
    })
    .prefault({}),
  store: z
    .strictObject({
      path: setting(
        text().optional(),
        "The embedded database's file, or `:memory:`. Without it: `flyball.db` in `home`.",
        { isPath: true },
      ),
      retentionDays: setting(positive().default(30), "Days that windows, traces and outcomes are kept."),
    })
    .prefault({}),
  redis: z
    .strictObject({
      url: setting(
        redisUrl().optional(),
        "Redis through which processes on several machines agree, and that keeps cached answers.",
        {
          expected: "redis:// or rediss:// URL",
          secret: true,
          variables: named("REDIS_URL"),
        },
      ),
      stateUrl: setting(
        redisUrl().optional(),
        "Redis that keeps the runs' state, apart from the one above, which may evict. With it, checkpoints are in Redis and fall back to the embedded database.",
        { expected: "redis:// or rediss:// URL", secret: true, variables: named("REDIS_STATE_URL") },
      ),
    })
    .prefault({}),
  checkpoints: z
    .strictObject({
      keepDays: setting(positive().default(7), "Days that the checkpoints of ended runs are kept."),
    })
    .prefault({}),
  engine: z
    .strictObject({
      concurrency: setting(positive().optional(), "Most nodes at work at once in one run. Without it: no limit.", {
        variables: named("MAX_CONCURRENT_AGENTS"),
      }),
    })
    .prefault({}),
  telemetry: z
    .strictObject({
      enabled: setting(z.boolean().default(true), "Whether anything is recorded. Pipelines run the same without.", {
        variables: named("ENABLE_PERFORMANCE_METRICS"),
      }),
      profile: setting(
        z.enum(["v1.41", "genai-main"]).default("v1.41"),
        "Which names of the GenAI semantic conventions are used on the wire.",
      ),
      captureContent: setting(
        z.boolean().default(false),
        "Whether prompts and answers are put on spans, redacted and capped in size.",
      ),
      sampleRatio: setting(
        z.number().min(0).max(1).default(0.1),
        "Share of ordinary traces kept in the store. Errors, slow ones and the first of each kind are kept anyway.",
      ),
      slowMs: setting(
        milliseconds().optional(),
        "From this duration on a trace is slow and kept. Without it: slower than 95 % of its kind.",
      ),
      maxSeries: setting(
        positive().default(2000),
        "Most persisted series; what comes later counts in one overflow series.",
      ),
      priceFile: setting(text().optional(), "JSON file of prices that come before the built-in ones.", {
        isPath: true,
      }),
      otlp: z
        .strictObject({
          endpoint: setting(httpUrl().optional(), "OTLP/HTTP endpoint for spans. Without it nothing is exported.", {
            expected: "http:// or https:// URL",
            variables: named("OTEL_EXPORTER_OTLP_ENDPOINT"),
          }),
          headers: setting(z.record(z.string(), z.string()).default({}), "Headers sent with every export.", {
            secret: true,
            variables: named("OTEL_EXPORTER_OTLP_HEADERS"),
          }),
          sampleRatio: setting(z.number().min(0).max(1).default(1), "Share of traces exported."),
        })
        .prefault({}),
    })
    .prefault({}),
  models: z
    .strictObject({
      openai: z
        .strictObject({
          apiKey: setting(text().optional(), "Key for the `openai` preset.", {
            secret: true,
            variables: named("OPENAI_API_KEY"),
          }),
        })
        .prefault({}),
      gemini: z
        .strictObject({
          apiKey: setting(text().optional(), "Key for the `gemini` preset.", {
            secret: true,
            variables: named("GEMINI_API_KEY"),
          }),
        })
        .prefault({}),
      timeoutMs: setting(milliseconds().default(30_000), "Longest wait for one answer over HTTP.", {
        variables: [seconds("api_timeout_seconds")],
      }),
      healthTtlMs: setting(z.number().min(0).default(30_000), "How long a health check's answer is reused."),
      streaming: setting(z.boolean().default(true), "Whether streamed answers stream; otherwise they come whole.", {
        variables: named("enable_response_streaming"),
      }),
      optimized: setting(
        z.boolean().default(true),
        "The switch above every optimization of model calls: false takes the plain path everywhere.",
        { variables: named("enable_optimized_pipeline") },
      ),
      batchSize: setting(positive().default(5), "Most requests joined into one batch.", {
        variables: named("LLM_BATCH_SIZE"),
      }),
      pool: z
        .strictObject({
          enabled: setting(z.boolean().default(true), "Whether connections are pooled and kept alive.", {
            variables: named("enable_connection_pooling"),
          }),
          keepAlive: setting(positive().default(20), "Idle connections kept per provider.", {
            variables: named("connection_pool_size"),
          }),
          connections: setting(positive().default(50), "Most connections per provider."),
        })
        .prefault({}),
      preload: z
        .strictObject({
          enabled: setting(z.boolean().default(true), "Whether models named for preloading load at start.", {
            variables: named("enable_model_preloading"),
          }),
          timeoutMs: setting(milliseconds().default(60_000), "Longest wait for one model's preloading.", {
            variables: [seconds("preload_timeout_seconds")],
          }),
        })
        .prefault({}),
    })
    .prefault({}),
  cache: cacheSchema,
  http: z
    .strictObject({
      port: setting(
        z.int().min(0).max(65_535).optional(),
        "Port of `/metrics` and `/health`; 0 takes a free one. Without it nothing listens.",
      ),
      host: setting(text().default("127.0.0.1"), "Address that is listened on."),
    })
    .prefault({}),
  log: z
    .strictObject({
      level: setting(
        z.enum(["silent", "error", "warn", "info", "debug"]).default("warn"),
        "Least severe level that is logged, as JSON lines on stderr.",
      ),
    })
    .prefault({}),
  shutdown: z
    .strictObject({
      timeoutMs: setting(milliseconds().default(5000), "Deadline for writing out what is buffered at shutdown."),
    })
    .prefault({}),
});
