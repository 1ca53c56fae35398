/** Which events are done one at a time, by the setting. */
import { expect, it } from 'vitest';
import { createKeyRule, type Ordering } from '../../../../src/stream/partition/event-keys.ts';

const work = (key: string | undefined) => ({ key, run: () => Promise.resolve(), abandon: () => undefined });

/** Whether the rule keeps both events in order. */
const inOrder = (
  ordering: Ordering,
  [a, ofA]: readonly [string | undefined, number],
  [b, ofB]: readonly [string | undefined, number],
): boolean => {
  const keyOf = createKeyRule(ordering);
  return keyOf(work(a), ofA) === keyOf(work(b), ofB);
};

it.each<[Ordering, boolean, boolean, boolean, boolean]>([
  // One user's, also in two partitions; two users' of one partition; two without a user.
  ['user', true, true, false, false],
  ['partition', true, false, true, true],
  ['none', false, false, false, false],
])('by %s', (ordering, sameUser, sameUserElsewhere, samePartition, withoutUser) => {
  expect(inOrder(ordering, ['u', 0], ['u', 0])).toBe(sameUser);
  expect(inOrder(ordering, ['u', 0], ['u', 1])).toBe(sameUserElsewhere);
  expect(inOrder(ordering, ['u', 0], ['v', 0])).toBe(samePartition);
  expect(inOrder(ordering, [undefined, 0], [undefined, 0])).toBe(withoutUser);
});
