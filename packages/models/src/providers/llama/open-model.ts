import { errorType, type Logger } from "@flyball/core";
import type { ChatWrapper, Llama, LlamaContext, LlamaModel } from "node-llama-cpp";
import { ModelError } from "../../errors.ts";
import { type BatchMeter, createBatchMeter } from "./batch-meter.ts";
import { getBinding, importLibrary, type LlamaLibrary, onNativeLog } from "./library.ts";
import type { ModelFile } from "./model-file.ts";
import type { ResolvedLlamaSettings } from "./settings.ts";

/** A model in memory and what is needed to ask it. */
export interface OpenModel {
  readonly library: LlamaLibrary;
  readonly llama: Llama;
  readonly model: LlamaModel;
  readonly context: LlamaContext;
  readonly wrapper: ChatWrapper;
  readonly meter: BatchMeter;
}

const poolingType = { none: 0, mean: 1, cls: 2, last: 3 };

/**
 * Loads a model whose file has been checked, with one context. `anyOnGpu`: whether this or another model is to use a
 * GPU.
 * @throws ModelError `peer_missing`, or `model_load_failed`; nothing stays in memory then.
 */
export async function openModel(
  name: string,
  file: ModelFile,
  settings: ResolvedLlamaSettings,
  anyOnGpu: boolean,
  logger: Logger,
): Promise<OpenModel> {
  const library = await importLibrary();
  const { llama, gpu } = await getBinding(library, anyOnGpu);
  if (settings.gpuLayers !== 0 && !gpu) {
    logger.warn({ model: name, gpuLayers: settings.gpuLayers }, "no GPU is in use; the model runs on the CPU");
  }
  const stopWatching = settings.mlock ? watchLock(llama, name, logger) : undefined;
  let model: LlamaModel | undefined;
  try {
    model = await llama.loadModel({
      modelPath: file.path,
      useMmap: settings.mmap,
      useMlock: settings.mlock,
      gpuLayers: settings.gpuLayers,
      ...(settings.pooling === undefined
        ? {}
        : { metadataOverrides: { [file.architecture]: { pooling_type: poolingType[settings.pooling] } } }),
    });
    if (stopWatching) model.onDispose.createListener(stopWatching);
    const meter = createBatchMeter();
    const context = await model.createContext({
      contextSize: settings.contextSize,
      batchSize: settings.batchSize,
      sequences: settings.sequences,
      threads: settings.threads,
      batching: { itemPrioritizationStrategy: meter.strategy },
    });
    const wrapper = library.resolveChatWrapper(model, { warningLogs: false });
    return { library, llama, model, context, wrapper, meter };
  } catch (cause) {
    // Disposing the model disposes its context too.
    await model?.dispose();
    stopWatching?.();
    const why = cause instanceof Error ? cause.message : errorType(cause);
    throw new ModelError("model_load_failed", `${file.path} would not load: ${why}`, { subject: file.path, cause });
  }
}

/** Warns once when the model cannot be locked in memory. llama.cpp's log comes late, so this listens to the end. */
function watchLock(llama: Llama, name: string, logger: Logger): () => void {
  let warned = false;
  const warn = (reason: string): void => {
    if (!warned) logger.warn({ model: name, reason }, "the model is not locked in memory");
    warned = true;
  };
  if (!llama.supportsMlock) warn("this system cannot");
  return onNativeLog((_level, message) => {
    if (/mlock/i.test(message)) warn(message.trim());
  });
}
