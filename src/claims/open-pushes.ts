/** The index of pushes whose outcome is not published yet, read as a whole. */
import type { EventRef } from '../domain/event.ts';
import { onRedis } from '../redis/redis-errors.ts';
import type { CooldownOptions } from './claims.ts';
import { createKeyspace, parseOpenMember } from './keys.ts';

/** About so many pushes a page. */
const PAGE = 250;

/**
 * @returns a function that reads it in pages. What is in the index from the beginning to the end of the reading is in at
 * least one of them; anything else may be. A page rejects with `UnavailableError` where Redis is away.
 */
export function createOpenPushes(
  options: Pick<CooldownOptions, 'redis' | 'prefix'>,
): () => AsyncIterable<readonly EventRef[]> {
  const { redis } = options;
  const { open } = createKeyspace(options.prefix);
  return async function* readOpenPushes() {
    let cursor = '0';
    do {
      const from = cursor;
      const [next, entries] = await onRedis(redis, () => redis.zscan(open, from, 'COUNT', PAGE));
      cursor = next;
      // Members and their scores, in turns.
      const members = entries.filter((_, at) => at % 2 === 0);
      yield members.flatMap((member) => parseOpenMember(member) ?? []);
    } while (cursor !== '0');
  };
}
