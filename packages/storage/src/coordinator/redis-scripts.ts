/*
 * Each script is atomic in Redis. A claim is a key with a time to live that holds its holder's token; only that
 * holder may extend or delete it (https://redis.io/docs/latest/develop/clients/patterns/distributed-locks/).
 */

/** KEYS: claim, fence. ARGV: token, TTL. The fence never falls behind Redis's clock, so it goes on growing after Redis lost its data. */
export const claimScript = `
if not redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return false end
local fence = redis.call('INCR', KEYS[2])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if fence < now then
  fence = now
  redis.call('SET', KEYS[2], string.format('%.0f', fence))
end
return fence`;

/** KEYS: claim. ARGV: token, TTL. */
export const renewScript = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])`;

/** KEYS: claim. ARGV: token. */
export const releaseScript = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])`;

/** KEYS: counter. ARGV: step, TTL. The time runs from the first increment. */
export const incrementScript = `
local value = redis.call('INCRBY', KEYS[1], ARGV[1])
if redis.call('PTTL', KEYS[1]) < 0 then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return value`;
