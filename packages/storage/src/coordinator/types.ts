/** A claim that is held: nobody else holds the key until it expires or is released. */
export interface Claim {
  readonly key: string;
  /** Grows with every successful claim of the key, so that a late holder's writes can be refused. */
  readonly fence: number;
  /** Extends the claim; false when it was lost meanwhile. */
  renew(ttlMs: number): Promise<boolean>;
  /** Gives the key up; does nothing when it was lost meanwhile. */
  release(): Promise<void>;
}

/**
 * How processes agree: through the embedded database's file on one machine, through Redis on several. Every method
 * may reject, with a TimeoutError or a StorageError, when what stands behind it is locked or away: the caller decides
 * what then is safe. Whatever it does, it ends in bounded time.
 */
export interface Coordinator {
  /** Takes `key` for `ttlMs`, or returns undefined when somebody holds it. */
  claim(key: string, ttlMs: number): Promise<Claim | undefined>;
  /** Adds `by` (default 1) to a counter that expires `ttlMs` after its first increment; returns the new value. */
  increment(key: string, options: { readonly by?: number; readonly ttlMs: number }): Promise<number>;
  /** The counter's value, 0 when absent or expired. */
  counter(key: string): Promise<number>;
  /** Sends to every subscriber in every process, this one included. At most once: nothing is kept for the absent. */
  publish(channel: string, message: string): Promise<void>;
  /** Calls `onMessage` for each message published after this resolves. Returns the unsubscribe function. */
  subscribe(channel: string, onMessage: (message: string) => void): Promise<() => Promise<void>>;
  close(): Promise<void>;
}
