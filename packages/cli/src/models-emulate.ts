import { existsSync, readFileSync } from "node:fs";
import { toError } from "@flyball/core";
import { createEmulator, type EmulatorProfileInput, emulatorProfiles } from "@flyball/models";
import { UsageError } from "./errors.ts";
import { exitCode } from "./exit.ts";
import { listenForInterrupt } from "./interrupt.ts";
import type { Terminal } from "./terminal.ts";

export interface EmulateFlags {
  readonly profile: string;
  readonly seed: number;
  readonly timeScale: number;
  readonly port: number;
  readonly json?: boolean;
}

/** Emulates a provider until Ctrl-C, then says what it served. */
export async function emulate(flags: EmulateFlags, terminal: Terminal): Promise<number> {
  const { seed, timeScale } = flags;
  const emulator = createEmulator({ profile: profileOf(flags.profile), seed, timeScale });
  const { baseUrl, port } = await emulator.listen(flags.port);
  const interrupt = listenForInterrupt();
  if (flags.json) terminal.json({ baseUrl, port, profile: flags.profile, seed, timeScale });
  else terminal.out(`${flags.profile} at ${baseUrl} until Ctrl-C (time × ${timeScale}, seed ${seed})`);
  await interrupt.wait();
  const stats = emulator.stats();
  await emulator.close();
  interrupt.release();
  if (flags.json) terminal.json(stats);
  else terminal.out(JSON.stringify(stats, undefined, 2));
  return exitCode.ok;
}

function profileOf(argument: string): EmulatorProfileInput | string {
  if (!existsSync(argument)) {
    if (argument in emulatorProfiles) return argument;
    const names = Object.keys(emulatorProfiles).join(", ");
    throw new UsageError(`--profile ${argument}: expected a JSON file or one of ${names}`, argument);
  }
  try {
    return JSON.parse(readFileSync(argument, "utf8")) as EmulatorProfileInput;
  } catch (thrown) {
    throw new UsageError(`--profile ${argument} is no JSON: ${toError(thrown).message}`, argument, thrown);
  }
}
