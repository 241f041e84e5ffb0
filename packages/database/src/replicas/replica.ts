import type { Pool, QueryOptions, QueryValue } from "../types.ts";
import type { Position } from "./position.ts";

/** One replica as it was found last. */
export interface Replica {
  readonly pool: Pool;
  /** Where it is asked how it is. */
  readonly probe: Pool;
  readonly up: boolean;
  /** How far it had replayed when it was asked last. */
  readonly replayed: Position | undefined;
  readonly lagMs: number | undefined;
  found(replayed: Position, lagMs: number): void;
  /** Nothing is read from it until it is found again; reads under way on it are given up. */
  lost(): void;
  /** Rejects with ReplicaLostError when the replica is lost meanwhile. */
  read<Row extends object>(sql: string, values: readonly QueryValue[], options: QueryOptions): Promise<Row[]>;
}

/** The replica went away under a read. Never reaches a caller: the primary answers instead. */
export class ReplicaLostError extends Error {}

export function createReplica(pool: Pool, probe: Pool): Replica {
  const reads = new Set<AbortController>();
  let up = false;
  let replayed: Position | undefined;
  let lagMs: number | undefined;
  return {
    pool,
    probe,
    get up() {
      return up;
    },
    get replayed() {
      return replayed;
    },
    get lagMs() {
      return lagMs;
    },
    found(position, lag) {
      up = true;
      // Answers of two questions may cross; what is replayed stays replayed.
      if (replayed === undefined || position > replayed) replayed = position;
      lagMs = lag;
    },
    lost() {
      up = false;
      replayed = undefined;
      lagMs = undefined;
      for (const read of reads) read.abort();
    },
    async read<Row extends object>(sql: string, values: readonly QueryValue[], options: QueryOptions) {
      const read = new AbortController();
      const signal = options.signal ? AbortSignal.any([options.signal, read.signal]) : read.signal;
      reads.add(read);
      try {
        return await pool.read<Row>(sql, values, { ...options, signal });
      } catch (error) {
        if (read.signal.aborted && !options.signal?.aborted) throw new ReplicaLostError(pool.name, { cause: error });
        throw error;
      } finally {
        reads.delete(read);
      }
    },
  };
}
