/**
 * Caps of users who were forgotten. Whoever is erased loses the history that caps count by. Where caps are to hold all
 * the same, its entries lie under a digest of the user: neither name nor id is left, and the entries are digests, too.
 * With the user's next claim they go back into the history, before the claim is judged.
 *
 * All lie in one hash, a field a user. A pod looks every {@link LOOK_EVERY_MS} whether there is any, so a claim costs
 * nothing more where nobody was forgotten. Who writes a field waits for longer than that before the history goes.
 */
import { HISTORY_KEEP_MS } from './limits.ts';
import type { EventRef } from '../domain/event.ts';
import { monotonicMs } from '../runtime/clock.ts';
import type { RedisClient } from '../redis/connection.ts';
import { onRedis } from '../redis/redis-errors.ts';
import { scriptOn } from '../redis/script.ts';
import { createKeyspace, digest } from './keys.ts';
import type { KeptPush } from './read-user.ts';
import { restoreScript } from './scripts/restore.ts';

export const LOOK_EVERY_MS = 2000;
const DIGEST_LENGTH = 43;

export function forgottenKey(prefix: string): string {
  return `${prefix}:forgotten`;
}

/** The whole SHA-256: none of two users may get the other's caps. */
export function forgottenField(userId: string): string {
  return digest(`forgotten ${userId}`, DIGEST_LENGTH);
}

/**
 * What a field holds: members, a character a byte, and from when they count, epoch ms. What is not delivered is not
 * among them.
 *
 * @param before what the field held, if anything: that stays.
 */
export function forgottenValue(pushes: readonly KeptPush[], before: string | null): string {
  const entries = new Map(before === null ? [] : readValue(before));
  for (const { member, atMs } of pushes) if (atMs !== undefined) entries.set(member, atMs);
  return JSON.stringify([...entries]);
}

/** @returns from when the newest counts, epoch ms; 0 where it can't be read. */
export function newestOf(value: string): number {
  return Math.max(0, ...readValue(value).map(([, atMs]) => atMs));
}

/**
 * @returns a function that gives a user's entries back, where there are any. Repeated, or in two pods at once, it comes
 * to the same. It rejects with `UnavailableError` where Redis is away.
 */
export function createRestore(redis: RedisClient, prefix: string): (ref: EventRef) => Promise<void> {
  const keys = createKeyspace(prefix);
  const key = forgottenKey(prefix);
  const restore = scriptOn(redis, restoreScript);
  let lookedAtMs = -Infinity;
  let isAny = false;

  return async (ref) => {
    const nowMs = monotonicMs();
    if (nowMs - lookedAtMs >= LOOK_EVERY_MS) {
      isAny = (await onRedis(redis, () => redis.exists(key))) === 1;
      lookedAtMs = nowMs;
    }
    if (!isAny) return;
    const field = forgottenField(ref.userId);
    const value = await onRedis(redis, () => redis.hget(key, field));
    if (value === null) return;
    const [, history] = keys.ofEvent(ref);
    const entries = readValue(value).flatMap(([member, atMs]) => [atMs, Buffer.from(member, 'latin1')]);
    if (entries.length > 0) await restore([history], [HISTORY_KEEP_MS, ...entries]);
    await onRedis(redis, () => redis.hdel(key, field));
  };
}

function readValue(value: string): [member: string, atMs: number][] {
  try {
    return JSON.parse(value) as [string, number][];
  } catch {
    return [];
  }
}
