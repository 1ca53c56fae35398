/** Lag counts as curable only where another pod would take some of it. */
import { expect, it } from 'vitest';
import { curableLag, type CurableLagFacts } from '../../../../src/ops/health/curable-lag.ts';

const pod = (...partitions: readonly number[]) => ({
  topic: 'events',
  groupId: 'g',
  partitions: partitions.map((partition) => ({ topic: 'events', partition })),
});
const facts: CurableLagFacts = {
  away: [],
  own: pod(0, 1),
  pods: [pod(0, 1), pod(2)],
  partitions: [{ lag: 40 }, { lag: 2 }],
};

it('is this pod’s lag while there are more partitions than pods', () => {
  expect(curableLag(facts)).toBe(42);
});

it('is 0 while a service is away', () => {
  expect(curableLag({ ...facts, away: ['coupon API'] })).toBe(0);
});

it('is 0 where pods are as many as partitions, or more', () => {
  expect(curableLag({ ...facts, pods: [pod(0), pod(1), pod(2)] })).toBe(0);
  expect(curableLag({ ...facts, pods: [pod(0), pod(1), pod(2), pod()] })).toBe(0);
});

it('does not count pods of other groups and topics', () => {
  const others = [
    { ...pod(3), groupId: 'other' },
    { ...pod(4), topic: 'other' },
  ];
  expect(curableLag({ ...facts, pods: [...facts.pods, ...others] })).toBe(42);
});

it('leaves out a partition that can’t be read, and a lag that is not known', () => {
  const partitions = [{ lag: 40, fault: 'no leader' }, { lag: null }, { lag: 3 }];
  expect(curableLag({ ...facts, partitions })).toBe(3);
});

it('is this pod’s before the others are known', () => {
  expect(curableLag({ ...facts, pods: [] })).toBe(42);
});
