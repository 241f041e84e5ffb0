import { basename } from "node:path";
import { ConfigurationError } from "@flyball/core";
import { createModelServer, tinyModelPath } from "@flyball/models";
import { start } from "@flyball/sdk";
import { exitCode } from "./exit.ts";
import { listenForInterrupt } from "./interrupt.ts";
import type { Terminal } from "./terminal.ts";

export interface ServeFlags {
  readonly gguf?: string;
  readonly name?: string;
  readonly host: string;
  readonly port: number;
  readonly threads?: number;
  readonly context?: number;
  readonly batch?: number;
  readonly sequences?: number;
  readonly gpuLayers?: number;
  readonly mlock?: boolean;
  readonly mmap: boolean;
  /** Name of the environment variable: a token on the command line would be in the process list. */
  readonly token?: string;
  readonly config?: string;
  readonly json?: boolean;
}

/** Serves a GGUF file until Ctrl-C. The model is loaded first, so that a broken file is told at once. */
export async function serveModel(flags: ServeFlags, terminal: Terminal): Promise<number> {
  const token = flags.token === undefined ? undefined : process.env[flags.token];
  if (flags.token !== undefined && !token) {
    throw new ConfigurationError("--token", flags.token, "the name of an environment variable that holds the token");
  }
  const gguf = flags.gguf ?? tinyModelPath;
  const model = flags.name ?? basename(gguf, ".gguf");
  const interrupt = listenForInterrupt();
  await using flyball = await start({ configFile: flags.config });
  try {
    const client = await flyball.models.client({ gguf, model, mmap: flags.mmap, ...settingsOf(flags) });
    await client.provider.load?.(model, interrupt.signal);
    const server = createModelServer({ client, models: [model], logger: flyball.logger, ...(token ? { token } : {}) });
    const { url, port } = await server.listen({ host: flags.host, port: flags.port });
    if (flags.json) terminal.json({ url, port, model, gguf });
    else terminal.out(`${model} at ${url}/v1 until Ctrl-C; health at ${url}/health`);
    await interrupt.wait();
    await server.close();
    return exitCode.ok;
  } finally {
    interrupt.release();
  }
}

function settingsOf({ threads, context, batch, sequences, gpuLayers, mlock }: ServeFlags): object {
  const settings = { threads, contextSize: context, batchSize: batch, sequences, gpuLayers, mlock };
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
}
