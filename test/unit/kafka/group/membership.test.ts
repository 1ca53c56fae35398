import { expect, it } from 'vitest';
import { createCommitter } from '../../../../src/kafka/commit/committer.ts';
import { createIntakePump } from '../../../../src/stream/fetch-pump.ts';
import { createMembership } from '../../../../src/kafka/group/membership.ts';
import { createKeyedExecutor } from '../../../../src/stream/execute/keyed-executor.ts';
import { systemClock } from '../../../../src/runtime/clock.ts';
import { silentLogger } from '../../../support/silent-logger.ts';

const unasked = (): never => {
  throw new Error('not to be asked for');
};
const ignore = (): void => undefined;
const executor = createKeyedExecutor({ maxRunning: 8, onFault: unasked });
const pump = createIntakePump({
  ...{ maxBytes: 1000, overshootBytes: 100, fetchMs: 100, pause: unasked, resume: unasked },
});

it('leaving does not wait for a join that the client has given up', async () => {
  const committer = createCommitter({
    ...{
      intervalMs: 1000,
      maxEvents: 1,
      commit: () => Promise.resolve('nothing' as const),
      onResult: ignore,
    },
  });
  const membership = createMembership({
    ...{ topic: 't', maxInFlightEvents: 10, maxUncommittedEvents: 10, maxRecordBytes: 1000 },
    ...{ drainTimeoutMs: 10_000, heartbeatIntervalMs: 500, intake: unasked, seek: unasked },
    ...{ pause: unasked, resume: unasked },
    ...{ executor, pump, committer, logger: silentLogger },
    clock: { ...systemClock, sleep: () => new Promise(() => undefined) },
    meter: {
      ...{ commit: ignore, rebalanced: ignore, passedOver: ignore, offsetsLost: ignore },
      positionReset: ignore,
    },
    reader: {
      ...{
        topicExists: unasked,
        topicId: unasked,
        partitions: unasked,
        ranges: unasked,
        committed: unasked,
        close: unasked,
      },
    },
    flow: {
      ...{ keyOf: unasked, onChange: ignore, onFinished: ignore, onPassedOver: ignore },
      ...{ onCommitDue: ignore, onFault: unasked },
    },
  });
  expect(membership.beforeJoin()).toBe('join');
  membership.givenUp();
  await membership.leave();
  expect(membership.beforeJoin()).toBe('refuse');
  committer.stop();
});
