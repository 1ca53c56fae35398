/**
 * Reads location events from Kafka and drives each to its outcome. At least once: an offset is committed only when
 * every event at or below it has its outcome. It is never committed backwards, and never for a partition that has been
 * taken away. A planned rebalance or stop finishes what runs before any other pod may begin with it.
 *
 * kafkajs’s events come in here and calls to kafkajs go out here; `src/README.md` follows one record through the rooms.
 */
import type { EachBatchPayload } from 'kafkajs';
import type { Backoff } from '../runtime/backoff.ts';
import { within } from '../runtime/deadline.ts';
import { retry } from '../runtime/retry.ts';
import { limitByLoopLoad } from '../stream/execute/loop-load.ts';
import { createPartitions } from '../stream/partitions.ts';
import { createBatchReceiver } from './batch-receiver.ts';
import { retryBrokenOff } from './client/broken-off.ts';
import { createKafkaClient, messageOf } from './client/client.ts';
import type { InsideCluster } from './client/kafkajs-inside.ts';
import { asRefusal } from './client/refusal.ts';
import { limitReading } from './codecs/read-limits.ts';
import { createCommitHealth } from './commit/commit-health.ts';
import { commitWatermarks } from './commit/group-commit.ts';
import type { ConsumerOptions, ConsumerStatus } from './consumer-options.ts';
import { createStatusReader } from './consumer-status.ts';
import { fetchApart } from './fetch/fetch-apart.ts';
import { createFetchControls } from './fetch/fetch-controls.ts';
import { createPartitionFetch } from './fetch/partition-fetch.ts';
import { followCoordinator } from './group/coordinator.ts';
import { createJoinGate } from './group/join-gate.ts';
import { joinRetry } from './group/join-retry.ts';
import { commitLatestStart } from './group/latest-start.ts';
import { createMembership } from './group/membership.ts';
import { createPartitionPositions } from './group/partition-positions.ts';
import { createSession } from './group/session.ts';
import { createKafkaWatch } from './kafka-watch.ts';
import { createOffsetReader } from './offsets/offset-reader.ts';

export interface EventConsumer {
  /**
   * Begins in the background and returns at once. Waits for Kafka and for the topic as long as it takes, and logs why;
   * see {@link status}.
   */
  start(): void;
  /**
   * Starts nothing more. Finishes or gives up what runs within the drain limit, commits, leaves the group and
   * disconnects. Never rejects; ends within the drain limit and a few seconds, also while Kafka is away. A second call
   * changes nothing and resolves with the first.
   */
  stop(): Promise<void>;
  status(): ConsumerStatus;
}

/** Beyond the drain limit, for leaving the group and closing connections. */
const LEAVE_TIMEOUT_MS = 3000;
const START_RETRY: Backoff = { firstMs: 2000, longestMs: 2000 };
/**
 * kafkajs decodes a whole answer in one turn (3 µs a record), so answers are kept small. The price: the broker cuts the
 * last batch off and sends it again. That is 3 % more with batches of 100 kB, 33 % with 1 MB.
 */
const MAX_FETCH_BYTES = 1024 * 1024;
/** kafkajs fetches a resumed partition after at most this. */
const MAX_FETCH_WAIT_MS = 100;
/** About how long the resumed partition’s records then take. */
const FETCH_MS = 50;

export function createConsumer(options: ConsumerOptions): EventConsumer {
  const { topic, groupId, logger, clock } = options;
  const { heartbeatIntervalMs = 500, maxFetchBytesPerPartition = MAX_FETCH_BYTES } = options;
  const limits = limitReading(options);
  const session = createSession(options.sessionTimeoutMs);
  const stopping = new AbortController();
  let isFatal = false;
  let stopped: Promise<void> | undefined;
  let lastFetchAtMs: number | undefined;

  function fail(error: unknown): void {
    if (isFatal || stopping.signal.aborted) return;
    isFatal = true;
    const reason = asRefusal(error, options.sessionTimeoutMs);
    logger.error({ error: reason.message, stack: reason.stack }, 'the consumer cannot go on');
    options.onFatal(reason);
  }

  // ── kafkajs: a consumer in the group, and a connection of its own for questions ─────────────────────────
  const kafka = createKafkaClient(options.connection, logger);
  const reader = createOffsetReader(kafka, { topic, groupId });
  const gate = createJoinGate();
  const consumer = kafka.consumer({
    groupId,
    partitionAssigners: [gate.assigner],
    sessionTimeout: options.sessionTimeoutMs,
    // How long the broker lets a member hold a rebalance.
    rebalanceTimeout: Math.max(60_000, options.drainTimeoutMs * 2 + options.sessionTimeoutMs),
    heartbeatInterval: heartbeatIntervalMs,
    metadataMaxAge: options.metadataMaxAgeMs ?? 30_000,
    maxBytesPerPartition: maxFetchBytesPerPartition,
    maxBytes: options.maxFetchBytes ?? MAX_FETCH_BYTES,
    maxWaitTimeInMs: MAX_FETCH_WAIT_MS,
    allowAutoTopicCreation: false,
    retry: {
      ...joinRetry(options.drainTimeoutMs),
      restartOnFailure: () => Promise.resolve(!stopping.signal.aborted),
    },
  });
  const client = createFetchControls(topic, consumer, logger);

  // ── The engine: what is done with the partitions that the group gives this pod ─────────────────────────────
  const commits = createCommitHealth(topic, clock, logger);
  const partitions = createPartitions({
    ...options,
    fetchBytes: maxFetchBytesPerPartition,
    fetchMs: MAX_FETCH_WAIT_MS + FETCH_MS,
    pause: client.pause,
    resume: client.resume,
    assertMember: session.assertAlive,
    commit: (assignment) =>
      commitWatermarks(assignment, { groupId, topic, health: commits, cluster: gate.cluster }),
    onFault: fail,
  });
  const load = limitByLoopLoad(partitions.executor);

  // ── The group: which partitions, and from where ────────────────────────────────────────────────────────────
  const positions = createPartitionPositions({ ...options, partitions, reader, client });
  const membership = createMembership({ ...options, heartbeatIntervalMs, partitions, positions });
  gate.admitBy(membership.beforeJoin);

  // ── Fetching ───────────────────────────────────────────────────────────────────────────────────────────────
  const receiver = createBatchReceiver({
    ...{ partitions, positions, reader, clock, logger },
    lane: { lane: options.lane, thresholdBytes: options.laneThresholdBytes },
  });
  const fetching = createPartitionFetch({
    ...{ topic, limits, clock, logger },
    onEnds: receiver.reachesTo,
    onOutOfRange: receiver.outOfRange,
  });
  const cluster = gate.cluster() as InsideCluster;
  fetching.attach(cluster);
  const findFetchFault = fetchApart(cluster);
  followCoordinator(cluster, session);
  retryBrokenOff(cluster);
  const watch = createKafkaWatch({
    ...{ reader, clock, logger },
    intervalMs: options.lagIntervalMs ?? 10_000,
    onRanges: positions.sawRanges,
    ...(options.onUnavailable !== undefined && { onUnavailable: options.onUnavailable }),
  });

  // ── kafkajs's events ───────────────────────────────────────────────────────────────────────────────────────
  const { events } = consumer;
  consumer.on(events.REQUEST, watch.answered);
  consumer.on(events.FETCH, () => (lastFetchAtMs = clock.now()));
  consumer.on(events.GROUP_JOIN, ({ payload }) => {
    options.onUnavailable?.(undefined);
    fetching.forget();
    commits.forget();
    membership.joined(payload.memberId, payload.memberAssignment[topic] ?? []);
  });
  consumer.on(events.HEARTBEAT, ({ payload }) => {
    const { current } = partitions;
    if (current?.memberId === payload.memberId) current.generation = payload.groupGenerationId;
  });
  consumer.on(events.END_BATCH_PROCESS, ({ payload }) => {
    receiver.batchEnded(payload);
  });
  consumer.on(events.CRASH, ({ payload }) => {
    if (payload.restart) {
      const error = messageOf(payload.error);
      logger.warn({ error }, 'kafkajs starts over');
      options.onUnavailable?.(error);
      return;
    }
    membership.givenUp();
    fail(payload.error);
  });

  /** @param attempt answers false where what it looks for does not exist yet. @throws once the pod stops. */
  async function persist(what: string, attempt: () => Promise<boolean>): Promise<void> {
    let loggedReason: string | undefined;
    const untilThere = async (): Promise<void> => {
      if (!(await attempt())) throw new Error('not there yet');
    };
    await retry(untilThere, {
      ...{ clock, backoff: START_RETRY, signal: stopping.signal },
      onFailure: (error) => {
        const reason = messageOf(error);
        options.onUnavailable?.(`${what}: ${reason}`);
        if (reason !== loggedReason) logger.warn({ topic, error: reason }, `${what}: waiting`);
        loggedReason = reason;
      },
    });
    options.onUnavailable?.(undefined);
  }

  async function run(): Promise<void> {
    await persist('looking for the topic', () => reader.topicExists());
    await persist('connecting to Kafka', async () => {
      await consumer.connect();
      await consumer.subscribe({ topic, fromBeginning: true });
      return true;
    });
    if (options.start === 'latest') {
      await persist('committing the start position', () =>
        commitLatestStart({ reader, groupId, topic, cluster: gate.cluster, logger }),
      );
    }
    if (stopping.signal.aborted) return;
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      // A batch is taken at once. This many only wait together, while start positions are read.
      partitionsConsumedConcurrently: 32,
      eachBatch: (payload: EachBatchPayload) => receiver.eachBatch(payload),
    });
  }

  async function stop(): Promise<void> {
    stopping.abort();
    await membership.leave();
    receiver.stop();
    partitions.committer.stop();
    watch.stop();
    load.stop();
    // kafkajs counts itself as running, and so leaves the group, only a moment after its first join.
    await clock.sleep(20);
    const closing = Promise.allSettled([consumer.disconnect(), reader.close()]);
    await within(closing, { limitMs: LEAVE_TIMEOUT_MS, clock });
  }

  return {
    start() {
      run().catch(fail);
    },
    stop: () => (stopped ??= stop()),
    status: createStatusReader({
      ...{ topic, clock, partitions, positions, membership, watch, fetching, commits, findFetchFault },
      sessionTimeoutMs: options.sessionTimeoutMs,
      lastFetchAtMs: () => lastFetchAtMs,
    }),
  };
}
