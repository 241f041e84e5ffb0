import { ConfigurationError, toError } from "@flyball/core";
import { UsageError } from "./errors.ts";
import { type ExitCode, exitCode } from "./exit.ts";
import type { Terminal } from "./terminal.ts";

/** Says what went wrong in sentences, with every refused setting, and gives the exit status. */
export function reportError(thrown: unknown, terminal: Terminal): ExitCode {
  const error = toError(thrown);
  const problems = error.cause instanceof AggregateError ? error.cause.errors : [error];
  for (const problem of problems) terminal.err(terminal.style("red", toError(problem).message));
  if (error instanceof ConfigurationError || error instanceof UsageError) return exitCode.usage;
  if (error.cause !== undefined && !(error.cause instanceof AggregateError)) {
    terminal.err(terminal.style("dim", `because: ${toError(error.cause).message}`));
  }
  return exitCode.failure;
}
