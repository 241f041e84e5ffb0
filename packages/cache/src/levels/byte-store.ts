import type { MaybePromise } from "../types.ts";

/** Where a level keeps bytes. What a driver has to bring: the envelope, the limits and the counts are the level's. */
export interface ByteStore {
  get(key: string): MaybePromise<Uint8Array | undefined>;
  /** Keeps the bytes for `ttlMs`, a positive integer. */
  set(key: string, bytes: Uint8Array, ttlMs: number): MaybePromise<void>;
  delete(key: string): MaybePromise<void>;
  clear(prefix: string): MaybePromise<void>;
  readonly available: boolean;
  /** It gave out what belongs to another key; it should do what it can to stop that. */
  distrust?(): void;
  usage(): {
    readonly bytes?: number;
    readonly entries?: number;
    readonly evictions?: number;
    readonly refused?: number;
    readonly damaged?: number;
  };
  close(timeoutMs: number): Promise<void>;
}
