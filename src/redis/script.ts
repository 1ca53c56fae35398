/**
 * How a script is run. It is registered under its name once a connection and sent as EVALSHA, or in full where the
 * server doesn't know it (a restart, a failover, SCRIPT FLUSH). A script is one atomic transition, and its clock is
 * Redis's own: the first argument only shifts it, and only tests do.
 */
import type { RedisClient } from './connection.ts';
import { onRedis, type AskOptions } from './redis-errors.ts';
import { commandName } from './scripts/command-name.ts';

export interface Script {
  readonly name: string;
  /** How many keys it takes; `any`: as many as it is given. */
  readonly keys: number | 'any';
  readonly lua: string;
}

export type RunScript = (
  keys: readonly string[],
  args: readonly (string | number | Buffer)[],
) => Promise<unknown[]>;

/**
 * @param clockOffsetMs shifts Redis's clock; only tests do.
 * @returns a function that rejects with `UnavailableError` where Redis is away, and with a defect of ours as it is.
 */
export function scriptOn(
  redis: RedisClient,
  script: Script,
  clockOffsetMs: () => number = noOffset,
  asking?: AskOptions,
): RunScript {
  const command = commandName(script.name);
  const { lua, keys: keyCount } = script;
  redis.defineCommand(command, { lua, ...(keyCount !== 'any' && { numberOfKeys: keyCount }) });
  const call: unknown = Reflect.get(redis, command);
  if (typeof call !== 'function') throw new TypeError(`no command ${command}`);
  return (keys, args) => {
    const run = async (): Promise<unknown[]> => {
      const reply: unknown = await Reflect.apply(call, redis, [
        ...(keyCount === 'any' ? [keys.length, ...keys] : keys),
        clockOffsetMs(),
        ...args,
      ]);
      if (!Array.isArray(reply)) throw new TypeError(`${script.name} answered ${typeof reply}`);
      return reply as unknown[];
    };
    return onRedis(redis, run, asking);
  };
}

function noOffset(): number {
  return 0;
}

/** `now`: ms by Redis's clock. `ms(x)`: x as digits, which Lua's own conversion would cut at 14. */
export const CLOCK = `
local clock = redis.call('TIME')
local now = tonumber(clock[1]) * 1000 + math.floor(tonumber(clock[2]) / 1000) + tonumber(ARGV[1])
local function ms(x) return string.format('%.0f', x) end
`;
