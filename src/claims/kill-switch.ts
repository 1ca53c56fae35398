/**
 * The kill switch's flag in Redis: set beside a rules document with `enabled: false`, asked by every worker right
 * before it sends. It acts everywhere at once, also where the documents can't be read. It has no time to live, as
 * only a person may lift it, and one key for real and dry runs. It says who set it, why, and when.
 */
import type { RedisClient } from '../redis/connection.ts';
import { onRedis } from '../redis/redis-errors.ts';

export interface KillSwitchFlag {
  readonly why: string;
  /** Null where it was set without a name. */
  readonly by: string | null;
  /** RFC 3339; null where it was set without a time. */
  readonly since: string | null;
}

export interface KillSwitch {
  /** True while pushing is forbidden. */
  isSet(): Promise<boolean>;
  /** One that is set already is replaced. */
  set(flag: KillSwitchFlag): Promise<void>;
  lift(): Promise<void>;
  /** @returns undefined while pushing is allowed. */
  read(): Promise<KillSwitchFlag | undefined>;
}

/**
 * @param prefix the service's base prefix, also in a dry run.
 * Every method rejects with `UnavailableError('redis')` where Redis is away.
 */
export function createKillSwitch(redis: RedisClient, prefix: string): KillSwitch {
  const key = `${prefix}:kill-switch`;
  return {
    isSet: async () => (await onRedis(redis, () => redis.exists(key))) === 1,
    set: async (flag) => {
      await onRedis(redis, () => redis.set(key, JSON.stringify(flag)));
    },
    lift: async () => {
      await onRedis(redis, () => redis.del(key));
    },
    read: async () => {
      const text = await onRedis(redis, () => redis.get(key));
      return text === null ? undefined : parseFlag(text);
    },
  };
}

/** A flag that was set by hand, or by an older version, is its reason alone. */
function parseFlag(text: string): KillSwitchFlag {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // As it is.
  }
  if (typeof value !== 'object' || value === null) return { why: text, by: null, since: null };
  const { why, by, since } = value as Readonly<Record<string, unknown>>;
  const textOf = (field: unknown): string | null => (typeof field === 'string' ? field : null);
  return { why: textOf(why) ?? '', by: textOf(by), since: textOf(since) };
}
