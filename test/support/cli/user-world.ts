/** A user's claims, deliveries and jobs in the real Redis, under a prefix of the test's own; and commands run on them. */
import { randomUUID } from 'node:crypto';
import { createClaims } from '../../../src/claims/claims.ts';
import { createDeliveries } from '../../../src/claims/deliveries.ts';
import type { Command } from '../../../src/cli/command.ts';
import type { Cap } from '../../../src/domain/cap.ts';
import type { DeliveryOutcome, DeliveryStore } from '../../../src/domain/delivery.ts';
import type { EventRef } from '../../../src/domain/event.ts';
import type { ClaimAnswer, Claims } from '../../../src/pipeline/ports.ts';
import { createPushQueue } from '../../../src/push/push-queue.ts';
import { closeRedis, type RedisClient } from '../../../src/redis/connection.ts';
import { claimOne, connectTestRedis, testRedisUrl } from '../claims/claims-harness.ts';
import { silentLogger } from '../silent-logger.ts';
import { runCommand, type Answer } from './run-command.ts';

export const DAILY: Cap = { per: 'user', max: 1, windowMs: 86_400_000 };

export interface UserWorld {
  readonly redis: RedisClient;
  readonly prefix: string;
  readonly claims: Claims;
  readonly store: DeliveryStore;
  /** Claimed, and its job is in the queue. */
  queue(ref: EventRef, caps?: readonly Cap[]): Promise<ClaimAnswer>;
  /** Claimed, permitted, and ended so; its end is told. */
  deliver(ref: EventRef, outcome?: Extract<DeliveryOutcome, 'sent' | 'unknown'>): Promise<void>;
  /** Every key of the prefix with all that is in it, as text. */
  dump(): Promise<readonly string[]>;
  run(command: Command, args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Answer>;
  close(): Promise<void>;
}

export async function openUserWorld(): Promise<UserWorld> {
  const redis = await connectTestRedis();
  const prefix = `t-${randomUUID()}`;
  const claims = createClaims({ redis, prefix });
  // As in a fleet whose pods are all of this version.
  const store = createDeliveries({ redis, prefix, mayShorten: () => true });
  const queue = createPushQueue({ redis, prefix, logger: silentLogger });

  async function contentOf(key: string): Promise<string> {
    switch (await redis.type(key)) {
      case 'hash':
        return JSON.stringify(await redis.hgetall(key));
      case 'zset':
        return JSON.stringify(await redis.zrange(key, 0, '-1'));
      case 'list':
        return JSON.stringify(await redis.lrange(key, 0, -1));
      case 'set':
        return JSON.stringify(await redis.smembers(key));
      case 'stream':
        return JSON.stringify(await redis.xrange(key, '-', '+'));
      default:
        return (await redis.get(key)) ?? '';
    }
  }

  return {
    ...{ redis, prefix, claims, store },
    async queue(ref, caps = []) {
      const answer = await claimOne({ claims }, ref, caps);
      if (answer.kind === 'claimed') await queue.enqueue(ref);
      return answer;
    },
    async deliver(ref, outcome = 'sent') {
      await claimOne({ claims }, ref);
      const permission = await store.permit(ref, randomUUID());
      if (permission.kind !== 'granted') throw new Error(permission.kind);
      await store.settle(ref, permission.attempt, outcome);
      await store.reported(ref, 'test');
    },
    async dump() {
      const keys = await redis.keys(`*${prefix}*`);
      return Promise.all(keys.sort().map(async (key) => `${key} ${await contentOf(key)}`));
    },
    run: (command, args, env = {}) =>
      runCommand(command, args, { env: { REDIS_URL: testRedisUrl(), REDIS_PREFIX: prefix, ...env } }),
    async close() {
      await queue.close();
      const keys = await redis.keys(`*${prefix}*`);
      if (keys.length > 0) await redis.del(...keys);
      await closeRedis(redis);
    },
  };
}
