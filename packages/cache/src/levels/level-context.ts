import type { Clock, FailureLog, Logger } from "@flyball/core";
import type { Level } from "../types.ts";

/** What a cache gives to the levels that are made for it. */
export interface LevelContext {
  /** The cache's name; keys of levels outside the process begin with it. */
  readonly cache: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly failures: FailureLog;
}

/** Makes a level for one cache. `memoryLevel`, `redisLevel`, `diskLevel` and `keyvLevel` give one; so may anybody. */
export type LevelFactory = (context: LevelContext) => Level;

export const kilobyte: number = 1_024;
export const megabyte: number = 1_024 * kilobyte;
export const gigabyte: number = 1_024 * megabyte;
export const minute = 60_000;
export const hour: number = 60 * minute;
