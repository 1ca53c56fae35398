import { expect, it } from 'vitest';
import { createPartitionWaits } from '../../../../src/ops/health/partition-waits.ts';

const well = { topic: 't', partition: 0, lag: 9 };
const leaderless = { topic: 't', partition: 3, lag: 4, fault: 'no leader' };

it('a partition that can not be read is named with what waits for it, and since when', () => {
  const waits = createPartitionWaits();
  expect(waits.observe([well], 0)).toEqual([]);
  waits.observe([well, leaderless], 1000);
  const unread = { ...leaderless, partition: 4, lag: null, fault: 'where it begins is not known yet' };
  expect(waits.observe([well, { ...leaderless, lag: 7 }, unread], 4500)).toEqual([
    { for: 'partition t-3: no leader', events: 7, oldestSeconds: 3.5 },
    { for: 'partition t-4: where it begins is not known yet', events: 0, oldestSeconds: 0 },
  ]);
});

it('another fault of the same partition is the same wait, one after a while without is not', () => {
  const waits = createPartitionWaits();
  waits.observe([leaderless], 0);
  const [other] = waits.observe([{ ...leaderless, fault: 'another' }], 2000);
  expect(other).toMatchObject({ for: 'partition t-3: another', oldestSeconds: 2 });
  waits.observe([well], 3000);
  expect(waits.observe([leaderless], 4000)).toMatchObject([{ oldestSeconds: 0 }]);
});
