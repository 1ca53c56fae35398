/**
 * The kill switch's flag in Redis: set beside a rules document with `enabled: false`, asked by every worker right
 * before it sends. It acts everywhere at once, also where the documents can't be read. It has no time to live, as
 * only a person may lift it, and one key for real and dry runs.
 */
import type { RedisClient } from '../redis/connection.ts';
import { onRedis } from '../redis/redis-errors.ts';

export interface KillSwitch {
  /** True while pushing is forbidden. */
  isSet(): Promise<boolean>;
  /** @param why shown by {@link read}: the rules' version, who set it. */
  set(why: string): Promise<void>;
  lift(): Promise<void>;
  read(): Promise<string | undefined>;
}

/**
 * @param prefix the service's base prefix, also in a dry run.
 * Every method rejects with `UnavailableError('redis')` where Redis is away.
 */
export function createKillSwitch(redis: RedisClient, prefix: string): KillSwitch {
  const key = `${prefix}:kill-switch`;
  return {
    isSet: async () => (await onRedis(redis, () => redis.exists(key))) === 1,
    set: async (why) => {
      await onRedis(redis, () => redis.set(key, why));
    },
    lift: async () => {
      await onRedis(redis, () => redis.del(key));
    },
    read: async () => (await onRedis(redis, () => redis.get(key))) ?? undefined,
  };
}
