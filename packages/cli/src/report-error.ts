import { ConfigurationError, toError } from "@flyball/core";
import { UsageError } from "./errors.ts";
import { type ExitCode, exitCode } from "./exit.ts";
import type { Terminal } from "./terminal.ts";

/** Says what went wrong in sentences, with every refused setting, and gives the exit status. */
export function reportError(thrown: unknown, terminal: Terminal): ExitCode {
  for (const reason of reasonsOf(thrown)) terminal.err(terminal.style("red", reason));
  return thrown instanceof ConfigurationError || thrown instanceof UsageError ? exitCode.usage : exitCode.failure;
}

/** The messages of an error: of each problem when there are several, with the cause where it says more. */
export function reasonsOf(thrown: unknown): string[] {
  const { message, cause } = toError(thrown);
  if (cause instanceof AggregateError) return cause.errors.map((problem) => toError(problem).message);
  // A usage error's message is the whole sentence; its cause is for whoever catches it.
  if (cause === undefined || thrown instanceof UsageError || message.includes(toError(cause).message)) return [message];
  return [message, `because: ${toError(cause).message}`];
}
