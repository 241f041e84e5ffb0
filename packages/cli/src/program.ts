import { readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { cacheCommand } from "./commands/cache.ts";
import { doctorCommand } from "./commands/doctor.ts";
import { metricsCommand } from "./commands/metrics.ts";
import { modelsCommand } from "./commands/models.ts";
import { runCommand } from "./commands/run.ts";
import { startCommand } from "./commands/start.ts";
import { traceCommand } from "./commands/trace.ts";
import type { CommandContext } from "./context.ts";
import { type ExitCode, exitCode } from "./exit.ts";
import { reportError } from "./report-error.ts";
import type { Terminal } from "./terminal.ts";

/** Runs one command line and resolves with its exit status; it neither throws nor ends the process. */
export async function run(parameters: readonly string[], terminal: Terminal): Promise<number> {
  let status: number = exitCode.ok;
  const context: CommandContext = {
    terminal,
    finish: (code) => {
      status = code;
    },
  };
  try {
    await program(context).parseAsync([...parameters], { from: "user" });
  } catch (error) {
    return error instanceof CommanderError ? statusOf(error) : reportError(error, terminal);
  }
  return status;
}

function program(context: CommandContext): Command {
  const command = new Command("flyball")
    .description("Traces, times and prices LLM pipelines.")
    .version(version(), "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.terminal.out(text.trimEnd()),
      writeErr: (text) => context.terminal.err(text.trimEnd()),
    })
    .showSuggestionAfterError()
    .addHelpText(
      "after",
      "\nExit status: 0 done, 1 something failed, 2 wrong command line or configuration, 3 the run waits for an approval, 130 Ctrl-C.",
    );
  for (const make of [
    startCommand,
    runCommand,
    traceCommand,
    metricsCommand,
    cacheCommand,
    modelsCommand,
    doctorCommand,
  ]) {
    command.addCommand(inheritSettings(make(context), command));
  }
  return command;
}

/** Commander copies its settings only to commands that it makes itself. */
function inheritSettings(command: Command, parent: Command): Command {
  command.copyInheritedSettings(parent);
  for (const child of command.commands) inheritSettings(child, command);
  return command;
}

/** Help and version end as asked; everything else that commander refuses is a wrong command line. */
function statusOf(error: CommanderError): ExitCode {
  return error.exitCode === 0 ? exitCode.ok : exitCode.usage;
}

function version(): string {
  const manifest = new URL("../package.json", import.meta.url);
  return (JSON.parse(readFileSync(manifest, "utf8")) as { version: string }).version;
}
