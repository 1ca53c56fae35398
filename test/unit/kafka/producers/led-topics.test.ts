/** A topic that is made is waited for until its leader serves it, whatever the first answers look like. */
import type { Admin } from 'kafkajs';
import { expect, it } from 'vitest';
import { createLedTopics } from '../../../../src/kafka/producers/topics.ts';

/** @param faults of the first looks at the leaders. */
function adminWith(...faults: readonly Error[]) {
  const left = [...faults];
  const looks = { count: 0 };
  const admin = {
    createTopics: async () => true,
    fetchTopicMetadata: async () => ({ topics: [{ name: 't', partitions: [{ leader: 1 }] }] }),
    fetchTopicOffsets: async () => {
      looks.count += 1;
      const fault = left.shift();
      if (fault !== undefined) throw fault;
      return [];
    },
  } as unknown as Admin;
  return { admin, looks };
}

it.each([
  ['has not heard of it', Object.assign(new Error('x'), { type: 'UNKNOWN_TOPIC_OR_PARTITION' })],
  ['leaves it out of the answer', new TypeError("Cannot destructure property 'partitions' of undefined")],
])('a broker that %s is asked again', async (_, fault) => {
  const { admin, looks } = adminWith(fault, fault);
  expect(await createLedTopics(admin, [{ topic: 't' }])).toBe(true);
  expect(looks.count).toBe(3);
});

it('what no waiting mends is told at once', async () => {
  const refused = Object.assign(new Error('not allowed'), { type: 'TOPIC_AUTHORIZATION_FAILED' });
  const { admin, looks } = adminWith(refused);
  await expect(createLedTopics(admin, [{ topic: 't' }])).rejects.toThrow('not allowed');
  expect(looks.count).toBe(1);
});
