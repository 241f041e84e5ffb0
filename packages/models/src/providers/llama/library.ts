import { availableParallelism } from "node:os";
import { errorType } from "@flyball/core";
import type { Llama, LlamaLogLevel } from "node-llama-cpp";
import { ModelError } from "../../errors.ts";

/** node-llama-cpp as a module: an optional peer, imported when a model is first needed. */
export type LlamaLibrary = typeof import("node-llama-cpp");

/** A line that llama.cpp logs. */
export type NativeLog = (level: LlamaLogLevel, message: string) => void;

const peer = "node-llama-cpp@3.21.1";
const listeners = new Set<NativeLog>();
let binding: { readonly llama: Promise<Llama> } | undefined;

/** @throws ModelError `peer_missing`, saying how to install it. */
export async function importLibrary(): Promise<LlamaLibrary> {
  try {
    return await import("node-llama-cpp");
  } catch (cause) {
    throw new ModelError(
      "peer_missing",
      `running GGUF models needs node-llama-cpp, which is not installed or does not load; run: npm install ${peer}`,
      { subject: "node-llama-cpp", cause },
    );
  }
}

/**
 * The native binding, one a process: its log has one place to go and its threads are shared. Nothing is compiled or
 * downloaded. Whoever comes first decides whether a GPU is looked for; who wants one later runs on what is there, and
 * `gpu` says which.
 * @throws ModelError `peer_missing` when no binary fits this machine.
 */
export async function getBinding(library: LlamaLibrary, gpu: boolean): Promise<{ llama: Llama; gpu: boolean }> {
  if (!binding) {
    const llama = library.getLlama({
      gpu: gpu ? "auto" : false,
      build: "never",
      skipDownload: true,
      progressLogs: false,
      maxThreads: availableParallelism(),
      logLevel: library.LlamaLogLevel.warn,
      logger: (level, message) => {
        for (const listener of listeners) listener(level, message);
      },
    });
    const opening = { llama };
    binding = opening;
    llama.catch(() => {
      if (binding === opening) binding = undefined;
    });
  }
  try {
    const llama = await binding.llama;
    return { llama, gpu: llama.gpu !== false };
  } catch (cause) {
    throw new ModelError(
      "peer_missing",
      `node-llama-cpp has no binary that runs here (${errorType(cause)}); run: npm install ${peer} --include=optional`,
      { subject: "node-llama-cpp", cause },
    );
  }
}

/** Hears what llama.cpp logs until the returned function is called. */
export function onNativeLog(listener: NativeLog): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
