/** Every key in Redis that is about one user, found by a scan, and erased. */
import { isCluster, type RedisClient } from '../redis/connection.ts';
import { onRedis } from '../redis/redis-errors.ts';
import type { PushEnvelope } from '../domain/push.ts';
import { createKeyspace, encodeId, openMember } from './keys.ts';
import { SHORT_ENVELOPE } from './short-form.ts';
import { createOpenPushes } from './open-pushes.ts';

export interface UserKeys {
  /** The events of which a record is kept, or whose outcome is not told yet. @throws UnavailableError */
  events(userId: string): Promise<readonly string[]>;
  /** Records, history, and the entries of what is open. @returns how many keys there were. @throws UnavailableError */
  erase(userId: string, eventIds: readonly string[]): Promise<number>;
  /** How many keys bear the user's name, or its digest. @throws UnavailableError */
  count(userId: string): Promise<number>;
}

const PAGE = 1000;
/** Before the event in a record's key. */
const EVENT_MARK = '}:e:';

export function createUserKeys(redis: RedisClient, prefix: string): UserKeys {
  const keys = createKeyspace(prefix);

  async function recordsOf(userId: string): Promise<readonly string[]> {
    return findKeys(redis, `${prefix}:{${encodeId(userId)}}:*`);
  }

  async function eventOf(record: string): Promise<string[]> {
    if (!record.includes(EVENT_MARK)) return [];
    const [text, unnamed] = await onRedis(redis, () => redis.hmget(record, 'p', 'e'));
    if (text === null || text === undefined) return [];
    if (text !== SHORT_ENVELOPE) return [(JSON.parse(text) as PushEnvelope).push.eventId];
    return [unnamed ?? record.slice(record.indexOf(EVENT_MARK) + EVENT_MARK.length)];
  }

  return {
    async events(userId) {
      const records = await recordsOf(userId);
      const found = new Set((await Promise.all(records.map(eventOf))).flat());
      for await (const refs of createOpenPushes({ redis, prefix })())
        for (const ref of refs) if (ref.userId === userId) found.add(ref.eventId);
      return [...found];
    },
    async erase(userId, eventIds) {
      const records = await recordsOf(userId);
      const members = eventIds.map((eventId) => openMember({ userId, eventId }));
      if (members.length > 0) await onRedis(redis, () => redis.zrem(keys.open, ...members));
      // One slot holds them all.
      if (records.length > 0) await onRedis(redis, () => redis.del(...records));
      return records.length;
    },
    count: async (userId) => (await recordsOf(userId)).length,
  };
}

/** Of every master; each key at least once is what SCAN promises, and once is what is returned. @throws UnavailableError */
export async function findKeys(redis: RedisClient, pattern: string): Promise<readonly string[]> {
  const nodes = isCluster(redis) ? redis.nodes('master') : [redis];
  const found = new Set<string>();
  for (const node of nodes) {
    let cursor = '0';
    do {
      const from = cursor;
      const [next, keys] = await onRedis(redis, () => node.scan(from, 'MATCH', pattern, 'COUNT', PAGE));
      cursor = next;
      for (const key of keys) found.add(key);
    } while (cursor !== '0');
  }
  return [...found];
}
