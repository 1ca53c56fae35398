/** Each partition is opened by itself: one that tells nothing of its offsets keeps no other from being read. */
import { afterEach, expect, it, vi } from 'vitest';
import { createMembership } from '../../../../src/kafka/group/membership.ts';
import { createPartitionPositions } from '../../../../src/kafka/group/partition-positions.ts';
import type { CommittedEntry, PartitionRange } from '../../../../src/kafka/offsets/offset-reader.ts';
import { encodeOffsetMetadata } from '../../../../src/kafka/offsets/offset-metadata.ts';
import { createPartitions, type Partitions } from '../../../../src/stream/partitions.ts';
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
  const meter = {
    ...{ commit: ignore, rebalanced: ignore, passedOver: ignore, offsetsLost: ignore, positionReset: ignore },
  };
  const client = { seek: tell('seek'), pause: tell('pause'), resume: tell('resume') };
  const clock = { ...systemClock, sleep: () => new Promise<void>((resolve) => void turns.push(resolve)) };
  const shared = { topic: 't', clock, logger: silentLogger, meter };
  const partitions = createPartitions({
    ...shared,
    ...{ ordering: 'user', maxInFlightEvents: 10, maxUncommittedEvents: 10, maxRecordBytes: 1000 },
    ...{ commitIntervalMs: 1000, commitMaxEvents: 1, fetchBytes: 100, fetchMs: 100, maxRunningEvents: 8 },
    ...{ handleEvent: unasked, pause: unasked, resume: unasked, onFault: unasked },
    commit: () => Promise.resolve('nothing'),
  });
  const positions = createPartitionPositions({
    ...{ ...shared, partitions, client },
    reader: {
      ...{ topicExists: unasked, partitions: unasked, close: unasked },
      topicId: () => kafka.topicId?.() ?? Promise.resolve(undefined),
      ranges: () => Promise.resolve(new Map(kafka.ranges)),
      committed: () => Promise.resolve(new Map(kafka.committed)),
    },
  });
  const membership = createMembership({
    ...{ ...shared, partitions, positions, drainTimeoutMs: 10_000, heartbeatIntervalMs: 500 },
  });
  ending.push(() => partitions.committer.stop());
  return {
    membership,
    partitions,
    positions,
    asked,
    /** Lets the next look at what is left begin. */
    look: async () => {
      await vi.waitUntil(() => turns.length > 0);
      turns.shift()!();
    },
  };
}

const opened = ({ current }: Partitions): number[] => [...(current?.flows.keys() ?? [])];
const at = (offset: number): CommittedEntry => ({ offset, metadata: '' });

it('what is known is read, what is not is held back, and read from its own start once it is known', async () => {
  const kafka: Kafka = {
    ranges: new Map([[0, { low: 0, high: 9 }]]),
    committed: new Map([
      [0, at(5)],
      [1, at(7)],
    ]),
  };
  const { membership, partitions, asked, look } = open(kafka);
  membership.beforeJoin();
  membership.joined('m', [0, 1]);
  await vi.waitUntil(() => partitions.current?.state === 'open');
  expect(opened(partitions)).toEqual([0]);
  expect(asked).toEqual(['pause 1']);
  expect(membership.closedSinceMs).toBeUndefined();
  kafka.ranges.set(1, { low: 0, high: 9 });
  await look();
  await vi.waitUntil(() => opened(partitions).length === 2);
  expect(asked).toEqual(['pause 1', 'seek 1 7', 'resume 1']);
  expect(partitions.current?.flows.get(1)?.fetchPosition).toBe(7);
});

it('a pod none of whose partitions can be read has joined all the same', async () => {
  const { membership, partitions } = open({ ranges: new Map(), committed: new Map() });
  membership.beforeJoin();
  membership.joined('m', [0]);
  await vi.waitUntil(() => partitions.current?.state === 'open');
  expect(opened(partitions)).toEqual([]);
});

it('the next join lets go of what was held back', async () => {
  const { membership, partitions, asked } = open({ ranges: new Map(), committed: new Map() });
  membership.beforeJoin();
  membership.joined('m', [0]);
  await vi.waitUntil(() => partitions.current?.state === 'open');
  expect(membership.beforeJoin()).toBe('join');
  membership.joined('m', []);
  expect(asked).toEqual(['pause 0', 'resume 0']);
});

it('where nothing is committed the client is told where to begin', async () => {
  const { membership, partitions, asked } = open({
    ranges: new Map([[0, { low: 3, high: 9 }]]),
    committed: new Map(),
  });
  membership.beforeJoin();
  membership.joined('m', [0]);
  await vi.waitUntil(() => partitions.current?.state === 'open');
  expect(asked).toEqual(['seek 0 3']);
});

it('a partition that begins at its end is begun there when it is first read, and at no other commit', async () => {
  const { membership, partitions } = open({
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
  await vi.waitUntil(() => partitions.current?.state === 'open');
  const flows = [...(partitions.current?.flows.values() ?? [])];
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
  const { membership, partitions, positions, asked } = open(kafka);
  membership.beforeJoin();
  membership.joined('m', [0]);
  await vi.waitUntil(() => partitions.current?.state === 'open');
  kafka.topicId = () => Promise.resolve(NEW);
  await positions.checkTopic();
  expect(partitions.current?.topicId).toBe(NEW);
  expect(partitions.current?.flows.get(0)?.fetchPosition).toBe(0);
  expect(asked).toEqual(['seek 0 0']);
});

it('a handover that begins while the topic’s id is looked up keeps the id that its positions are of', async () => {
  const kafka: Kafka = {
    ranges: new Map([[0, { low: 0, high: 9 }]]),
    committed: new Map([[0, noted(5, OLD)]]),
    topicId: () => Promise.resolve(OLD),
  };
  const { membership, partitions, positions } = open(kafka);
  membership.beforeJoin();
  membership.joined('m', [0]);
  await vi.waitUntil(() => partitions.current?.state === 'open');
  const { current } = partitions;
  current?.flows.get(0)?.append([{ kind: 'skip', next: 7, passedOver: 0 }], 7);
  current?.flows.get(0)?.admit();
  const answer = Promise.withResolvers<string>();
  kafka.topicId = () => answer.promise;
  const checked = positions.checkTopic();
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
  const { membership, partitions, positions, look } = open(kafka);
  membership.beforeJoin();
  membership.joined('m', [0, 1]);
  await vi.waitUntil(() => partitions.current?.state === 'open');
  kafka.topicId = () => Promise.resolve(NEW);
  kafka.ranges.set(1, { low: 0, high: 9 });
  // Brokers forget a topic's offsets with it.
  kafka.committed.clear();
  await look();
  await vi.waitUntil(() => opened(partitions).length === 2);
  expect(partitions.current).toMatchObject({ topicId: undefined, committedTopicId: OLD });
  expect(partitions.current?.flows.get(0)?.fetchPosition).toBe(5);
  await positions.checkTopic();
  expect(partitions.current?.topicId).toBe(NEW);
  expect(partitions.current?.flows.get(0)?.fetchPosition).toBe(0);
});

it('a partition that is another pod’s is not begun anew here', async () => {
  const { membership, partitions, positions } = open({
    ranges: new Map([[0, { low: 0, high: 9 }]]),
    committed: new Map(),
  });
  membership.beforeJoin();
  membership.joined('m', [0]);
  await vi.waitUntil(() => partitions.current?.state === 'open');
  positions.restart(1, { low: 0, high: 9 });
  expect(opened(partitions)).toEqual([0]);
});
