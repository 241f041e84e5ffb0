import { type Clock, ConfigurationError, systemClock } from "@flyball/core";
import { LedgerError } from "../errors.ts";
import { redisConnection } from "./redis-connection.ts";
import { effectsPrefix, type Ledger } from "./types.ts";

export interface RedisLedgerOptions {
  /** `redis://` or `rediss://`, with credentials and database number if need be. */
  readonly url: string;
  /** Before every key. Default `flyball:governor:`. */
  readonly keyPrefix?: string;
  /** Longest time of one operation, milliseconds. Default 1,000. */
  readonly timeoutMs?: number;
  /** How long what was measured is kept after it last changed, milliseconds. Default 30 days. */
  readonly keepMs?: number;
  readonly clock?: Clock;
}

/** Grows with every write of a space; a field that no caller's name can be. */
const versionField = "#version";

/**
 * KEYS: the space. ARGV: the version that was read, time to live or 0, number of fields written, field and value by
 * turns, then the fields to remove. Writes all or nothing: nothing when somebody else wrote meanwhile.
 */
const writeScript = `
local version = redis.call('HGET', KEYS[1], '${versionField}') or '0'
if version ~= ARGV[1] then return 0 end
local written = tonumber(ARGV[3])
for i = 4, 3 + written * 2, 2 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
for i = 4 + written * 2, #ARGV do redis.call('HDEL', KEYS[1], ARGV[i]) end
redis.call('HINCRBY', KEYS[1], '${versionField}', 1)
if tonumber(ARGV[2]) > 0 then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return 1`;

const mostAttempts = 50;

/** The ledger of processes on several machines, in Redis. Who finds that somebody else wrote meanwhile reads again. */
export function createRedisLedger(options: RedisLedgerOptions): Ledger {
  const { url, keyPrefix = "flyball:governor:", timeoutMs = 1_000, keepMs = 30 * 86_400_000 } = options;
  const { clock = systemClock } = options;
  if (!URL.canParse(url) || !/^rediss?:$/.test(new URL(url).protocol)) {
    // What was received may hold a password in an unexpected place.
    throw new ConfigurationError("governor.redis.url", "…", "a URL such as redis://localhost:6379");
  }
  const connection = redisConnection(url, timeoutMs, clock);

  async function get(space: string, fields: readonly string[]): Promise<(string | undefined)[]> {
    if (fields.length === 0) return [];
    const values = await connection.run("reading", (client) => client.hmGet(keyPrefix + space, [...fields]));
    return values.map((value) => value ?? undefined);
  }

  return {
    async update(space, fields, edit) {
      const ttl = space.startsWith(effectsPrefix) ? keepMs : 0;
      for (let attempt = 0; attempt < mostAttempts; attempt++) {
        const [version = "0", ...values] = await get(space, [versionField, ...fields]);
        const { set = {}, result } = edit(values);
        const entries = Object.entries(set);
        if (entries.length === 0) return result;
        const puts = entries.filter((entry): entry is [string, string] => entry[1] !== undefined);
        const removals = entries.filter(([, value]) => value === undefined).map(([field]) => field);
        const facts = [version, String(ttl), String(puts.length), ...puts.flat(), ...removals];
        const written = await connection.run("writing", (client) =>
          client.eval(writeScript, { keys: [keyPrefix + space], arguments: facts }),
        );
        if (written === 1) return result;
        await clock.sleep(Math.random() * 10 * Math.min(attempt + 1, 10));
      }
      throw new LedgerError(`${mostAttempts} attempts met others' writes`, { subject: space });
    },
    read: get,
    async readAll(space) {
      const all = await connection.run("reading", (client) => client.hGetAll(keyPrefix + space));
      const { [versionField]: _version, ...fields } = { ...all };
      return fields;
    },
    close: async () => connection.close(),
  };
}
