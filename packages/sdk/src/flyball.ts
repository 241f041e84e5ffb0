import type { RequestListener } from "node:http";
import type { Logger, Middleware } from "@flyball/core";
import type { CheckpointStore, Engine } from "@flyball/engine";
import type { GenerateResult, ModelCall } from "@flyball/models";
import type { Coordinator, Store } from "@flyball/storage";
import type { MetricsHandler, Telemetry, WindowReader } from "@flyball/telemetry";
import type { Meter } from "@opentelemetry/api";
import type { ServiceCache } from "./cache/service-cache.ts";
import type { Configuration } from "./config/configuration.ts";
import type { HealthReport } from "./health.ts";
import type { ConnectMiddleware } from "./http/connect.ts";
import type { HonoMiddleware } from "./http/hono.ts";
import type { NodeRequestOptions } from "./http/node.ts";
import type { HttpServer } from "./http/server.ts";
import type { ModelCacheOptions } from "./middleware/cache-model-calls.ts";
import type { CachedOptions } from "./middleware/cached.ts";
import type { Models } from "./parts/models.ts";
import type { Recorder } from "./record.ts";
import type { RunDescription } from "./with-run.ts";
import type { AsyncFunction, WrapOptions } from "./wrap.ts";

/** Request middleware that counts and times every request, for what a service is built on. */
export interface RequestMiddleware {
  /** `app.use(flyball.middleware.hono)`, before the routes. */
  readonly hono: HonoMiddleware;
  /** `app.use(flyball.middleware.connect)`, before the routes; for Express and everything with `(req, res, next)`. */
  readonly connect: ConnectMiddleware;
  /** `createServer(flyball.middleware.node(listener))`. */
  node(listener: RequestListener, options?: NodeRequestOptions): RequestListener;
}

/** Flyball in one process: what `start` gives. `await using flyball = await start()` shuts it down by itself. */
export interface Flyball extends AsyncDisposable {
  /** What is in effect. Holds secrets: print it through `describeConfiguration`. */
  readonly configuration: Configuration;
  /** What set each setting: `code`, `environment NAME`, `file PATH` or `default`. */
  readonly sources: ReadonlyMap<string, string>;

  /**
   * Wraps an async function so that each call is one node, with a span, an outcome and a window of its own. The
   * function's type, `this`, result and errors stay as they are.
   */
  node<Run extends AsyncFunction>(name: string, run: Run, options?: WrapOptions<Run>): Run;
  /**
   * Wraps an async function (a node, a retrieval, a database query) so that equal calls are computed once, by whoever
   * asks first, and remembered. Its type, `this`, result and errors stay as they are; errors are not remembered.
   */
  cached<Run extends AsyncFunction>(name: string, run: Run, options?: CachedOptions<Run>): Run;
  /**
   * Model middleware that remembers answers, and knows what each hit saved:
   * `flyball.models.client(choice, { middleware: [flyball.cachedModelCalls({ promptVersion: "v3" })] })`.
   */
  cachedModelCalls(options?: ModelCacheOptions): Middleware<ModelCall, GenerateResult>;
  /** Runs a pipeline of one's own as one run: what happens inside carries its unit, session and priority. */
  withRun<T>(description: RunDescription, work: () => Promise<T>): Promise<T>;
  /** Runs one turn (from 1) of a refinement loop: nodes inside carry it. */
  withIteration<T>(iteration: number, work: () => T): T;
  /** Recording by hand, where wrapping does not fit. */
  readonly record: Recorder;
  readonly middleware: RequestMiddleware;

  /** Runs a workflow to its end, or until it waits for an approval. Never rejects: failures are a status. */
  readonly run: Engine["run"];
  /** Starts a run and gives it at once, to listen to its events or to cancel it. */
  readonly start: Engine["start"];
  /** Goes on with a run that waits or was left behind, from this process or another. */
  readonly resume: Engine["resume"];

  readonly engine: Engine;
  readonly models: Models;
  /** Memory, Redis and disk, as `cache` of the configuration says; opens with its first use. */
  readonly cache: ServiceCache;
  readonly telemetry: Telemetry;
  readonly store: Store;
  readonly coordinator: Coordinator;
  readonly checkpoints: CheckpointStore;
  /** What happened in the last 1 to 1,440 minutes, in this process and those that share its store. */
  readonly windows: WindowReader;
  /** OpenTelemetry's meter for instruments of the service's own; they are on `/metrics` beside ours. */
  readonly meter: Meter;
  readonly logger: Logger;

  /** Answers one scrape: `{ accept }` in, `{ contentType, body }` out. For a server of one's own. */
  readonly metrics: MetricsHandler;
  /** Whether the process and its parts work. */
  health(): Promise<HealthReport>;
  /**
   * Serves `/metrics` and `/health`. Default: `http.host` and `http.port`, or a free port without one. Further calls
   * give the server that listens already.
   * @throws ListenError when the address cannot be had.
   */
  listen(address?: { readonly host?: string; readonly port?: number }): Promise<HttpServer>;
  /**
   * Stops listening, waits for runs under way, writes out what is buffered and closes everything, within `timeoutMs`
   * in all (default `shutdown.timeoutMs`). Never rejects; further calls get the first one's promise.
   */
  shutdown(options?: { readonly timeoutMs?: number }): Promise<void>;
}
