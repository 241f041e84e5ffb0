import { type Clock, ConfigurationError, failureLog, type Logger, silentLogger, systemClock } from "@flyball/core";
import { isUnavailable } from "../errors.ts";
import { createPostgresPool, type PostgresPoolOptions } from "../pool/postgres.ts";
import { atLeast } from "../pool/settings.ts";
import type { Pool, QueryValue, ReadOptions, StreamOptions } from "../types.ts";
import { startMonitor } from "./monitor.ts";
import { formatPosition, type Position, parsePosition } from "./position.ts";
import { createReplica, type Replica, ReplicaLostError } from "./replica.ts";
import { createSession, type Session } from "./session.ts";
import { createTimeline } from "./timeline.ts";

export interface ReplicatedPoolOptions {
  /** Where writes go, and reads that no replica may answer. Its name is `primary` unless it has one. */
  readonly primary: PostgresPoolOptions;
  /** Streaming replicas of it, in hot standby. Their names are `replica-1`, … unless they have one. */
  readonly replicas: readonly PostgresPoolOptions[];
  /** A replica whose data is older is not read from, milliseconds. Default 10,000. */
  readonly maxLagMs?: number;
  /** How often the servers are asked where they are, milliseconds. Default 1,000. */
  readonly probeMs?: number;
  /** A server that does not say within this time is lost until it does, milliseconds. Default 1,000. */
  readonly probeTimeoutMs?: number;
  readonly clock?: Clock;
  readonly logger?: Logger;
}

/**
 * A primary with read replicas. As a Pool, its `read` may see data that is up to `maxLagMs` old, and its `stats` are the
 * primary's.
 */
export interface ReplicatedPool extends Pool {
  /**
   * One user's view: its reads see its own writes. `after` is what another session, perhaps in another process, gave
   * as its `position`.
   */
  session(after?: string): Session;
  replicas(): readonly ReplicaStatus[];
  /** Asks all servers now and resolves when they have answered or not: for a start that wants replicas at once. */
  probe(): Promise<void>;
}

export interface ReplicaStatus {
  readonly name: string;
  readonly up: boolean;
  /** How old its data was when it was asked last, milliseconds. */
  readonly lagMs: number | undefined;
}

/**
 * Sends writes to the primary and reads to the replicas in turn, while they are up and fresh enough; the primary
 * answers for those that are not. Each server is asked how it is on one more connection than its `most`.
 * @throws ConfigurationError
 */
export function createReplicatedPool(options: ReplicatedPoolOptions): ReplicatedPool {
  const { clock = systemClock } = options;
  const maxLagMs = atLeast("database.maxLagMs", options.maxLagMs ?? 10_000, 0);
  const failures = failureLog(options.logger ?? silentLogger);
  const primary = createPostgresPool(options.primary);
  const primaryProbe = probeOf(options.primary);
  const replicas = options.replicas.map((settings, index) => {
    const named = { name: `replica-${index + 1}`, ...settings };
    return createReplica(createPostgresPool(named), probeOf(named));
  });
  const monitor = startMonitor({
    primary: primaryProbe,
    replicas,
    timeline: createTimeline(),
    probeMs: atLeast("database.probeMs", options.probeMs ?? 1_000, 10),
    probeTimeoutMs: atLeast("database.probeTimeoutMs", options.probeTimeoutMs ?? 1_000, 1),
    clock,
    failures,
  });
  let turn = 0;

  function usable(): Replica[] {
    return replicas.filter((replica) => replica.up && (replica.lagMs ?? 0) <= maxLagMs);
  }

  /** A replica that has replayed `after`; undefined when the primary has to answer. */
  async function choose(after: Position | undefined): Promise<Replica | undefined> {
    const candidates = usable();
    if (candidates.length === 0) return undefined;
    turn = (turn + 1) % candidates.length;
    if (after === undefined) return candidates[turn];
    const known = candidates.filter(({ replayed }) => replayed !== undefined && replayed >= after);
    if (known.length > 0) return known[turn % known.length];
    // It may have come there since it was asked last. One is asked, not all: the primary is the next best thing.
    const asked = candidates[turn] as Replica;
    const replayed = await monitor.ask(asked);
    return replayed !== undefined && replayed >= after ? asked : undefined;
  }

  async function readAfter<Row extends object>(
    after: Position | undefined,
    sql: string,
    values: readonly QueryValue[],
    readOptions: ReadOptions,
  ): Promise<Row[]> {
    const replica = readOptions.fresh ? undefined : await choose(after);
    if (replica) {
      try {
        return await replica.read<Row>(sql, values, readOptions);
      } catch (error) {
        if (!isUnavailable(error) && !(error instanceof ReplicaLostError)) throw error;
        failures.report(`replica ${replica.pool.name}`, error);
        // Too much to do is no reason to call it dead; the primary takes this one read.
        if (!(error instanceof ReplicaLostError) && !isOverloaded(error)) replica.lost();
      }
    }
    return await primary.read<Row>(sql, values, readOptions);
  }

  return {
    name: primary.name,
    engine: primary.engine,
    identity: primary.identity,
    read: (sql, values = [], readOptions = {}) => readAfter(undefined, sql, values, readOptions),
    write: primary.write,
    transaction: primary.transaction,
    async *stream<Row extends object>(sql: string, values?: readonly QueryValue[], streamOptions: StreamOptions = {}) {
      const replica = streamOptions.fresh ? undefined : await choose(undefined);
      // Not repeated elsewhere when the replica is lost: rows have been handed out by then.
      yield* (replica?.pool ?? primary).stream<Row>(sql, values, streamOptions);
    },
    stats: primary.stats,
    session(after) {
      const position = after === undefined ? undefined : parsePosition(after);
      if (after !== undefined && position === undefined) {
        throw new ConfigurationError("session.after", after, "a position that another session gave");
      }
      return createSession({ primary, readAfter, askPrimary: monitor.askPrimary, format: formatPosition }, position);
    },
    replicas: () => replicas.map(({ pool, up, lagMs }) => ({ name: pool.name, up, lagMs })),
    probe: monitor.round,
    async close(timeoutMs) {
      monitor.stop();
      const pools = [primary, primaryProbe, ...replicas.flatMap(({ pool, probe }) => [pool, probe])];
      await Promise.all(pools.map((pool) => pool.close(timeoutMs)));
    },
  };
}

/**
 * Its own connection: behind the others a probe would wait when there is much to do, and a busy server would be taken
 * for a dead one.
 */
function probeOf(settings: PostgresPoolOptions): Pool {
  return createPostgresPool({ ...settings, most: 1, applicationName: "flyball-probe" });
}

function isOverloaded(error: unknown): boolean {
  return (error as { code?: unknown }).code === "database_overloaded";
}
