import { expect, it } from 'vitest';
import { createMembership } from '../../../../src/kafka/group/membership.ts';
import type { PartitionPositions } from '../../../../src/kafka/group/partition-positions.ts';
import { createPartitions } from '../../../../src/stream/partitions.ts';
import { systemClock } from '../../../../src/runtime/clock.ts';
import { silentLogger } from '../../../support/silent-logger.ts';

const unasked = (): never => {
  throw new Error('not to be asked for');
};
const ignore = (): void => undefined;
const meter = {
  ...{ commit: ignore, rebalanced: ignore, passedOver: ignore, offsetsLost: ignore, positionReset: ignore },
};

it('leaving does not wait for a join that the client has given up', async () => {
  const partitions = createPartitions({
    ...{
      topic: 't',
      ordering: 'user',
      maxInFlightEvents: 10,
      maxUncommittedEvents: 10,
      maxRecordBytes: 1000,
    },
    ...{ commitIntervalMs: 1000, commitMaxEvents: 1, fetchBytes: 100, fetchMs: 100, maxRunningEvents: 8 },
    ...{ handleEvent: unasked, pause: unasked, resume: unasked, commit: unasked, onFault: unasked },
    ...{ clock: systemClock, meter },
  });
  const membership = createMembership({
    ...{ topic: 't', drainTimeoutMs: 10_000, heartbeatIntervalMs: 500, partitions, meter },
    positions: {} as PartitionPositions,
    clock: { ...systemClock, sleep: () => new Promise(() => undefined) },
    logger: silentLogger,
  });
  expect(membership.beforeJoin()).toBe('join');
  membership.givenUp();
  await membership.leave();
  expect(membership.beforeJoin()).toBe('refuse');
  partitions.committer.stop();
});
