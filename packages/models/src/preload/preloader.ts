import { type Clock, ConfigurationError, systemClock, TimeoutError, toError } from "@flyball/core";
import PQueue from "p-queue";
import { abortable, operationSignal } from "../operation-signal.ts";
import type { Message, Provider } from "../types.ts";

/** A model to be ready before its first request. */
export interface PreloadModel {
  readonly model: string;
  /**
   * Conversations asked once it is loaded, one token each: they fault the weights in, open connections, and leave
   * their beginnings in the prompt cache. Default: one short question. Empty: none.
   */
  readonly warmUp?: readonly (readonly Message[])[];
}

/** How one preload went. */
export interface PreloadReport {
  readonly model: string;
  readonly status: "waiting" | "loading" | "ready" | "failed" | "timeout";
  /** Milliseconds that loading took. */
  readonly loadMs?: number;
  /** Milliseconds that the warm-up questions took, all together. */
  readonly warmUpMs?: number;
  /** Why it is not ready. */
  readonly reason?: string;
}

export interface PreloaderOptions {
  readonly provider: Provider;
  readonly models: readonly (string | PreloadModel)[];
  /** Milliseconds for each model, its warm-up included. Default 60,000. */
  readonly timeoutMs?: number;
  /** Models loaded at once. Default 4. */
  readonly concurrency?: number;
  readonly clock?: Clock;
}

/** Loads models ahead of their first requests. */
export interface Preloader {
  /**
   * Begins, once; later calls get the same promise. Never rejects: a model that fails is loaded on demand by its
   * first request, as it would have been without preloading.
   */
  start(): Promise<readonly PreloadReport[]>;
  /** How it stands, in the order of the models. */
  report(): readonly PreloadReport[];
  /** Gives up what is not ready yet. */
  stop(): void;
}

const greeting: readonly Message[] = [{ role: "user", content: "Hello" }];
const shared = new WeakMap<Provider, Preloader>();

/** The preloader of a provider: made by the first call, returned again by all others, whatever their options. */
export function sharedPreloader(options: PreloaderOptions): Preloader {
  let preloader = shared.get(options.provider);
  if (!preloader) {
    preloader = createPreloader(options);
    shared.set(options.provider, preloader);
  }
  return preloader;
}

export function createPreloader(options: PreloaderOptions): Preloader {
  const { provider } = options;
  const clock = options.clock ?? systemClock;
  const timeoutMs = options.timeoutMs ?? 60_000;
  if (!(timeoutMs > 0)) throw new ConfigurationError("preload.timeoutMs", timeoutMs, "more than 0 milliseconds");
  const models = options.models.map((entry) => (typeof entry === "string" ? { model: entry } : entry));
  const reports: PreloadReport[] = models.map(({ model }) => ({ model, status: "waiting" }));
  const stopped = new AbortController();
  let started: Promise<readonly PreloadReport[]> | undefined;

  async function preload({ model, warmUp = [greeting] }: PreloadModel, index: number): Promise<void> {
    const life = operationSignal(`preloading ${model}`, stopped.signal, timeoutMs, clock);
    const startedAt = clock.monotonic();
    let timings: { loadMs?: number; warmUpMs?: number } = {};
    reports[index] = { model, status: "loading" };
    try {
      // A provider may not heed the signal; we stop waiting all the same.
      if (provider.load) await abortable(provider.load(model, life.signal), life.signal);
      const loadedAt = clock.monotonic();
      timings = { loadMs: loadedAt - startedAt };
      for (const messages of warmUp) {
        await abortable(provider.generate({ model, messages, maxTokens: 1, signal: life.signal }), life.signal);
      }
      timings = { ...timings, warmUpMs: clock.monotonic() - loadedAt };
      reports[index] = { model, status: "ready", ...timings };
    } catch (error) {
      const status = error instanceof TimeoutError ? "timeout" : "failed";
      reports[index] = { model, status, ...timings, reason: toError(error).message };
    } finally {
      life.dispose();
    }
  }

  async function run(): Promise<readonly PreloadReport[]> {
    const queue = new PQueue({ concurrency: options.concurrency ?? 4 });
    await queue.addAll(models.map((model, index) => () => preload(model, index)));
    return [...reports];
  }

  return {
    start() {
      started ??= run();
      return started;
    },
    report: () => [...reports],
    stop: () => stopped.abort("the preloader was stopped"),
  };
}
