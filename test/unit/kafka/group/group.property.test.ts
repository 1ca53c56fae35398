/**
 * The rooms of the consumer together, two or three pods of them in one group, under any schedule: no commit
 * passes an undecided event, goes backwards or is sent for what is not held; users one at a time and in order;
 * in the end everything is decided and committed, and where nothing goes wrong exactly once.
 */
import { test } from 'vitest';
import { loadRooms } from '../../../support/kafka/fake-pod.ts';
import { fromSource } from '../../../tools/planted-fault.ts';
import { checkGroup } from './group-property.ts';

test('keep their promises under any schedule', { timeout: 120_000 }, async () => {
  const rooms = await loadRooms(fromSource);
  await checkGroup(rooms, { numRuns: 200 });
});
