/** Redis for the time of a command. */
import { once } from 'node:events';
import type { RedisPlace } from '../compose/redis.ts';
import { closeRedis, misfitOf, openRedis, type RedisClient } from '../redis/connection.ts';
import { silentLogger } from './silent-logger.ts';

const CONNECT_WITHIN_MS = 5000;

export interface CommandRedis {
  readonly redis: RedisClient;
  readonly close: () => Promise<void>;
}

/**
 * @param command as Redis's list of clients names it.
 * @throws Error where Redis doesn't answer within 5 s; the address, which may hold a password, is not named.
 */
export async function connectRedis(
  { prefix, ...address }: RedisPlace,
  command: string,
): Promise<CommandRedis> {
  const redis = openRedis({
    ...address,
    purpose: 'commands',
    name: `${prefix}:${command}-command`,
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
  return { redis, close: () => closeRedis(redis) };
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.name === 'AbortError' ? 'no answer in time' : error.message;
}
