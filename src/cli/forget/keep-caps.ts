/** What caps count of a user who is forgotten: kept apart, or let go. */
import {
  forgottenField,
  forgottenKey,
  forgottenValue,
  LOOK_EVERY_MS,
  newestOf,
} from '../../claims/forgotten.ts';
import { createUserReader } from '../../claims/read-user.ts';
import { MAX_CAP_WINDOW_MS } from '../../domain/cap.ts';
import type { RedisClient } from '../../redis/connection.ts';
import { onRedis } from '../../redis/redis-errors.ts';
import type { Clock } from '../../runtime/clock.ts';

export interface Keep {
  /** @returns a function that does it again where a pod has taken it back into the history meanwhile. */
  readonly write: () => Promise<() => Promise<void>>;
  isAny(): boolean;
}

export interface KeepOptions {
  readonly redis: RedisClient;
  /** Of the claims. */
  readonly prefix: string;
  readonly userId: string;
  readonly clock: Pick<Clock, 'sleep'>;
}

/** Keeps it for the first time. @returns once every pod has seen that something is kept. @throws UnavailableError */
export async function beginKeep(options: KeepOptions): Promise<Keep> {
  const keep = createKeep(options);
  await keep.write();
  if (keep.isAny()) await options.clock.sleep(2 * LOOK_EVERY_MS);
  return keep;
}

/** Lets go what an earlier command has kept: caps begin anew. @throws UnavailableError */
export async function dropKept({ redis, prefix, userId }: Omit<KeepOptions, 'clock'>): Promise<void> {
  await onRedis(redis, () => redis.hdel(forgottenKey(prefix), forgottenField(userId)));
}

/** Only what was delivered counts on: the rest is withdrawn. What others have that counts no more goes. */
function createKeep({ redis, prefix, userId }: KeepOptions): Keep {
  const reader = createUserReader({ redis, prefix });
  const [key, field] = [forgottenKey(prefix), forgottenField(userId)];
  let isAny = false;

  async function sweep(nowMs: number): Promise<void> {
    const all = await onRedis(redis, () => redis.hgetall(key));
    for (const [name, value] of Object.entries(all))
      if (newestOf(value) < nowMs - MAX_CAP_WINDOW_MS) await onRedis(redis, () => redis.hdel(key, name));
  }

  /** Nothing in it counts for longer from now. With its last field the key goes, and what limits its life. */
  async function limitLife(): Promise<void> {
    await onRedis(redis, () => redis.pexpire(key, MAX_CAP_WINDOW_MS));
  }

  return {
    isAny: () => isAny,
    async write() {
      const [pushes, nowMs] = await Promise.all([reader.pushes(userId), reader.nowMs()]);
      await sweep(nowMs);
      const value = forgottenValue(pushes, await onRedis(redis, () => redis.hget(key, field)));
      isAny = newestOf(value) > 0;
      if (!isAny) return async () => undefined;
      await onRedis(redis, () => redis.hset(key, field, value));
      await limitLife();
      return async () => {
        await onRedis(redis, () => redis.hsetnx(key, field, value));
        await limitLife();
      };
    },
  };
}
