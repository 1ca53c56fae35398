/**
 * What became of a push whose outcome nobody has published in time. A claim that nobody took up is released as expired.
 * A send that nobody settled ends as unknown. An outcome that was not published is answered again. A record that is
 * gone leaves no entry without an end: it may have been sent, so its place counts from now. ARGV after the clock:
 * grace, event's part of the history member. Answers ended(outcome, envelope, when) | wait(until) | reported | absent.
 */
import { MEMBER_EVENT_LENGTH } from '../history-member.ts';
import { CLOCK, type Script } from '../../redis/script.ts';
import { ENDING, RECORD } from './record.ts';

export const sweepScript: Script = {
  name: 'sweep',
  keys: 2,
  lua: `${CLOCK}${RECORD}${ENDING}
local grace = tonumber(ARGV[2])
local function told() return {'ended', state, envelope, ms(counts_from(state, ended))} end
if not state then
  for _, entry in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '+inf', '+inf')) do
    if string.sub(entry, 1, ${String(MEMBER_EVENT_LENGTH)}) == ARGV[3] then
      redis.call('ZADD', KEYS[2], ms(now), entry)
    end
  end
  return {'absent'}
end
local extra = redis.call('HMGET', KEYS[1], 'c', 'z')
if is_final() then
  if extra[1] then return {'reported'} end
  local due = tonumber(extra[2]) + grace
  if now < due then return {'wait', ms(due)} end
  return told()
end
local due = expires + grace
if state == 'sending' then due = math.max(expires, permitted) + grace end
if now < due then return {'wait', ms(due)} end
if state == 'sending' then keep('unknown') return told() end
give_back('expired')
return told()
`,
};
