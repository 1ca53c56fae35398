/** Each partition is opened by itself: one that tells nothing of its offsets keeps no other from being read. */
import { afterEach, expect, it, vi } from 'vitest';
import { createCommitter } from '../../../../src/kafka/commit/committer.ts';
import { createIntakePump } from '../../../../src/stream/fetch-pump.ts';
import { createMembership, type Membership } from '../../../../src/kafka/group/membership.ts';
import type { CommittedEntry, PartitionRange } from '../../../../src/kafka/offsets/offset-reader.ts';
import { encodeOffsetMetadata } from '../../../../src/kafka/offsets/offset-metadata.ts';
import { createKeyedExecutor } from '../../../../src/stream/execute/keyed-executor.ts';
import { systemClock } from '../../../../src/runtime/clock.ts';
import { silentLogger } from '../../../support/silent-logger.ts';

const unasked = (): never => {
  throw new Error('not to be asked for');
};
const ignore = (): void => undefined;
const ending: (() => void)[] = [];
afterEach(() => {
  for (const end of ending.splice(0)) end();
});

interface Kafka {
  readonly ranges: Map<number, PartitionRange>;
  readonly committed: Map<number, CommittedEntry>;
  /** Default: not known. */
  topicId?: () => Promise<string | undefined>;
}

function open(kafka: Kafka) {
  const asked: string[] = [];
  const turns: (() => void)[] = [];
  const tell =
    (what: string) =>
    (...args: number[]): void => {
      asked.push(`${what} ${args.join(' ')}`);
    };
  const executor = createKeyedExecutor({ maxRunning: 8, onFault: unasked });
  const commit = () => Promise.resolve('nothing' as const);
  const committer = createCommitter({ intervalMs: 1000, maxEvents: 1, commit, onResult: ignore });
  const client = { seek: tell('seek'), pause: tell('pause'), resume: tell('resume') };
  const membership = createMembership({
    ...{ topic: 't', maxInFlightEvents: 10, maxUncommittedEvents: 10, maxRecordBytes: 1000 },
    ...{ drainTimeoutMs: 10_000, heartbeatIntervalMs: 500, intake: unasked, ...client },
    ...{ executor, committer, logger: silentLogger },
    pump: createIntakePump({
      maxBytes: 1000,
      overshootBytes: 100,
      fetchMs: 100,
      pause: unasked,
      resume: unasked,
    }),
    clock: { ...systemClock, sleep: () => new Promise((resolve) => void turns.push(resolve)) },
    meter: {
      commit: ignore,
      rebalanced: ignore,
      passedOver: ignore,
      offsetsLost: ignore,
      positionReset: ignore,
    },
    reader: {
      ...{ topicExists: unasked, partitions: unasked, close: unasked },
      topicId: () => kafka.topicId?.() ?? Promise.resolve(undefined),
      ranges: () => Promise.resolve(new Map(kafka.ranges)),
      committed: () => Promise.resolve(new Map(kafka.committed)),
    },
    flow: {
      ...{ keyOf: unasked, onChange: ignore, onFinished: ignore, onPassedOver: ignore },
      ...{ onCommitDue: ignore, onFault: unasked },
    },
  });
  ending.push(() => committer.stop());
  return {
    membership,
    asked,
    /** Lets the next look at what is left begin. */
    look: async () => {
      await vi.waitUntil(() => turns.length > 0);
      turns.shift()!();
    },
  };
}

const opened = ({ current }: Membership): number[] => [...(current?.flows.keys() ?? [])];
const at = (offset: number): CommittedEntry => ({ offset, metadata: '' });

it('what is known is read, what is not is held back, and read from its own start once it is known', async () => {
  const kafka: Kafka = {
    ranges: new Map([[0, { low: 0, high: 9 }]]),
    committed: new Map([
      [0, at(5)],
      [1, at(7)],
    ]),
  };
  const { membership, asked, look } = open(kafka);
  membership.beforeJoin();
  membership.joined('m', [0, 1]);
  await vi.waitUntil(() => membership.current?.state === 'open');
  expect(opened(membership)).toEqual([0]);
  expect(asked).toEqual(['pause 1']);
  expect(membership.closedSinceMs).toBeUndefined();
  kafka.ranges.set(1, { low: 0, high: 9 });
  await look();
  await vi.waitUntil(() => opened(membership).length === 2);
  expect(asked).toEqual(['pause 1', 'seek 1 7', 'resume 1']);
  expect(membership.current?.flows.get(1)?.fetchPosition).toBe(7);
});

it('a pod none of whose partitions can be read has joined all the same', async () => {
  const { membership } = open({ ranges: new Map(), committed: new Map() });
  membership.beforeJoin();
  membership.joined('m', [0]);
  await vi.waitUntil(() => membership.current?.state === 'open');
  expect(opened(membership)).toEqual([]);
});

it('the next join lets go of what was held back', async () => {
  const { membership, asked } = open({ ranges: new Map(), committed: new Map() });
  membership.beforeJoin();
  membership.joined('m', [0]);
  await vi.waitUntil(() => membership.current?.state === 'open');
  expect(membership.beforeJoin()).toBe('join');
  membership.joined('m', []);
  expect(asked).toEqual(['pause 0', 'resume 0']);
});

it('where nothing is committed the client is told where to begin', async () => {
  const { membership, asked } = open({ ranges: new Map([[0, { low: 3, high: 9 }]]), committed: new Map() });
  membership.beforeJoin();
  membership.joined('m', [0]);
  await vi.waitUntil(() => membership.current?.state === 'open');
  expect(asked).toEqual(['seek 0 3']);
});

it('a partition that begins at its end is begun there when it is first read, and at no other commit', async () => {
  const { membership } = open({
    ranges: new Map([
      [0, { low: 0, high: 9 }],
      [1, { low: 0, high: 9 }],
    ]),
    committed: new Map([
      [0, { offset: 0, metadata: 'latest' }],
      [1, { offset: 4, metadata: 'latest' }],
    ]),
  });
  membership.beforeJoin();
  membership.joined('m', [0, 1]);
  await vi.waitUntil(() => membership.current?.state === 'open');
  const flows = [...(membership.current?.flows.values() ?? [])];
  expect(flows.map(({ fetchPosition, committed }) => [fetchPosition, committed])).toEqual([
    [9, undefined],
    [4, 4],
  ]);
  // What is done of it before its start is committed would be done from another start by the next pod.
  const watermarks = (): (number | undefined)[] =>
    flows.map((flow) => {
      flow.append([{ kind: 'skip', next: 20, passedOver: 0 }], 20);
      flow.admit();
      return flow.watermark;
    });
  expect(watermarks()).toEqual([9, 20]);
  flows[0]!.committed = 9;
  expect(watermarks()).toEqual([20, 20]);
});

const [OLD, NEW] = ['o'.repeat(22), 'n'.repeat(22)];
const noted = (offset: number, topicId: string): CommittedEntry => ({
  offset,
  metadata: encodeOffsetMetadata({ topicId, incomplete: '' }, 4096),
});

it('a topic that is another is read from its first offset, whatever ranges were known', async () => {
  const kafka: Kafka = {
    ranges: new Map([[0, { low: 3, high: 9 }]]),
    committed: new Map([[0, noted(5, OLD)]]),
    topicId: () => Promise.resolve(OLD),
  };
  const { membership, asked } = open(kafka);
  membership.beforeJoin();
  membership.joined('m', [0]);
  await vi.waitUntil(() => membership.current?.state === 'open');
  kafka.topicId = () => Promise.resolve(NEW);
  await membership.checkTopic();
  expect(membership.current?.topicId).toBe(NEW);
  expect(membership.current?.flows.get(0)?.fetchPosition).toBe(0);
  expect(asked).toEqual(['seek 0 0']);
});

it('a handover that begins while the topic’s id is looked up keeps the id that its positions are of', async () => {
  const kafka: Kafka = {
    ranges: new Map([[0, { low: 0, high: 9 }]]),
    committed: new Map([[0, noted(5, OLD)]]),
    topicId: () => Promise.resolve(OLD),
  };
  const { membership } = open(kafka);
  membership.beforeJoin();
  membership.joined('m', [0]);
  await vi.waitUntil(() => membership.current?.state === 'open');
  const { current } = membership;
  current?.flows.get(0)?.append([{ kind: 'skip', next: 7, passedOver: 0 }], 7);
  current?.flows.get(0)?.admit();
  const answer = Promise.withResolvers<string>();
  kafka.topicId = () => answer.promise;
  const checked = membership.checkTopic();
  expect(membership.beforeJoin()).toBe('hold');
  answer.resolve(NEW);
  await checked;
  expect(current?.topicId).toBe(OLD);
  expect(current?.flows.get(0)?.watermark).toBe(7);
});

it('an id that is found later than partitions were opened is theirs only after they began anew', async () => {
  const kafka: Kafka = {
    ranges: new Map([[0, { low: 0, high: 9 }]]),
    committed: new Map([
      [0, noted(5, OLD)],
      [1, noted(6, OLD)],
    ]),
  };
  const { membership, look } = open(kafka);
  membership.beforeJoin();
  membership.joined('m', [0, 1]);
  await vi.waitUntil(() => membership.current?.state === 'open');
  kafka.topicId = () => Promise.resolve(NEW);
  kafka.ranges.set(1, { low: 0, high: 9 });
  // Brokers forget a topic's offsets with it.
  kafka.committed.clear();
  await look();
  await vi.waitUntil(() => opened(membership).length === 2);
  expect(membership.current).toMatchObject({ topicId: undefined, committedTopicId: OLD });
  expect(membership.current?.flows.get(0)?.fetchPosition).toBe(5);
  await membership.checkTopic();
  expect(membership.current?.topicId).toBe(NEW);
  expect(membership.current?.flows.get(0)?.fetchPosition).toBe(0);
});

it('a partition that is another pod’s is not begun anew here', async () => {
  const { membership } = open({ ranges: new Map([[0, { low: 0, high: 9 }]]), committed: new Map() });
  membership.beforeJoin();
  membership.joined('m', [0]);
  await vi.waitUntil(() => membership.current?.state === 'open');
  membership.restart(1, { low: 0, high: 9 });
  expect(opened(membership)).toEqual([0]);
});
