/**
 * absent → claimed: the best candidate whose caps all have room takes its place in the history and is frozen in the
 * record. A known event answers with its record. An undelivered entry's time is +inf: it counts in every window,
 * however old. A candidate whose time is over is passed by. A script that is refused in its middle keeps what it has
 * done. A record without its place in the history would let a second push through. So every command that writes is run
 * once where it changes nothing, before the first that does.
 *
 * The script knows no kinds of caps: each brings the slices of a history member by which it counts (history-member.ts),
 * none where it counts every push. A member of an earlier version that ends before such a slice may be of any subject,
 * so it counts in each. A short member (short-form.ts) is held against the short form of the candidate's own.
 *
 * ARGV after the clock: ttl, acceptable until, number of caps, (slices, max, window)*, (envelope, not after, member)*.
 * Answers, each with the clock at its end: known(state, envelope, expires) | claimed(envelope, expires) | no_room(index of a cap
 * that is full: for the user, or else for the best candidate) | too_late, where the best candidate's time was over.
 */
import { MAX_CAP_WINDOW_MS } from '../../domain/cap.ts';
import { HISTORY_KEEP_MS, UNDELIVERED_KEEP_MS } from '../limits.ts';
import { CLOCK, type Script } from '../../redis/script.ts';
import { FROZEN, SHORT_MEMBERS } from './short-form.ts';

export const claimScript: Script = {
  name: 'claim',
  keys: 2,
  lua: `${CLOCK}${FROZEN}${SHORT_MEMBERS}
local f = redis.call('HMGET', KEYS[1], 's', 'p', 'x')
f[2] = frozen(KEYS[1], f[2])
if f[1] then return {'known', f[1], f[2], f[3], ms(now)} end

local ttl, acceptable, caps = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local function subject_of(member, slices)
  local subject = ''
  for _, slice in ipairs(slices) do
    if #member < slice.to then return nil end
    subject = subject .. string.sub(member, slice.from, slice.to)
  end
  return subject
end

local narrow = {}
for c = 1, caps do
  local at = 5 + (c - 1) * 3
  local named, max, window = ARGV[at], tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2])
  local since = '(' .. ms(now - window)
  if named == '' then
    if redis.call('ZCOUNT', KEYS[2], since, '+inf') >= max then return {'no_room', c - 1, ms(now)} end
  else
    local slices = {}
    for from, to in string.gmatch(named, '(%d+)-(%d+)') do
      slices[#slices + 1] = {from = tonumber(from), to = tonumber(to)}
    end
    local counts, short_counts, of_any = {}, {}, 0
    for _, member in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], since, '+inf')) do
      local into, subject = counts, nil
      if is_short(member) then into, subject = short_counts, short_subject(member, slices)
      else subject = subject_of(member, slices) end
      if subject then into[subject] = (into[subject] or 0) + 1 else of_any = of_any + 1 end
    end
    narrow[#narrow + 1] = {index = c - 1, slices = slices, room = max - of_any, counts = counts,
      short_counts = short_counts}
  end
end

local lack
for i = 5 + caps * 3, #ARGV, 3 do
  local envelope, not_after, member = ARGV[i], tonumber(ARGV[i + 1]), ARGV[i + 2]
  local expires = now + ttl
  if not_after and not_after < expires then expires = not_after end
  local missing
  if expires <= now then missing = {'too_late', ms(now)} end
  for _, cap in ipairs(narrow) do
    local taken = cap.counts[subject_of(member, cap.slices)] or 0
    if next(cap.short_counts) then
      taken = taken + (cap.short_counts[short_subject(short_member(member), cap.slices) or ''] or 0)
    end
    if not missing and taken >= cap.room then missing = {'no_room', cap.index, ms(now)} end
  end
  lack = lack or missing
  if not missing then
    local kept = math.max(expires, acceptable, now)
    local keep = kept - now + ${String(Math.max(HISTORY_KEEP_MS, UNDELIVERED_KEEP_MS))}
    -- What changes nothing comes first, and of that what a full Redis refuses: later it would be let through.
    redis.call('ZADD', KEYS[2], 'XX', '+inf', member)
    redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', ms(now - ${String(MAX_CAP_WINDOW_MS)}))
    redis.call('PEXPIREAT', KEYS[1], ms(now))
    if redis.call('PTTL', KEYS[2]) < keep then redis.call('PEXPIRE', KEYS[2], ms(keep)) end
    redis.call('HSET', KEYS[1], 's', 'claimed', 'x', ms(expires), 'p', envelope, 'm', member)
    if acceptable > expires then redis.call('HSET', KEYS[1], 'u', ms(acceptable)) end
    redis.call('PEXPIREAT', KEYS[1], ms(kept + ${String(UNDELIVERED_KEEP_MS)}))
    redis.call('ZADD', KEYS[2], '+inf', member)
    if redis.call('PTTL', KEYS[2]) < keep then redis.call('PEXPIRE', KEYS[2], ms(keep)) end
    return {'claimed', envelope, ms(expires), ms(now)}
  end
end
return lack or {'too_late', ms(now)}
`,
};
