/** What becomes of a commit that the broker refuses, wholly or in part. */
import type { Cluster } from 'kafkajs';
import { beforeEach, describe, expect, test } from 'vitest';
import { createAssignment, type Assignment } from '../../../../src/stream/partition/assignment.ts';
import { CommitRefused, withCommitAnswers } from '../../../../src/kafka/commit/commit-answer.ts';
import { createCommitHealth, type CommitHealth } from '../../../../src/kafka/commit/commit-health.ts';
import { commitWatermarks } from '../../../../src/kafka/commit/group-commit.ts';
import { decodeOffsetMetadata } from '../../../../src/kafka/offsets/offset-metadata.ts';
import type { PartitionFlow } from '../../../../src/stream/partition/partition-flow.ts';
import { createLogBook } from '../../../support/partners/partner-fakes.ts';
import { createSteppedClock } from '../../../support/stepped-clock.ts';

interface Row {
  readonly partition: number;
  readonly offset: string;
  readonly metadata: string;
}

let clock: ReturnType<typeof createSteppedClock>;
let setBackMs: number;
let log: ReturnType<typeof createLogBook>;
let health: CommitHealth;
let assignment: Assignment;
let sent: Row[][];
/** What the pod had was revoked, as the group has gone on without it. */
let fenced: boolean;
/** What the broker says of each partition. */
let judge: (row: Row) => string | undefined;

beforeEach(() => {
  clock = createSteppedClock();
  setBackMs = 0;
  log = createLogBook();
  health = createCommitHealth('events', { now: () => clock.now() + setBackMs }, log, clock.now);
  assignment = createAssignment('me', [0, 1, 2]);
  assignment.generation = 7;
  assignment.state = 'open';
  for (const partition of [0, 1, 2]) assignment.flows.set(partition, flowOf(partition));
  sent = [];
  fenced = false;
  judge = () => undefined;
});

function flowOf(partition: number, incomplete = '') {
  const encodeIncompleteOffsets = (mostBytes = Infinity): string => incomplete.slice(0, mostBytes);
  const lose = (): void => void (fenced = true);
  return {
    partition,
    watermark: 10,
    committed: 5,
    encodeIncompleteOffsets,
    lose,
  } as unknown as PartitionFlow;
}

function commit() {
  const offsetCommit = ({ topics }: { topics: readonly { partitions: Row[] }[] }): Promise<void> => {
    const rows = topics[0]!.partitions;
    sent.push(rows);
    const refused = rows.flatMap((row): [number, string][] => {
      const type = judge(row);
      return type === undefined ? [] : [[row.partition, type]];
    });
    return refused.length > 0 ? Promise.reject(new CommitRefused(new Map(refused))) : Promise.resolve();
  };
  return commitWatermarks(assignment, {
    ...{ groupId: 'group', topic: 'events', health },
    cluster: () => ({ findGroupCoordinator: async () => ({ offsetCommit }) }) as unknown as Cluster,
  });
}

const committed = () => [...assignment.flows.values()].map((flow) => flow.committed);
const advance = (partition: number, to: number) =>
  Object.assign(assignment.flows.get(partition)!, { watermark: to });
const askedFor = () => sent.map((rows) => rows.map(({ partition }) => partition));

describe('one partition that is refused', () => {
  test('holds back no other, is left out for a while, and is named once it lasts', async () => {
    judge = ({ partition }) => (partition === 1 ? 'TOPIC_AUTHORIZATION_FAILED' : undefined);
    expect(await commit()).toBe('partial');
    expect(committed()).toEqual([10, 5, 10]);
    advance(0, 11);
    expect(await commit()).toBe('ok');
    expect(committed()).toEqual([11, 5, 10]);
    await clock.advance(1000);
    expect(await commit()).toBe('failed');
    expect(askedFor()).toEqual([[0, 1, 2], [0], [1]]);
    await clock.advance(4000);
    expect(health.partitionFaults()).toMatchObject([{ partition: 1, reason: 'TOPIC_AUTHORIZATION_FAILED' }]);
    expect(health.fault()).toBeUndefined();
    judge = () => undefined;
    expect(await commit()).toBe('ok');
    expect(committed()).toEqual([11, 10, 10]);
    expect(health.partitionFaults()).toEqual([]);
  });

  test('is tried again as soon where the pod’s clock was set back meanwhile, and named as soon', async () => {
    judge = ({ partition }) => (partition === 1 ? 'TOPIC_AUTHORIZATION_FAILED' : undefined);
    await commit();
    const sinceMs = clock.now();
    setBackMs = -3_600_000;
    await clock.advance(5000);
    expect(health.partitionFaults()).toMatchObject([{ partition: 1, sinceMs }]);
    await commit();
    expect(askedFor()).toEqual([[0, 1, 2], [1]]);
  });

  test('is tried all the same with the last commit', async () => {
    judge = ({ partition }) => (partition === 1 ? 'INVALID_COMMIT_OFFSET_SIZE' : undefined);
    await commit();
    judge = () => undefined;
    assignment.state = 'closing';
    expect(await commit()).toBe('ok');
    expect(committed()).toEqual([10, 10, 10]);
  });
});

describe('a text beside the offset that is too large', () => {
  const most = (bytes: number) => (row: Row) =>
    row.metadata.length > bytes ? 'OFFSET_METADATA_TOO_LARGE' : undefined;
  beforeEach(() => {
    assignment.state = 'closing';
    assignment.flows.set(1, flowOf(1, 'n'.repeat(1000)));
  });

  test.each([
    [100, 62],
    [0, 0],
  ])('is shortened until a broker that takes %i bytes takes it, then and later', async (bytes, kept) => {
    judge = most(bytes);
    expect(await commit()).toBe('ok');
    expect(committed()).toEqual([10, 10, 10]);
    expect(sent.at(-1)?.find(({ partition }) => partition === 1)?.metadata).toHaveLength(kept);
    expect(health.maxMetadataBytes).toBe(kept);
    // The others went with the first.
    expect(askedFor().slice(1).flat()).not.toContain(0);
    const before = sent.length;
    advance(1, 12);
    expect(await commit()).toBe('ok');
    expect(sent).toHaveLength(before + 1);
  });

  test('is never asked about again and again where even none is too large', async () => {
    judge = ({ partition }) => (partition === 1 ? 'OFFSET_METADATA_TOO_LARGE' : undefined);
    expect(await commit()).toBe('partial');
    expect(sent.length).toBeLessThan(15);
    expect(committed()).toEqual([10, 5, 10]);
  });
});

test('the id beside what is committed stays while the topic’s own is not known', async () => {
  const [before, now] = ['b'.repeat(22), 'n'.repeat(22)];
  assignment.committedTopicId = before;
  await commit();
  assignment.topicId = now;
  advance(0, 11);
  await commit();
  const texts = sent.flat().map(({ metadata }) => decodeOffsetMetadata(metadata).topicId);
  expect(texts).toEqual([before, before, before, now]);
});

describe('a commit that fails as a whole', () => {
  test.each([
    'REQUEST_TIMED_OUT',
    'NOT_COORDINATOR_FOR_GROUP',
    'GROUP_AUTHORIZATION_FAILED',
    'REBALANCE_IN_PROGRESS',
  ])('%s: is tried again as a whole, named once it lasts, told now and then', async (type) => {
    judge = () => type;
    for (let times = 0; times < 40; times += 1) {
      expect(await commit()).toBe('failed');
      await clock.advance(1000);
      expect(health.fault() === undefined).toBe(times < 4);
    }
    expect(health.fault()).toContain(type);
    expect(askedFor()).toEqual(Array.from({ length: 40 }, () => [0, 1, 2]));
    expect(log.lines.filter(({ message }) => message === 'a commit failed')).toHaveLength(2);
    judge = () => undefined;
    expect(await commit()).toBe('ok');
    expect(health.fault()).toBeUndefined();
  });

  test('is named as soon where the pod’s clock was set back meanwhile', async () => {
    judge = () => 'REQUEST_TIMED_OUT';
    await commit();
    setBackMs = -3_600_000;
    await clock.advance(5000);
    expect(health.fault()).toContain('REQUEST_TIMED_OUT');
  });

  test.each(['UNKNOWN_MEMBER_ID', 'ILLEGAL_GENERATION'])('%s: the partitions are given up', async (type) => {
    judge = () => type;
    expect(await commit()).toBe('dropped');
    expect(fenced).toBe(true);
    expect(committed()).toEqual([5, 5, 5]);
  });

  test.each([
    ['ILLEGAL_GENERATION', 'dropped'],
    ['NOT_COORDINATOR_FOR_GROUP', 'failed'],
  ])('%s: is known also where partitions before are refused for themselves', async (type, result) => {
    judge = ({ partition }) => (partition < 2 ? 'TOPIC_AUTHORIZATION_FAILED' : type);
    expect(await commit()).toBe(result);
    expect(fenced).toBe(result === 'dropped');
    expect(health.partitionFaults()).toEqual([]);
    const refused = new CommitRefused(
      new Map([
        [0, 'TOPIC_AUTHORIZATION_FAILED'],
        [1, type],
      ]),
    );
    expect(refused.type).toBe(type);
  });
});

test('the coordinator’s answer is read partition by partition', async () => {
  const answer = (codes: Readonly<Record<number, number>>) => ({
    responses: [
      {
        topic: 'events',
        partitions: Object.entries(codes).map(([p, errorCode]) => ({ partition: Number(p), errorCode })),
      },
    ],
  });
  const exchange = {
    request: {},
    response: { decode: async () => undefined, parse: async () => 'kafkajs’s' },
  };
  const asking = withCommitAnswers({ lookupRequest: () => () => exchange } as never) as unknown as {
    lookupRequest(): () => { response: { parse(answer: object): Promise<unknown> } };
  };
  const { parse } = asking.lookupRequest()().response;
  await expect(parse(answer({ 0: 0, 1: 0 }))).resolves.toEqual(answer({ 0: 0, 1: 0 }));
  await expect(parse(answer({ 0: 0, 1: 29, 2: 12 }))).rejects.toMatchObject({
    type: 'TOPIC_AUTHORIZATION_FAILED',
    refused: new Map([
      [1, 'TOPIC_AUTHORIZATION_FAILED'],
      [2, 'OFFSET_METADATA_TOO_LARGE'],
    ]),
  });
});
