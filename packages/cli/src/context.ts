import type { ExitCode } from "./exit.ts";
import type { Terminal } from "./terminal.ts";

/** What every command is made with. */
export interface CommandContext {
  readonly terminal: Terminal;
  /** Says how the command ended. Without a call: 0. */
  finish(code: ExitCode | number): void;
}
