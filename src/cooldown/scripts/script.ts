/**
 * How a script is run: registered once a connection under its name, sent as EVALSHA, and in full where the server
 * doesn't know it (a restart, a failover, SCRIPT FLUSH). A script is one atomic transition, and its clock is
 * Redis's own: the first argument only shifts it, and only tests do.
 */
import { MAX_CAP_WINDOW_MS } from '../../domain/cap.ts';
import { WRITE_WITHIN_MS } from '../../domain/delivery.ts';
import type { RedisClient } from '../connection.ts';
import { HISTORY_KEEP_MS, RECORD_MARGIN_MS } from '../limits.ts';
import { onRedis } from '../redis-errors.ts';
import { commandName } from './command-name.ts';

export interface Script {
  readonly name: string;
  /** How many keys it takes; `any`: as many as it is given. */
  readonly keys: number | 'any';
  readonly lua: string;
}

export type RunScript = (keys: readonly string[], args: readonly (string | number)[]) => Promise<unknown[]>;

/** @returns a function that rejects with `UnavailableError` where Redis is away. */
export function scriptOn(redis: RedisClient, script: Script, clockOffsetMs: () => number): RunScript {
  const command = commandName(script.name);
  const { lua, keys: keyCount } = script;
  redis.defineCommand(command, { lua, ...(keyCount !== 'any' && { numberOfKeys: keyCount }) });
  const call: unknown = Reflect.get(redis, command);
  if (typeof call !== 'function') throw new TypeError(`no command ${command}`);
  return (keys, args) =>
    onRedis(redis, async () => {
      const reply: unknown = await Reflect.apply(call, redis, [
        ...(keyCount === 'any' ? [keys.length, ...keys] : keys),
        clockOffsetMs(),
        ...args,
      ]);
      if (!Array.isArray(reply)) throw new TypeError(`${script.name} answered ${typeof reply}`);
      return reply as unknown[];
    });
}

/** `now`: ms by Redis's clock. `ms(x)`: x as digits, which Lua's own conversion would cut at 14. */
export const CLOCK = `
local clock = redis.call('TIME')
local now = tonumber(clock[1]) * 1000 + math.floor(tonumber(clock[2]) / 1000) + tonumber(ARGV[1])
local function ms(x) return string.format('%.0f', x) end
`;

/**
 * The record's fields: s state, n number of the attempt, t its token, a when it was permitted, x expires at,
 * u acceptable until, p ticket, m history member, z when it ended, c who has published the outcome.
 */
export const RECORD = `
local f = redis.call('HMGET', KEYS[1], 's', 'n', 't', 'a', 'x', 'u', 'p', 'm')
local state, attempt, token, ticket, member = f[1], tonumber(f[2] or 0), f[3], f[7], f[8]
local permitted, expires, acceptable = tonumber(f[4] or 0), tonumber(f[5] or 0), tonumber(f[6] or 0)
local function is_final() return state and state ~= 'claimed' and state ~= 'sending' end
`;

/**
 * Both ends of a delivery: the record is kept for its margin, the history entry gets its time or goes. The record's
 * state changes last, and a place is given back only where the state may be written: what is refused in between is
 * done again from the same state.
 */
export const ENDING = `
local function finish(outcome)
  redis.call('HSET', KEYS[1], 's', outcome, 'z', ms(now))
  redis.call('PEXPIREAT', KEYS[1], ms(math.max(acceptable, expires, now) + ${String(RECORD_MARGIN_MS)}))
end
local function keep(outcome)
  -- What may yet be written is written within 2 s of its permission: the place counts from there at the earliest.
  local sent = now
  if outcome == 'unknown' then sent = math.max(now, permitted + ${String(WRITE_WITHIN_MS)}) end
  redis.call('ZADD', KEYS[2], ms(sent), member)
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
