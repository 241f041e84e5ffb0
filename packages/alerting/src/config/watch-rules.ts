import { statSync } from "node:fs";
import { type Clock, systemClock, type Timer, toError } from "@flyball/core";
import type { Rule } from "../rule.ts";
import type { Alerting } from "../types.ts";
import type { CheckOptions } from "./check-rules.ts";
import { readRulesFile } from "./rules-file.ts";

export interface WatchRulesOptions extends CheckOptions {
  readonly path: string;
  readonly alerting: Pick<Alerting, "setRules" | "rulesRefused">;
  /** Rules beside those of the file, for example the defaults. */
  readonly others?: readonly Rule[];
  /** Default 10,000 ms. */
  readonly everyMs?: number;
  readonly clock?: Clock;
}

/**
 * Follows a rules file. One that is broken or gone changes nothing: the old rules stay, and that is itself an alert
 * until the file is good again. Looks at the file now and then, since notifications of file systems get lost.
 */
export function watchRules(options: WatchRulesOptions): { stop(): void } {
  const { path, alerting, others = [], everyMs = 10_000, clock = systemClock } = options;
  let seen = versionOf(path);

  function look(): void {
    const version = versionOf(path);
    if (version === seen) return;
    seen = version;
    try {
      const { rules } = readRulesFile(path, options);
      alerting.setRules([...others, ...rules]);
      alerting.rulesRefused(undefined);
    } catch (error) {
      alerting.rulesRefused(toError(error));
    }
  }

  const timer: Timer = clock.every(everyMs, look);
  return { stop: () => timer.cancel() };
}

/** Changes whenever the file does, also when it is replaced by an older one. */
function versionOf(path: string): string {
  try {
    const { mtimeMs, ino, size } = statSync(path);
    return `${mtimeMs} ${ino} ${size}`;
  } catch {
    return "gone";
  }
}
