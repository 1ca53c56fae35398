/** What the scripts of a claim share: reading its record, and the two ends that a delivery may have. */
import { MAX_CAP_WINDOW_MS } from '../../domain/cap.ts';
import { WRITE_WITHIN_MS } from '../../domain/delivery.ts';
import { HISTORY_KEEP_MS, RECORD_MARGIN_MS } from '../limits.ts';
import { FROZEN } from './short-form.ts';

/**
 * The record's fields: s state, n number of the attempt, t its token, a when it was permitted, x expires at,
 * u acceptable until where that is later, p envelope, m history member, z when it ended, c who has published the
 * outcome. Absent is 0. Once it is told it may be short (short-form.ts): then n is 1 where it is absent.
 */
export const RECORD = `${FROZEN}
local f = redis.call('HMGET', KEYS[1], 's', 'n', 't', 'a', 'x', 'u', 'p', 'm', 'z')
local state, token, envelope, member = f[1], f[3], frozen(KEYS[1], f[7]), f[8]
local attempt = tonumber(f[2] or (type(envelope) == 'table' and 1 or 0))
local permitted, expires, acceptable = tonumber(f[4] or 0), tonumber(f[5] or 0), tonumber(f[6] or 0)
local ended = tonumber(f[9] or 0)
local function is_final() return state and state ~= 'claimed' and state ~= 'sending' end
-- What may yet be written is written within 2 s of its permission: the place counts from there at the earliest.
local function counts_from(outcome, at)
  if outcome == 'unknown' then return math.max(at, permitted + ${String(WRITE_WITHIN_MS)}) end
  return at
end
local function settled() return {'settled', state, envelope, ms(counts_from(state, ended))} end
`;

/**
 * Both ends of a delivery: the record is kept for its margin, the history entry gets its time or goes. The record's
 * state changes last, and a place is given back only where the state may be written. So a script that is refused in
 * between is run again from the same state.
 */
export const ENDING = `
local function finish(outcome)
  redis.call('HSET', KEYS[1], 's', outcome, 'z', ms(now))
  redis.call('PEXPIREAT', KEYS[1], ms(math.max(acceptable, expires, now) + ${String(RECORD_MARGIN_MS)}))
  state, ended = outcome, now
end
local function done() return {'done', envelope, ms(counts_from(state, ended))} end
local function keep(outcome)
  redis.call('ZADD', KEYS[2], ms(counts_from(outcome, now)), member)
  redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', ms(now - ${String(MAX_CAP_WINDOW_MS)}))
  if redis.call('PTTL', KEYS[2]) < ${String(HISTORY_KEEP_MS)} then
    redis.call('PEXPIRE', KEYS[2], ${String(HISTORY_KEEP_MS)})
  end
  finish(outcome)
end
local function give_back(outcome)
  redis.call('HSET', KEYS[1], 's', state)
  redis.call('ZREM', KEYS[2], member)
  finish(outcome)
end
`;
