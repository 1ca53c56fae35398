/**
 * One pace for all pods: each send takes the next place on a line that Redis keeps, places lying 1 / rate apart.
 * No second holds more than the rate and one, however the pods' clocks and loads differ; a place whose pod dies is
 * lost, not doubled.
 */
import type { Cluster, Redis } from 'ioredis';
import type { SendRate } from './ports.ts';
import { CLOCK, scriptOn, type Script } from '../redis/script.ts';

/** ARGV after the clock: µs between two sends. Answers the ms until the place. */
const reserveScript: Script = {
  name: 'reserve',
  keys: 1,
  lua: `${CLOCK}
local nowMicros = tonumber(clock[1]) * 1000000 + tonumber(clock[2])
local interval = tonumber(ARGV[2])
local at = math.max(nowMicros, tonumber(redis.call('GET', KEYS[1]) or '0'))
local kept = math.ceil((at + interval - nowMicros) / 1000) + 1000
redis.call('SET', KEYS[1], ms(at + interval), 'PX', ms(kept))
return {ms(math.ceil((at - nowMicros) / 1000))}
`,
};

export interface SendRateOptions {
  /** Fails fast. */
  readonly redis: Redis | Cluster;
  readonly prefix: string;
  /** > 0; may be a fraction. */
  readonly perSecond: number;
}

/** @throws RangeError where `perSecond` is not above 0. */
export function createSendRate({ redis, prefix, perSecond }: SendRateOptions): SendRate {
  if (!(perSecond > 0)) throw new RangeError(`not a rate: ${String(perSecond)}`);
  const key = `${prefix}:push-rate`;
  const intervalMicros = Math.ceil(1_000_000 / perSecond);
  const reserve = scriptOn(redis, reserveScript);
  return {
    reserve: async () => {
      const [waitMs] = await reserve([key], [intervalMicros]);
      return Number(waitMs);
    },
  };
}
