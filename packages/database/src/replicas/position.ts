import type { Queryable } from "../types.ts";

/**
 * A place in PostgreSQL's write-ahead log (a log sequence number): what is at or before it is stored, on the primary
 * or on a replica that has replayed so far.
 */
export type Position = bigint;

/** From PostgreSQL's text form, two 32-bit halves in hex: `16/B374D848`. */
export function parsePosition(text: string): Position | undefined {
  const match = /^([0-9A-F]{1,8})\/([0-9A-F]{1,8})$/i.exec(text);
  return match ? (BigInt(`0x${match[1]}`) << 32n) | BigInt(`0x${match[2]}`) : undefined;
}

export function formatPosition(position: Position): string {
  return `${(position >> 32n).toString(16)}/${(position & 0xffffffffn).toString(16)}`.toUpperCase();
}

const name = "replica_position";

/**
 * Where the primary writes next. The insert position, not the written one: with `synchronous_commit = off` a commit
 * returns before it is written.
 */
export async function primaryPosition(primary: Queryable, timeoutMs: number): Promise<Position | undefined> {
  const [row] = await primary.read<{ at: string }>("SELECT pg_current_wal_insert_lsn()::text AS at", [], {
    name,
    timeoutMs,
  });
  return row && parsePosition(row.at);
}

/** How far a replica has replayed; undefined on a server that is no replica. */
export async function replayedPosition(replica: Queryable, timeoutMs: number): Promise<Position | undefined> {
  const sql = "SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn()::text END AS at";
  const [row] = await replica.read<{ at: string | null }>(sql, [], { name, timeoutMs });
  return row?.at ? parsePosition(row.at) : undefined;
}
