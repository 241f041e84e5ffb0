/** A cache of another library, with the same answers in it. */
export interface CachePeer {
  readonly name: string;
  /** A look-up that its memory answers. */
  hit(key: string): unknown;
  /** A look-up that its memory does not answer and Redis does; undefined for a cache of one level. */
  readonly hitBelow?: (key: string) => unknown;
  close(): Promise<void>;
}

/** What every cache under measurement is filled with. */
export interface Filling {
  readonly keys: readonly string[];
  readonly answerTo: (key: string) => unknown;
  readonly redisUrl: string;
}

export const hour = 3_600_000;
