/** What a refused look at due jobs leaves to those who look for lost ones. */
import type { Worker } from 'bullmq';
import { expect, it } from 'vitest';
import type { EventRef } from '../../../src/domain/event.ts';
import { createPutOff } from '../../../src/push/put-off.ts';
import { openAnsweringRedis } from '../../support/redis/answering-redis.ts';

it('a due job whose move is refused is remembered; one that another pod took up is not', async () => {
  const refusal = Object.assign(new Error('NOPERM this user has no permissions'), { name: 'ReplyError' });
  const taken = Object.assign(new Error('Job taken is not in the delayed state. promote'), { code: -3 });
  const cutOff = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
  const fates = new Map<string, Error | undefined>([
    ['moved', undefined],
    ['refused', refusal],
    ['taken', taken],
    ['cut off', cutOff],
  ]);
  const connection = openAnsweringRedis([...fates.keys()]);
  const promote = async (jobId: string): Promise<void> => {
    const fate = fates.get(jobId);
    if (fate !== undefined) throw fate;
  };
  const remembered = new Set<string>();
  const due = await createPutOff(connection, 'test').takeUp(
    { backend: { promote } } as unknown as Worker<EventRef>,
    10,
    {
      moving: (jobId) => void remembered.add(jobId),
      moved: (jobId) => void remembered.delete(jobId),
      refused: () => undefined,
      watch: () => Promise.resolve(),
    },
  );
  expect(due).toBe(4);
  expect([...remembered]).toEqual(['refused', 'cut off']);
});
