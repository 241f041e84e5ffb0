import { deserialize, serialize } from "node:v8";
import { type Clock, ConfigurationError, systemClock, toError } from "@flyball/core";
import { createRedisLink, type RedisClientType } from "@flyball/storage";
import { CheckpointError } from "../errors.ts";
import { claimScript, createScript, releaseScript, saveScript, statusScript } from "./redis-scripts.ts";
import type { CheckpointHead, CheckpointRecord, CheckpointStore, RunStatus } from "./types.ts";

export interface RedisCheckpointOptions {
  /** `redis://` or `rediss://`, with credentials and database number if need be. */
  readonly url: string;
  /** Before every key. Default `flyball:run:`. */
  readonly keyPrefix?: string;
  /** How long a run is kept after its last checkpoint, milliseconds. Default 7 days. */
  readonly ttlMs?: number;
  /** Most finished runs kept; older ones go first. Default 10,000. */
  readonly maxFinished?: number;
  /** Longest time of one operation, milliseconds. Default 1,000. */
  readonly timeoutMs?: number;
  readonly clock?: Clock;
}

const maxIndexed = 100_000;
const page = 100;
// A run that moves here from another store is written at once, a record an operation.
const maxPending = 100_000;

/**
 * Keeps runs in Redis, where every machine can go on with them: a hash a run, with a time to live that each checkpoint
 * renews. It connects at the first use, and again after a break. In an outage operations wait `timeoutMs` once, then they
 * are refused at once until Redis is back. Not for Redis Cluster: a script touches several keys.
 * @throws ConfigurationError
 */
export function createRedisCheckpoints(options: RedisCheckpointOptions): CheckpointStore {
  const { keyPrefix = "flyball:run:", ttlMs = 7 * 86_400_000, maxFinished = 10_000 } = options;
  const { url, timeoutMs = 1_000, clock = systemClock } = options;
  for (const [name, value] of Object.entries({ ttlMs, maxFinished })) {
    if (!(Number.isFinite(value) && value > 0)) throw new ConfigurationError(name, value, "a positive number");
  }
  const link = createRedisLink({ url, timeoutMs, maxPending, clock });
  const { host } = new URL(url);
  const index = `${keyPrefix}#index`;
  const finishedIndex = `${keyPrefix}#finished`;
  const keyOf = (runId: string): string => keyPrefix + runId;
  const claimOf = (runId: string): string => `${keyPrefix}#claim:${runId}`;

  async function run<T>(what: string, operation: (client: RedisClientType) => Promise<T>): Promise<T> {
    try {
      return await link.run(what, operation);
    } catch (error) {
      throw new CheckpointError(host, `Redis at ${host} failed at ${what}: ${toError(error).message}`, error);
    }
  }

  function evaluate(
    what: string,
    script: string,
    keys: string[],
    values: (string | number | Buffer)[],
  ): Promise<unknown> {
    const given = values.map((value) => (typeof value === "number" ? String(Math.ceil(value)) : value));
    return run(what, (client) => client.eval(script, { keys, arguments: given }));
  }

  async function mustExist(runId: string, changed: Promise<unknown>): Promise<void> {
    if ((await changed) === 0) throw new CheckpointError(runId, `Run \`${runId}\` has no checkpoints, or they expired`);
  }

  return {
    async create(head) {
      const { runId, status, startedAt } = head;
      const values = [serialize(head), status, ttlMs, startedAt, runId, maxIndexed];
      return (await evaluate("storing a run", createScript, [keyOf(runId), index], values)) === 1;
    },
    save(runId, { path, ...record }) {
      const values = [`node:${path}`, serialize(record), ttlMs];
      return mustExist(runId, evaluate("storing a checkpoint", saveScript, [keyOf(runId)], values));
    },
    setStatus(runId, status) {
      const finished = status !== "running" && status !== "suspended";
      const values = [status, ttlMs, clock.now(), runId, finished ? 1 : 0, maxFinished, keyPrefix];
      return mustExist(runId, evaluate("storing a status", statusScript, [keyOf(runId), finishedIndex], values));
    },
    async load(runId) {
      const fields = await run("reading a run", (client) => withBuffers(client).hGetAll(keyOf(runId)));
      const { head, status } = fields;
      if (!head || !status) return undefined;
      const records = Object.entries(fields).flatMap(([field, value]) => {
        // Only `save` above writes these fields.
        const record = field.startsWith("node:") && (deserialize(value) as Omit<CheckpointRecord, "path">);
        return record ? [{ ...record, path: field.slice("node:".length) }] : [];
      });
      return { head: headOf(head, status), records };
    },
    list: ({ status, limit }) => run("listing runs", (client) => listRuns(client, status, limit)),
    async delete(runId) {
      await run("deleting a run", (client) =>
        client
          .multi()
          .del([keyOf(runId), claimOf(runId)])
          .zRem(index, runId)
          .zRem(finishedIndex, runId)
          .exec(),
      );
    },
    async claim(runId, owner, claimMs) {
      return String(await evaluate("claiming a run", claimScript, [claimOf(runId)], [owner, claimMs]));
    },
    async release(runId, owner) {
      await evaluate("releasing a run", releaseScript, [claimOf(runId)], [owner]);
    },
    async close() {
      link.close();
    },
  };

  /** Walks the index from the newest on, and forgets what has expired on the way. */
  async function listRuns(
    client: RedisClientType,
    status: RunStatus | undefined,
    limit: number,
  ): Promise<CheckpointHead[]> {
    const found: CheckpointHead[] = [];
    for (let at = 0; found.length < limit; at += page) {
      const ids = await client.zRange(index, at, at + page - 1, { REV: true });
      if (ids.length === 0) break;
      const heads = await Promise.all(ids.map((id) => withBuffers(client).hmGet(keyOf(id), ["head", "status"])));
      const expired = ids.filter((_, position) => !heads[position]?.[0]);
      if (expired.length > 0) await client.zRem(index, expired);
      at -= expired.length;
      for (const [head, current] of heads) {
        if (head && current && (!status || current.toString() === status)) found.push(headOf(head, current));
      }
    }
    return found.slice(0, limit);
  }
}

function withBuffers(client: RedisClientType) {
  // 36 is "$", the type of a bulk string in Redis's protocol: values are bytes here.
  return client.withTypeMapping({ 36: Buffer });
}

function headOf(head: Buffer, status: Buffer): CheckpointHead {
  // `create` wrote the head, `create` or `setStatus` the status.
  return { ...(deserialize(head) as CheckpointHead), status: status.toString() as RunStatus };
}
