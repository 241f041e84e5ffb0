export { type ExitCode, exitCode } from "./exit.ts";
export { run } from "./program.ts";
export { processTerminal, type Terminal } from "./terminal.ts";
