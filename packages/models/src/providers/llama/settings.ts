import { availableParallelism } from "node:os";
import { ConfigurationError } from "@flyball/core";
import type { ModelFile } from "./model-file.ts";

/** How one GGUF model is loaded and run. */
export interface LlamaModelSettings {
  /** The GGUF file. */
  readonly path: string;
  /**
   * CPU threads. Default: the cores this process may use, but 1 for a small model (under 50 million parameters or
   * 100 MB), where handing work to a second thread costs more than the work.
   */
  readonly threads?: number;
  /** Tokens of one conversation, prompt and answer. Default 2048, or what the model was trained for if that is less. */
  readonly contextSize?: number;
  /** Tokens evaluated at once, all conversations together. Default 512. */
  readonly batchSize?: number;
  /** Conversations evaluated side by side, each with its own context. Default 4. */
  readonly sequences?: number;
  /** Requests that may wait for a sequence; further ones are refused. Default 100. */
  readonly maxWaiting?: number;
  /** Map the file instead of reading it. Default true. */
  readonly mmap?: boolean;
  /** Keep the model in memory, never swapped out. Where the system refuses, a warning is logged. Default false. */
  readonly mlock?: boolean;
  /** Layers on the GPU. Default 0: no GPU is even looked for. */
  readonly gpuLayers?: number | "auto" | "max";
  /** How token vectors become one embedding. Default: what the file says. */
  readonly pooling?: "none" | "mean" | "cls" | "last";
}

export type ResolvedLlamaSettings = Required<Omit<LlamaModelSettings, "pooling">> & Pick<LlamaModelSettings, "pooling">;

const smallParameters = 50_000_000;
const smallBytes = 100 * 1024 * 1024;

/** Fills in the defaults that depend on the file and the machine. */
export function resolveSettings(settings: LlamaModelSettings, file: ModelFile): ResolvedLlamaSettings {
  const small = file.parameters < smallParameters || file.bytes < smallBytes;
  return {
    path: settings.path,
    threads: settings.threads ?? (small ? 1 : availableParallelism()),
    contextSize: settings.contextSize ?? Math.min(2048, file.contextLength ?? 2048),
    batchSize: settings.batchSize ?? 512,
    sequences: settings.sequences ?? 4,
    maxWaiting: settings.maxWaiting ?? 100,
    mmap: settings.mmap ?? true,
    mlock: settings.mlock ?? false,
    gpuLayers: settings.gpuLayers ?? 0,
    ...(settings.pooling === undefined ? {} : { pooling: settings.pooling }),
  };
}

/** Refuses nonsense before anything is loaded. */
export function checkSettings(name: string, settings: LlamaModelSettings): void {
  const path = `models.${name}`;
  if (typeof settings.path !== "string" || settings.path === "") {
    throw new ConfigurationError(`${path}.path`, settings.path, "the path of a GGUF file");
  }
  for (const key of ["threads", "contextSize", "batchSize", "sequences"] as const) {
    const value = settings[key];
    if (value !== undefined && !(Number.isInteger(value) && value >= 1)) {
      throw new ConfigurationError(`${path}.${key}`, value, "a positive integer");
    }
  }
  const { maxWaiting, gpuLayers } = settings;
  if (maxWaiting !== undefined && !(Number.isInteger(maxWaiting) && maxWaiting >= 0)) {
    throw new ConfigurationError(`${path}.maxWaiting`, maxWaiting, "an integer, 0 or more");
  }
  if (typeof gpuLayers === "number" && !(Number.isInteger(gpuLayers) && gpuLayers >= 0)) {
    throw new ConfigurationError(`${path}.gpuLayers`, gpuLayers, '"auto", "max", or an integer, 0 or more');
  }
}
