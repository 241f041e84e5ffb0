// Each script is atomic in Redis: a run's fields and its time to live never disagree.

/** KEYS: run, index. ARGV: head, status, ttl, started at, run id, most indexed. Returns 0 when the run is there already. */
export const createScript = `
if redis.call('HSETNX', KEYS[1], 'head', ARGV[1]) == 0 then return 0 end
redis.call('HSET', KEYS[1], 'status', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
redis.call('ZADD', KEYS[2], ARGV[4], ARGV[5])
redis.call('ZREMRANGEBYRANK', KEYS[2], 0, -1 - tonumber(ARGV[6]))
return 1`;

/** KEYS: run. ARGV: field, value, ttl. Returns 0 when there is no such run. */
export const saveScript = `
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1`;

/**
 * KEYS: run, finished runs. ARGV: status, ttl, now, run id, whether it is finished (1), most finished, key prefix.
 * Deletes what is too many, at most ten a call so that Redis is never held up. Returns 0 when there is no such run.
 */
export const statusScript = `
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('HSET', KEYS[1], 'status', ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
if ARGV[5] ~= '1' then
  redis.call('ZREM', KEYS[2], ARGV[4])
  return 1
end
redis.call('ZADD', KEYS[2], ARGV[3], ARGV[4])
local excess = math.min(redis.call('ZCARD', KEYS[2]) - tonumber(ARGV[6]), 10)
if excess > 0 then
  for _, id in ipairs(redis.call('ZRANGE', KEYS[2], 0, excess - 1)) do
    redis.call('DEL', ARGV[7] .. id)
    redis.call('ZREM', KEYS[2], id)
  end
end
return 1`;

/** KEYS: claim. ARGV: owner, ttl. Returns who holds it now. */
export const claimScript = `
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return holder end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return ARGV[1]`;

/** KEYS: claim. ARGV: owner. */
export const releaseScript = `
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 1`;
