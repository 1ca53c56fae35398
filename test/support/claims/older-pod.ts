/**
 * Claims as a pod of the version before makes them: its history members bear no version, its claim script takes a
 * cap's kind by name and a member's parts by their place. Kept as it was, to be tried beside today's claims in one
 * history, as in a deployment that rolls. Goes once no such member can be alive: 31 days after the last such pod.
 */
import { MAX_CAP_WINDOW_MS } from '../../../src/domain/cap.ts';
import { HISTORY_KEEP_MS, UNDELIVERED_KEEP_MS } from '../../../src/claims/limits.ts';
import { createKeyspace, digest } from '../../../src/claims/keys.ts';
import { readEnvelope, readNumber, unknownAnswer } from '../../../src/claims/replies.ts';
import type { ClaimAnswer, Claims } from '../../../src/pipeline/ports.ts';
import type { RedisClient } from '../../../src/redis/connection.ts';
import { CLOCK, scriptOn, type Script } from '../../../src/redis/script.ts';

const olderClaimScript: Script = {
  name: 'older_claim',
  keys: 2,
  lua: `${CLOCK}
local f = redis.call('HMGET', KEYS[1], 's', 'p', 'x')
if f[1] then return {'known', f[1], f[2], f[3]} end

local ttl, acceptable, caps = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local function merchant(member) return string.sub(member, 17, 28) end
local function coupon(member) return string.sub(member, 29, 40) end

local narrow = {}
for c = 1, caps do
  local at = 5 + (c - 1) * 3
  local subject, max, window = ARGV[at], tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2])
  local since = '(' .. ms(now - window)
  if subject == 'user' then
    if redis.call('ZCOUNT', KEYS[2], since, '+inf') >= max then return {'no_room', c - 1} end
  else
    local part = merchant
    if subject == 'user+coupon' then part = coupon end
    local counts = {}
    for _, member in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], since, '+inf')) do
      local key = part(member)
      counts[key] = (counts[key] or 0) + 1
    end
    narrow[#narrow + 1] = {index = c - 1, part = part, max = max, counts = counts}
  end
end

local lack
for i = 5 + caps * 3, #ARGV, 3 do
  local envelope, not_after, member = ARGV[i], tonumber(ARGV[i + 1]), ARGV[i + 2]
  local expires = now + ttl
  if not_after and not_after < expires then expires = not_after end
  local missing
  if expires <= now then missing = {'too_late'} end
  for _, cap in ipairs(narrow) do
    if not missing and (cap.counts[cap.part(member)] or 0) >= cap.max then missing = {'no_room', cap.index} end
  end
  lack = lack or missing
  if not missing then
    local kept = math.max(expires, acceptable, now)
    local keep = kept - now + ${String(Math.max(HISTORY_KEEP_MS, UNDELIVERED_KEEP_MS))}
    redis.call('ZADD', KEYS[2], 'XX', '+inf', member)
    redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', ms(now - ${String(MAX_CAP_WINDOW_MS)}))
    redis.call('PEXPIREAT', KEYS[1], ms(now))
    if redis.call('PTTL', KEYS[2]) < keep then redis.call('PEXPIRE', KEYS[2], ms(keep)) end
    redis.call('HSET', KEYS[1], 's', 'claimed', 'n', '0', 'x', ms(expires), 'u', ms(acceptable),
      'p', envelope, 'm', member)
    redis.call('PEXPIREAT', KEYS[1], ms(kept + ${String(UNDELIVERED_KEEP_MS)}))
    redis.call('ZADD', KEYS[2], '+inf', member)
    if redis.call('PTTL', KEYS[2]) < keep then redis.call('PEXPIRE', KEYS[2], ms(keep)) end
    return {'claimed', envelope, ms(expires)}
  end
end
return lack or {'too_late'}
`,
};

/** Without the entry in the index of open pushes, which did not change: the caller's recall makes it. */
export function createOlderClaim(options: {
  readonly redis: RedisClient;
  readonly prefix: string;
  readonly clockOffsetMs: () => number;
}): Claims['claim'] {
  const claim = scriptOn(options.redis, olderClaimScript, options.clockOffsetMs);
  const keys = createKeyspace(options.prefix);
  return async ({ ref, candidates, caps, ttlMs, acceptableUntilMs }): Promise<ClaimAnswer> => {
    const reply = await claim(keys.ofEvent(ref), [
      Math.floor(ttlMs),
      Math.ceil(acceptableUntilMs),
      caps.length,
      ...caps.flatMap(({ per, max, windowMs }) => [per, max, windowMs]),
      ...candidates.flatMap(({ envelope, notAfterMs }) => [
        JSON.stringify(envelope),
        notAfterMs === undefined ? '' : Math.floor(notAfterMs),
        olderMember(ref.eventId, envelope.push),
      ]),
    ]);
    switch (reply[0]) {
      case 'claimed':
        return { kind: 'claimed', envelope: readEnvelope(reply, 1) };
      case 'no_room':
        return { kind: 'no_room', cap: readNumber(reply, 1) };
      case 'too_late':
        return { kind: 'too_late' };
      default:
        return unknownAnswer('older claim', reply);
    }
  };
}

/** A history member of version 1. */
export function olderMember(eventId: string, push: { merchantId: string; couponId: string }): string {
  return digest(eventId, 16) + digest(push.merchantId, 12) + digest(push.couponId, 12);
}
