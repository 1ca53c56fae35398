/** The running pods through Redis: the registry they keep, the channel they listen to, the kill switch they ask. */
import { once } from 'node:events';
import { closeRedis, misfitOf, openRedis } from '../../redis/connection.ts';
import type { RedisPlace } from '../../compose/redis.ts';
import { createKillSwitch } from '../../claims/kill-switch.ts';
import { announceDocuments, livePods } from '../../ops/pods.ts';
import type { Fleet } from './ports.ts';
import { silentLogger } from '../silent-logger.ts';

const CONNECT_WITHIN_MS = 5000;

/** @throws Error where Redis doesn't answer within 5 s; the address, which may hold a password, is not named. */
export async function connectFleet({ prefix, ...address }: RedisPlace): Promise<Fleet> {
  const redis = openRedis({
    ...address,
    purpose: 'commands',
    name: `${prefix}:rules-command`,
    logger: silentLogger,
  });
  try {
    await once(redis, 'ready', { signal: AbortSignal.timeout(CONNECT_WITHIN_MS) });
  } catch (error) {
    // `once` rejects at the first error event; the client itself would go on trying.
    redis.disconnect();
    throw new Error(`Redis (REDIS_URL) can't be reached: ${misfitOf(redis) ?? reason(error)}`, {
      cause: error,
    });
  }
  const killSwitch = createKillSwitch(redis, prefix);
  return {
    killSwitch,
    announce: () => announceDocuments(redis, prefix),
    livePods: () => livePods(redis, prefix),
    close: () => closeRedis(redis),
  };
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.name === 'AbortError' ? 'no answer in time' : error.message;
}
