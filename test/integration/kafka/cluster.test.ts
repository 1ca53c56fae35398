/**
 * Several brokers: leaders move, the group's coordinator dies, brokers are restarted one after the other. Under
 * load, no event may be skipped, no two pods may work on one user, and nobody may stall.
 */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createKafkaClient } from '../../../src/kafka/client/client.ts';
import { makeCluster } from '../../../src/kafka/client/kafkajs-inside.ts';
import { createOffsetReader } from '../../../src/kafka/offsets/offset-reader.ts';
import { UnavailableError } from '../../../src/runtime/errors.ts';
import { createRecordSender } from '../../../src/kafka/producers/record-sender.ts';
import { createLogBook } from '../../support/partners/partner-fakes.ts';
import { startKafkaCluster, type KafkaCluster } from '../../support/kafka/kafka-cluster.ts';
import { findLocalObstacle } from '../../support/services/local-obstacle.ts';
import {
  type Bench,
  clock,
  createLedger,
  eventOf,
  isRetriable,
  type Ledger,
  openBench,
  orderFaults,
  type Pod,
  startPod,
  uneven,
  until,
  offsetsPartitionOf,
} from './harness.ts';
import { createLedTopics } from '../../../src/kafka/producers/topics.ts';

const PARTITIONS = 6;
const always = (): boolean => true;
const never = (): boolean => false;
const USERS = 60;
const LIMIT_MS = 90_000;

describe('three brokers', () => {
  let cluster: KafkaCluster;
  let bench: Bench;
  let obstacle: string | undefined;
  beforeAll(async () => {
    obstacle = await findLocalObstacle('kafka');
    if (obstacle !== undefined) return;
    cluster = await startKafkaCluster();
    bench = await openBench(cluster.brokers);
  }, 150_000);
  beforeEach(({ skip }) => {
    skip(obstacle !== undefined, obstacle);
  });
  afterAll(async () => {
    if (obstacle !== undefined) return;
    await bench.close();
    await cluster.stop();
  }, 120_000);

  /** Two pods with a backlog that keeps both busy for some seconds at least. */
  async function underLoad(total: number): Promise<Load> {
    const topic = await bench.createTopic(PARTITIONS);
    await until('every partition has a leader', async () => (await leaders(topic)).length === PARTITIONS);
    const groupId = randomUUID();
    await bench.send(
      topic,
      Array.from({ length: total }, (_, n) => eventOf(`u${String(n % USERS)}`, n)),
    );
    const ledger = createLedger();
    const pods = ['first', 'second'].map((name) =>
      startPod(cluster.brokers, {
        ...{ topic, groupId, name, ledger },
        work: (user, n) => clock.sleep(10 + Math.floor(80 * uneven(`${user}/${String(n)}`))),
      }),
    );
    await until('both work', () => new Set(ledger.spans.map(({ pod }) => pod)).size === 2);
    await until('a tenth is done', () => ledger.done.size > total / 10);
    return { topic, groupId, ledger, pods, total, stream: startStream(topic) };
  }

  /** One record after the other, by the service's own producer, through whatever happens. */
  function startStream(topic: string): Load['stream'] {
    const logger = createLogBook();
    const sender = createRecordSender({
      connection: { brokers: cluster.brokers, clientId: 'stream' },
      ...{ topic, logger },
    });
    const ended = new AbortController();
    const sent: string[] = [];
    const running = (async () => {
      for (let n = 0; !ended.signal.aborted; n += 1) {
        // A user each: a record that is sent twice after an outage has no order to break.
        const user = `stream-${String(n)}`;
        try {
          await sender.send({ key: user, value: JSON.stringify({ userId: user, n: 0 }) });
          sent.push(user);
        } catch (error) {
          if (!(error instanceof UnavailableError)) throw error;
        }
        await clock.sleep(5);
      }
      await sender.stop();
    })();
    return {
      sent,
      stop: () => {
        ended.abort();
        return running;
      },
    };
  }

  async function leaders(topic: string): Promise<number[]> {
    const found = await bench.admin.fetchTopicMetadata({ topics: [topic] }).catch((error: unknown) => {
      if (!isRetriable(error)) throw error;
    });
    const partitions = [...(found?.topics[0]?.partitions ?? [])].sort(
      (a, b) => a.partitionId - b.partitionId,
    );
    return partitions.map(({ leader }) => leader).filter((leader) => leader > 0);
  }

  async function coordinatorOf(groupId: string): Promise<number> {
    const all = await leaders('__consumer_offsets');
    return all[offsetsPartitionOf(groupId, all.length)] ?? 0;
  }

  /** Also what comes after the disturbance: a pod that only finishes its backlog does not pass. */
  async function expectAllDone({ topic, groupId, ledger, pods, total, stream }: Load): Promise<void> {
    const before = stream.sent.length;
    await until('records are sent to every partition', () => stream.sent.length > before + 100, LIMIT_MS);
    await stream.stop();
    const users = new Set<string>();
    await until(
      'the backlog is done',
      () => ledger.spans.filter(({ user }) => user.startsWith('u')).length >= total,
      LIMIT_MS,
    );
    await until(
      'every record that was acknowledged is done',
      () => {
        for (const { user, endMs } of ledger.spans) if (endMs !== undefined) users.add(user);
        return stream.sent.every((user) => users.has(user));
      },
      LIMIT_MS,
    );
    await until(
      'both have partitions and no lag',
      () =>
        pods.every(({ consumer }) => {
          const { joined, connected, partitions } = consumer.status();
          return joined && connected && partitions.length === 3 && partitions.every(({ lag }) => lag === 0);
        }),
      LIMIT_MS,
    );
    await Promise.all(pods.map(({ consumer }) => consumer.stop()));
    const sum = (await bench.ends(topic)).reduce((all, end) => all + end, 0);
    expect((await bench.committed(groupId, topic)).reduce((a, b) => a + b, 0)).toBe(sum);
    expect(ledger.done.size).toBe(sum);
    expect(pods.map(({ fatal }) => fatal)).toEqual([undefined, undefined]);
    expect(overlaps(ledger)).toEqual([]);
    // The stream may hold a record twice, as its sender retries; the backlog was sent once.
    const backlog = firstOfEach(ledger).filter(({ user }) => user.startsWith('u'));
    expect(orderFaults({ ...ledger, spans: backlog })).toEqual([]);
  }

  test('a partition whose leader moves is read on, without a rejoin of the group', async () => {
    const load = await underLoad(6000);
    const before = await leaders(load.topic);
    const rejoins = sumRebalances(load.pods);
    await bench.admin.alterPartitionReassignments({
      topics: [
        {
          topic: load.topic,
          partitionAssignment: before.map((leader, partition) => ({
            partition,
            replicas: [1, 2, 3].filter((id) => id !== leader),
          })),
        },
      ],
    });
    await until('each leader has moved', async () => {
      const now = await leaders(load.topic);
      return now.length === PARTITIONS && now.every((leader, partition) => leader !== before[partition]);
    });
    const done = load.ledger.done.size;
    await until('work goes on', () => load.ledger.done.size > done + 50);
    await expectAllDone(load);
    expect([...load.ledger.done.values()].filter((times) => times > 1)).toEqual([]);
    expect(sumRebalances(load.pods)).toBe(rejoins);
  }, 150_000);

  test('a commit whose text beside the offset is refused goes with a shorter one', async () => {
    const { topic, groupId, ledger } = await bench.load({ partitions: 1, events: 3000 });
    const first = startPod(bench.brokers, {
      ...{ topic, groupId, ledger, drainTimeoutMs: 500, maxRunningEvents: 1000, commitIntervalMs: 60_000 },
      work: (_, n, hold) =>
        new Promise((resolve) => (n % 7 === 3 ? hold.watch({ abandon: resolve }) : resolve())),
    });
    await until('all else is done', () => ledger.done.size === 3000 - Math.ceil((3000 - 3) / 7));
    await first.consumer.stop();
    const told = first.lines.findLast(({ message }) => message.includes('takes no such text'));
    expect(told?.fields['maxMetadataBytes']).toBeLessThanOrEqual(100);
    expect(await bench.committed(groupId, topic)).toEqual([3]);
    const second = startPod(bench.brokers, { topic, groupId, ledger });
    await until('all is done', async () => (await bench.committed(groupId, topic))[0] === 3000);
    const twice = [...ledger.done.values()].filter((times) => times > 1).length;
    // What the shorter text still says is not done again.
    expect(twice).toBeLessThan(3000 - 3 - Math.ceil((3000 - 3) / 7));
    expect(ledger.done.size).toBe(3000);
    await second.consumer.stop();
  });

  test('a record whose leader has moved counts as sent only once it is written', async () => {
    const topic = `moved-${randomUUID()}`;
    const replicaAssignment = [
      { partition: 0, replicas: [1, 2, 3] },
      { partition: 1, replicas: [2, 1, 3] },
    ];
    await createLedTopics(bench.admin, [{ topic, replicaAssignment }]);
    await until('both have a leader', async () => (await leaders(topic)).join() === '1,2');
    const connection = { brokers: cluster.brokers, clientId: 'sender' };
    const sender = createRecordSender({ connection, topic, logger: createLogBook() });
    const send = (key: string): Promise<unknown> => sender.send({ key, value: 'x' });
    const keys = Array.from({ length: 40 }, (_, n) => `k${String(n)}`);
    await Promise.all(keys.map(send));
    // The sender does not know yet: its next request goes to both brokers, and one has nothing to write it to.
    await bench.admin.alterPartitionReassignments({
      topics: [{ topic, partitionAssignment: [{ partition: 1, replicas: [1, 3] }] }],
    });
    await until('its leader has moved', async () => (await leaders(topic)).join() === '1,1');
    const answers = await Promise.allSettled(keys.map(send));
    const sent = answers.filter(({ status }) => status === 'fulfilled').length;
    const written = async (): Promise<number> => (await bench.ends(topic)).reduce((all, end) => all + end, 0);
    expect(await written()).toBeGreaterThanOrEqual(keys.length + sent);
    for (const error of answers.flatMap((answer): unknown[] =>
      answer.status === 'rejected' ? [answer.reason] : [],
    )) {
      expect(error).toBeInstanceOf(UnavailableError);
    }
    await Promise.all(keys.map(send));
    expect(await written()).toBeGreaterThanOrEqual(2 * keys.length + sent);
    await sender.stop();
  });

  test('the group’s coordinator is killed under load: another takes over, and the killed one comes back', async () => {
    const load = await underLoad(9000);
    const killed = await coordinatorOf(load.groupId);
    await cluster.node(killed).kill('SIGKILL');
    await until('the coordinator has moved', async () => {
      const now = await coordinatorOf(load.groupId).catch(() => killed);
      return now !== killed && now > 0;
    });
    const commits = sumCommits(load.pods);
    await until('commits are taken again', () => sumCommits(load.pods) > commits, LIMIT_MS);
    const done = load.ledger.done.size;
    await until('work goes on while it is away', () => load.ledger.done.size > done + 50, LIMIT_MS);
    await cluster.node(killed).restart();
    await expectAllDone(load);
  }, 200_000);

  test('what was committed right before all brokers died is what the next pod begins with', async () => {
    const topic = await bench.createTopic(PARTITIONS);
    const groupId = randomUUID();
    const kafka = createKafkaClient({ brokers: cluster.brokers, clientId: 'reader' }, createLogBook());
    const reader = createOffsetReader(kafka, { topic, groupId });
    const writer = makeCluster(kafka, { metadataMaxAge: 0, allowAutoTopicCreation: false });
    await writer.connect();
    let committed = 0;
    const commit = async (): Promise<void> => {
      const partitions = [{ partition: 1, offset: String(committed + 1), metadata: 'm' }];
      const coordinator = await writer.findGroupCoordinator({ groupId });
      await coordinator.offsetCommit({
        ...{ groupId, memberId: '', groupGenerationId: -1, topics: [{ topic, partitions }] },
      });
      committed += 1;
    };
    await until('the group commits', () => commit().then(always, never), LIMIT_MS);
    // Longer than a broker keeps to itself how far it knows its followers to be: it writes that down every 5 s.
    const sinceMs = performance.now();
    await until('it has committed for a while', () =>
      commit().then(() => performance.now() > sinceMs + 6000),
    );
    await Promise.all([1, 2, 3].map((id) => cluster.node(id).kill('SIGKILL')));

    const restarted = Promise.all([1, 2, 3].map((id) => cluster.node(id).restart()));
    let entries: Awaited<ReturnType<typeof reader.committed>> | undefined;
    await until(
      'the coordinator answers',
      async () => {
        entries = await reader.committed().catch(() => undefined);
        return entries !== undefined;
      },
      LIMIT_MS,
    );
    expect(entries?.get(1)).toEqual({ offset: committed, metadata: 'm' });
    expect(entries?.get(0)).toEqual({ offset: 'none', metadata: '' });
    await restarted;
    await Promise.all([reader.close(), writer.disconnect()]);
  }, 200_000);

  test('brokers that are restarted one after the other', async () => {
    const load = await underLoad(9000);
    for (const id of [1, 2, 3]) await cluster.node(id).restart();
    await expectAllDone(load);
  }, 250_000);
});

interface Load {
  readonly topic: string;
  readonly groupId: string;
  readonly ledger: Ledger;
  readonly pods: readonly Pod[];
  readonly total: number;
  /** Records sent meanwhile: the users of those that were acknowledged. */
  readonly stream: { readonly sent: readonly string[]; stop(): Promise<void> };
}

const sumRebalances = (pods: readonly Pod[]): number =>
  pods.reduce((sum, { counts }) => sum + counts.rebalances, 0);
const sumCommits = (pods: readonly Pod[]): number => pods.reduce((sum, { commits }) => sum + commits.ok, 0);

/** Two pods with one user at the same time. */
function overlaps({ spans }: Ledger): string[] {
  const faults: string[] = [];
  for (const [user, own] of Map.groupBy(spans, (span) => span.user)) {
    own.sort((a, b) => a.startMs - b.startMs);
    for (const [index, span] of own.entries()) {
      const next = own[index + 1];
      if (next !== undefined && next.pod !== span.pod && next.startMs < (span.endMs ?? Infinity)) {
        faults.push(`${user}: ${span.pod} ${span.id} and ${next.pod} ${next.id}`);
      }
    }
  }
  return faults;
}

/** What is done again comes out of order by its nature: the first time of each is what has an order. */
function firstOfEach({ spans }: Ledger): Ledger['spans'] {
  return [...new Map([...spans].reverse().map((span) => [span.id, span])).values()].reverse();
}
