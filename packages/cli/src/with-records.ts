import { openRecords, type Records } from "@flyball/sdk";
import { type ExitCode, exitCode } from "./exit.ts";
import type { Terminal } from "./terminal.ts";

/** Reads what was recorded, and lets go of it; says so and fails when there is nothing yet. */
export async function withRecords(
  config: string | undefined,
  terminal: Terminal,
  read: (records: Records) => ExitCode | Promise<ExitCode>,
): Promise<ExitCode> {
  const records = await openRecords({ file: config });
  if (!records) {
    terminal.err("Nothing was recorded here yet: there is no store. `flyball start` makes one.");
    return exitCode.failure;
  }
  try {
    return await read(records);
  } finally {
    await records.close();
  }
}
