/**
 * Three brokers of which one is away, for everybody or for one pod: its partitions stall, by name, and nothing else
 * does; they go on by themselves when it is back, with nothing skipped and nothing done twice.
 */
import { randomUUID } from 'node:crypto';
import kafkajs from 'kafkajs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Ownership } from '../../../src/domain/ownership.ts';
import { UnavailableError } from '../../../src/runtime/errors.ts';
import { createRecordSender } from '../../../src/kafka/producers/record-sender.ts';
import { createLedTopics, ensureTopics } from '../../../src/kafka/producers/topics.ts';
import { openProxy, type NetworkCondition, type Proxy } from '../../simulation/chaos/proxy.ts';
import { createLogBook } from '../../support/partners/partner-fakes.ts';
import { startKafkaCluster, type KafkaCluster } from '../../support/kafka/kafka-cluster.ts';
import { findLocalObstacle } from '../../support/services/local-obstacle.ts';
import {
  type Bench,
  clock,
  createLedger,
  eventOf,
  openBench,
  type Pod,
  startPod,
  until,
  offsetsPartitionOf,
} from './harness.ts';

/**
 * Sessions, elections and searches for brokers take seconds each, and more of them on a busy machine. A coordinator may
 * wait a whole rebalance timeout, kafkajs's 60 s, for a member that was about to join.
 */
const LIMIT_MS = 100_000;
const choosePartition = kafkajs.Partitioners.DefaultPartitioner();
/** Partitions 0–2 are led by brokers 1–3; 3–5 likewise. */
const PARTITIONS = 6;
const OF_BROKER_3 = [2, 5];

describe('three brokers, one of them away', () => {
  let cluster: KafkaCluster;
  let bench: Bench;
  let obstacle: string | undefined;
  const proxies: Proxy[] = [];
  const pods: Pod[] = [];
  beforeAll(async () => {
    obstacle = await findLocalObstacle('kafka');
    if (obstacle !== undefined) return;
    cluster = await startKafkaCluster();
    for (const { port, upstreamPort } of cluster.detours) proxies.push(await openProxy(port, upstreamPort));
    bench = await openBench(cluster.brokers);
    // Groups have their coordinators from the first question on.
    const asked = (): Promise<boolean> =>
      bench.admin.describeGroups(['any']).then(
        () => true,
        () => false,
      );
    await until('groups are coordinated', asked);
  }, 150_000);
  beforeEach(({ skip }) => {
    skip(obstacle !== undefined, obstacle);
  });
  afterEach(async () => {
    await Promise.all(pods.splice(0).map(({ consumer }) => consumer.stop()));
    await setAll({ kind: 'open' });
  });
  afterAll(async () => {
    if (obstacle !== undefined) return;
    await bench.close();
    await Promise.all(proxies.map((proxy) => proxy.close()));
    await cluster.stop();
  }, 300_000);

  async function setAll(condition: NetworkCondition): Promise<void> {
    await Promise.all(proxies.map((proxy) => proxy.set(condition)));
  }

  const pod = (options: Parameters<typeof startPod>[1], brokers = cluster.brokers): Pod => {
    const started = startPod(brokers, { drainTimeoutMs: 3000, ...options });
    pods.push(started);
    return started;
  };

  /** Each partition on one broker alone, so that it has no leader while that one is away. */
  async function singleTopic(name = `single-${randomUUID()}`): Promise<string> {
    const replicaAssignment = Array.from({ length: PARTITIONS }, (_, partition) => ({
      partition,
      replicas: [(partition % 3) + 1],
    }));
    const configEntries = [{ name: 'min.insync.replicas', value: '1' }];
    await createLedTopics(bench.admin, [{ topic: name, replicaAssignment, configEntries }]);
    return name;
  }

  const eventsFor = (partitions: readonly number[], round: number) =>
    partitions.flatMap((partition) =>
      Array.from({ length: 20 }, (_, n) => ({
        ...eventOf(`p${String(partition)}-r${String(round)}`, n),
        partition,
      })),
    );
  /** Fails with what the group and its pods look like then. */
  async function untilIn(groupId: string, what: string, holds: () => boolean): Promise<void> {
    try {
      await until(what, holds, LIMIT_MS);
    } catch (error) {
      const { groups } = await bench.admin.describeGroups([groupId]);
      const seen = {
        coordinator: await coordinatorOf(groupId),
        group: groups.map(({ state, members }) => [state, members.map(({ clientId }) => clientId)]),
        pods: pods.map(({ consumer }) => consumer.status()),
      };
      throw new Error(`${what}: ${JSON.stringify(seen)}`, { cause: error });
    }
  }

  const ALL = [0, 1, 2, 3, 4, 5];
  const OTHERS = ALL.filter((partition) => !OF_BROKER_3.includes(partition));
  const faultsOf = ({ consumer }: Pod): string[] =>
    consumer.status().partitions.map(({ partition, fault }) => `${String(partition)}: ${fault ?? ''}`);
  const namedOf = ({ consumer }: Pod): number[] =>
    consumer.status().partitions.flatMap(({ partition, fault }) => (fault === undefined ? [] : [partition]));

  test('a broker that is down: a pod starts, reads the other partitions, and the rest once it is back', async () => {
    const unrelated = `unrelated-${randomUUID()}`;
    await createLedTopics(bench.admin, [
      { topic: unrelated, replicaAssignment: [{ partition: 0, replicas: [3] }] },
    ]);
    const topic = await singleTopic();
    const written = await singleTopic();
    const groupId = randomUUID();
    const ledger = createLedger();
    await bench.send(topic, eventsFor(ALL, 0));
    // Once before, so that some partitions have a committed offset and some not.
    const before = pod({ topic, groupId, ledger, name: 'before' });
    await until('the first round is done', () => ledger.done.size === ALL.length * 20);
    await before.consumer.stop();
    await bench.send(topic, eventsFor(ALL, 1));
    const fresh = { topic, groupId: randomUUID(), ledger: createLedger() };

    await cluster.node(3).kill('SIGKILL');
    const connection = { brokers: cluster.brokers, clientId: 't' };
    const logger = createLogBook();
    await ensureTopics({ connection, topics: [written], logger, clock });
    expect(logger.lines.filter(({ level }) => level === 'error')).toEqual([]);

    const committed = pod({ topic, groupId, ledger, name: 'committed' });
    const begins = pod({ ...fresh, name: 'fresh' });
    const latest = pod({ topic, groupId: randomUUID(), name: 'latest', start: 'latest' });
    for (const one of [committed, begins, latest]) {
      await until('it has joined', () => one.consumer.status().joined, LIMIT_MS);
      await until('its partitions are named', () => namedOf(one).join() === OF_BROKER_3.join(), LIMIT_MS);
      expect(faultsOf(one)).toContain('2: no leader');
    }
    await until(
      'the others are read',
      () => ledger.done.size === ALL.length * 20 + OTHERS.length * 20,
      LIMIT_MS,
    );
    await until('from their beginning, too', () => fresh.ledger.done.size === OTHERS.length * 40, LIMIT_MS);
    expect(latest.counts.received).toBe(0);

    const sender = createRecordSender({ connection, topic: written, logger });
    const keys = Array.from({ length: 60 }, (_, n) => `k${String(n)}`);
    const sent = new Set<string>();
    const sending = keys.map(async (key) => {
      while (!sent.has(key)) {
        try {
          if ((await sender.send({ key, value: 'x' })) === 'sent') sent.add(key);
        } catch (error) {
          if (!(error instanceof UnavailableError)) throw error;
          await clock.sleep(100);
        }
      }
    });
    const led = keys.filter((key) => !OF_BROKER_3.includes(partitionOf(key)));
    await until('records of the other partitions are written', () => sent.size === led.length, LIMIT_MS);
    expect([...sent].toSorted()).toEqual(led.toSorted());

    const assigned = begins.consumer.status().partitions.map(({ partition }) => partition);
    expect(assigned).toEqual(ALL);
    await cluster.node(3).restart();
    await until('all is done', () => ledger.done.size === ALL.length * 40, LIMIT_MS);
    await until('all is done from the beginning', () => fresh.ledger.done.size === ALL.length * 40, LIMIT_MS);
    for (const one of [committed, begins, latest]) {
      await until('nothing is named', () => namedOf(one).length === 0, LIMIT_MS);
      expect(one.counts).toMatchObject({ rebalances: 0, lost: 0 });
    }
    await bench.send(topic, eventsFor(ALL, 2));
    await until('what comes now is read', () => latest.counts.received === ALL.length * 20, LIMIT_MS);
    await until('by the others', () => ledger.done.size === ALL.length * 60, LIMIT_MS);
    expect([...ledger.done.values(), ...fresh.ledger.done.values()].filter((times) => times > 1)).toEqual([]);
    await Promise.all(sending);
    await sender.stop();
  }, 300_000);

  /** By way of the proxies, each of which leads to one broker: a network of this pod's own. */
  const detour = (): string[] => cluster.detours.map(({ port }) => `127.0.0.1:${String(port)}`);

  /** On all brokers, so that each partition always has a leader: of 0–2 brokers 1–3, of 3–5 likewise. */
  async function ledTopic(): Promise<string> {
    const topic = `led-${randomUUID()}`;
    const replicaAssignment = ALL.map((partition) => ({
      partition,
      replicas: [0, 1, 2].map((next) => ((partition + next) % 3) + 1),
    }));
    await createLedTopics(bench.admin, [{ topic, replicaAssignment }]);
    return topic;
  }

  /** A group that broker 1 coordinates. */
  async function groupOfBroker1(): Promise<string> {
    for (;;) {
      const groupId = randomUUID();
      const described = await coordinatorOf(groupId);
      if (described === 1) return groupId;
    }
  }

  async function coordinatorOf(groupId: string): Promise<number> {
    const { topics } = await bench.admin.fetchTopicMetadata({ topics: ['__consumer_offsets'] });
    const partitions = topics[0]?.partitions ?? [];
    const own = offsetsPartitionOf(groupId, partitions.length);
    return partitions.find(({ partitionId }) => partitionId === own)?.leader ?? 0;
  }

  test.each<[string, NetworkCondition]>([
    ['refuses connections', { kind: 'cut' }],
    ['takes what is sent and says nothing', { kind: 'hole', deliver: false }],
  ])(
    'a broker that %s, to one pod alone, takes only its partitions along',
    async (_how, condition) => {
      const topic = await ledTopic();
      const groupId = await groupOfBroker1();
      const ledger = createLedger();
      const sick = pod({ topic, groupId, ledger, name: 'sick' }, detour());
      await until('it has joined', () => sick.consumer.status().joined, LIMIT_MS);
      await bench.send(topic, eventsFor(ALL, 0));
      await until('all is done', () => ledger.done.size === ALL.length * 20, LIMIT_MS);

      await proxies[2]!.set(condition);
      await bench.send(topic, eventsFor(ALL, 1));
      const others = ALL.length * 20 + OTHERS.length * 20;
      await until('the others are read', () => ledger.done.size === others, 5000);
      await until('its partitions are named', () => namedOf(sick).join() === OF_BROKER_3.join(), LIMIT_MS);
      expect(faultsOf(sick).join()).toMatch('broker 3, can not be reached');
      for (let round = 2; round < 8; round += 1) {
        const before = ledger.done.size;
        await bench.send(topic, eventsFor(OTHERS, round));
        await until('the others are read on', () => ledger.done.size === before + OTHERS.length * 20, 5000);
        await clock.sleep(500);
      }
      expect(sick.counts.rebalances).toBe(0);

      // A rebalance does not wait for what nobody answers.
      const well = pod({ topic, groupId, ledger, name: 'well' });
      await until('the group has rebalanced', () => well.consumer.status().partitions.length === 3, 8000);
      await proxies[2]!.set({ kind: 'open' });
      await bench.send(topic, eventsFor(ALL, 8));
      await until(
        'all is done',
        () => ledger.done.size === 9 * 20 * OTHERS.length + 3 * 20 * OF_BROKER_3.length,
        LIMIT_MS,
      );
      await until('nothing is named', () => namedOf(sick).length === 0, LIMIT_MS);
      expect([...ledger.done.values()].filter((times) => times > 1)).toEqual([]);
      expect(sick.fatal ?? well.fatal).toBeUndefined();
    },
    300_000,
  );

  test('a pod starts whose first address takes connections and says nothing', async () => {
    const topic = await ledTopic();
    const ledger = createLedger();
    await bench.send(topic, eventsFor(ALL, 0));
    await proxies[2]!.set({ kind: 'hole', deliver: false });
    const sick = pod({ topic, groupId: await groupOfBroker1(), ledger }, detour().reverse());
    await until('the others are read', () => ledger.done.size === OTHERS.length * 20, LIMIT_MS);
    expect(sick.consumer.status()).toMatchObject({ joined: true, connected: true });
    await until('its partitions are named', () => namedOf(sick).join() === OF_BROKER_3.join(), LIMIT_MS);
    await proxies[2]!.set({ kind: 'open' });
    await until('all is done', () => ledger.done.size === ALL.length * 20, LIMIT_MS);
  }, 300_000);

  test('a pod that can not reach its group’s coordinator loses its partitions to one that can', async () => {
    const topic = await ledTopic();
    const groupId = await groupOfBroker1();
    const ledger = createLedger();
    const options = { topic, groupId, ledger, sessionTimeoutMs: 6000 };
    const sick = pod({ ...options, name: 'sick' }, detour());
    await until('it has joined', () => sick.consumer.status().joined, LIMIT_MS);
    const well = pod({ ...options, name: 'well' });
    const shared = (): boolean =>
      [sick, well].every(({ consumer }) => consumer.status().partitions.length === 3);
    await until('the group has rebalanced', shared, LIMIT_MS);
    await proxies[0]!.set({ kind: 'hole', deliver: false });
    await untilIn(groupId, 'the other has all', () => well.consumer.status().partitions.length === 6);
    await bench.send(topic, eventsFor(ALL, 0));
    await until('all is done', () => ledger.done.size === ALL.length * 20, LIMIT_MS);
    await proxies[0]!.set({ kind: 'open' });
    await until('it has come back', () => well.consumer.status().partitions.length === 3, LIMIT_MS);
    await bench.send(topic, eventsFor(ALL, 1));
    await until('all is done', () => ledger.done.size === ALL.length * 40, LIMIT_MS);
    expect(sick.fatal ?? well.fatal).toBeUndefined();
  }, 300_000);

  test('what runs in a pod whose partitions went to another unheard may claim nothing', async () => {
    const topic = await ledTopic();
    const groupId = await groupOfBroker1();
    const ledger = createLedger();
    const options = { topic, groupId, ledger, sessionTimeoutMs: 6000 };
    const running = new Map<number, Ownership>();
    const released = Promise.withResolvers<undefined>();
    const sick = pod(
      {
        ...{ ...options, name: 'sick' },
        work: async (_user, n, ownership) => {
          running.set(n, ownership);
          await released.promise;
        },
      },
      detour(),
    );
    await until('it has joined', () => sick.consumer.status().joined, LIMIT_MS);
    await bench.send(topic, [{ ...eventOf('held', 7), partition: 1 }]);
    await until('the event runs', () => running.has(7), LIMIT_MS);
    running.get(7)?.assertOwned();

    await proxies[0]!.set({ kind: 'hole', deliver: false });
    const well = pod({ ...options, name: 'well' });
    await untilIn(groupId, 'the other has done it', () => ledger.done.size === 1);
    expect(() => running.get(7)?.assertOwned()).toThrow();
    released.resolve(undefined);
    await proxies[0]!.set({ kind: 'open' });
    await until('the group is shared', () => sick.consumer.status().partitions.length === 3, LIMIT_MS);
    expect([...ledger.done.values()]).toEqual([1]);
    expect(sick.fatal ?? well.fatal).toBeUndefined();
  }, 300_000);
});

/** As the client's partitioner has it. */
function partitionOf(key: string): number {
  const partitionMetadata = Array.from({ length: PARTITIONS }, (_, partitionId) => ({
    ...{ partitionId, leader: 1, partitionErrorCode: 0, replicas: [1], isr: [1] },
  }));
  return choosePartition({ topic: 't', partitionMetadata, message: { key, value: 'x' } });
}
