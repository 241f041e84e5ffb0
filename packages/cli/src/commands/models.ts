import { Command } from "commander";
import type { CommandContext } from "../context.ts";
import { configOption, decimal, jsonOption, wholeNumber } from "../options.ts";

/** `flyball models`: models as servers. The subcommands live in files of their own, loaded when they run. */
export function modelsCommand({ terminal, finish }: CommandContext): Command {
  const models = new Command("models").description("serve a model, or emulate a remote provider");
  models
    .command("serve")
    .description("serve a GGUF file over OpenAI's HTTP API, traced and priced like any model call")
    .option("--gguf <file>", "the model (default: the 1 MB one that ships)")
    .option("--name <name>", "what requests call it (default: the file's name)")
    .option("--host <address>", "address to listen on", "127.0.0.1")
    .option("--port <port>", "port to listen on", wholeNumber(0, 65_535), 8080)
    .option("--threads <n>", "CPU threads (default: the cores, or 1 for a small model)", wholeNumber(1))
    .option("--context <tokens>", "tokens of one conversation", wholeNumber(1))
    .option("--batch <tokens>", "tokens evaluated at once", wholeNumber(1))
    .option("--sequences <n>", "conversations side by side", wholeNumber(1))
    .option("--gpu-layers <n>", "layers on the GPU", wholeNumber(0))
    .option("--mlock", "keep the model in memory, never swapped out")
    .option("--no-mmap", "read the file instead of mapping it")
    .option("--token <variable>", "ask for the bearer token in this environment variable")
    .addOption(configOption())
    .addOption(jsonOption())
    .action(async (flags) => finish(await (await import("../models-serve.ts")).serveModel(flags, terminal)));
  models
    .command("emulate")
    .description("emulate a remote provider on real sockets, with latencies, limits and faults by profile")
    .requiredOption("--profile <name|file>", "a profile that ships, or a JSON file")
    .option("--seed <n>", "the same seed gives the same latencies", wholeNumber(0), 1)
    .option("--time-scale <factor>", "real time per emulated time, for example 0.05", decimal(0, 1000), 1)
    .option("--port <port>", "port to listen on", wholeNumber(0, 65_535), 8081)
    .addOption(jsonOption())
    .action(async (flags) => finish(await (await import("../models-emulate.ts")).emulate(flags, terminal)));
  return models;
}
