/**
 * One pace for all pods: each send takes the next place on a line that Redis keeps, places lying 1 / rate apart.
 * No second holds more than the rate and one, however the pods' clocks and loads differ; a place whose pod dies is
 * lost, not doubled.
 */
import type { Cluster, Redis } from 'ioredis';
import type { SendRate } from './ports.ts';
import { asUnavailable } from './redis-away.ts';

const RESERVE = `
local clock = redis.call('TIME')
local now = tonumber(clock[1]) * 1000000 + tonumber(clock[2])
local interval = tonumber(ARGV[1])
local at = math.max(now, tonumber(redis.call('GET', KEYS[1]) or '0'))
local kept = math.ceil((at + interval - now) / 1000) + 1000
redis.call('SET', KEYS[1], string.format('%.0f', at + interval), 'PX', string.format('%.0f', kept))
return string.format('%.0f', math.ceil((at - now) / 1000))
`;

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
  return {
    reserve: async () => {
      try {
        return Number(await redis.eval(RESERVE, 1, key, intervalMicros));
      } catch (error) {
        throw asUnavailable(error);
      }
    },
  };
}
