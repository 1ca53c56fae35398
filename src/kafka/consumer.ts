/**
 * Reads location events from Kafka and drives each to its outcome. At least once: an offset is committed only
 * when every event at or below it has its outcome, never backwards, never for a partition that has been taken
 * away. A planned rebalance or stop finishes what runs before any other pod may begin with it.
 *
 *   kafkajs ─ batch-intake ─ partition-flow ─ intake-pump ─► executor ─► work ─► committer
 *                 membership (join-gate, handover) decides when any of it may happen
 */
import type { Consumer as KafkaConsumer, EachBatchPayload } from 'kafkajs';
import type { Backoff } from '../runtime/backoff.ts';
import { within } from '../runtime/deadline.ts';
import { retry } from '../runtime/retry.ts';
import { createKeyedExecutor } from '../stream/execute/keyed-executor.ts';
import { createBatchIntake } from './batch-receiver.ts';
import { createKafkaClient, messageOf } from './client/client.ts';
import { createCommitHealth } from './commit/commit-health.ts';
import { createCommitter } from './commit/committer.ts';
import type { ConsumerOptions, ConsumerStatus } from './consumer-options.ts';
import { createKeyRule } from '../stream/partition/event-keys.ts';
import { fetchApart, type FindFetchFault } from './fetch/fetch-apart.ts';
import { createFetchControls } from './fetch/fetch-controls.ts';
import { commitWatermarks } from './commit/group-commit.ts';
import { revokeAll } from './group/handover.ts';
import { createIntakePump } from '../stream/fetch-pump.ts';
import { createJoinGate } from './group/join-gate.ts';
import { joinRetry } from './group/join-retry.ts';
import { createKafkaWatch } from './kafka-watch.ts';
import type { InsideCluster } from './client/kafkajs-inside.ts';
import { createMembership } from './group/membership.ts';
import { createOffsetReader } from './offsets/offset-reader.ts';
import { createPartitionFetch } from './fetch/partition-fetch.ts';
import { commitLatestStart } from './group/latest-start.ts';
import { createStatusReader } from './consumer-status.ts';
import { limitByLoopLoad } from '../stream/execute/loop-load.ts';
import { limitReading } from './codecs/read-limits.ts';
import { asRefusal } from './client/refusal.ts';

export interface EventConsumer {
  /**
   * Begins in the background and returns at once. Waits for Kafka and for the topic for as long as it takes,
   * with a line in the log; see {@link status}.
   */
  start(): void;
  /**
   * Starts nothing more, finishes or gives up what runs within the drain limit, commits, leaves the group and
   * disconnects. Never rejects; ends within the drain limit and a few seconds, also while Kafka is away. A
   * second call changes nothing and resolves with the first.
   */
  stop(): Promise<void>;
  status(): ConsumerStatus;
}

/** Beyond the drain limit, for leaving the group and closing connections. */
const LEAVE_TIMEOUT_MS = 3000;
const START_RETRY: Backoff = { firstMs: 2000, longestMs: 2000 };
/** The broker cuts an answer off within a record batch, which comes again: 3 % with batches of 100 kB, 33 % with 1 MB. */
const MAX_FETCH_BYTES = 1024 * 1024;
/** A paused partition that is resumed is fetched after at most this. */
const MAX_FETCH_WAIT_MS = 100;
/** What it takes then until its records are there, about. */
const FETCH_MS = 50;

export function createConsumer(options: ConsumerOptions): EventConsumer {
  const { topic, groupId, logger, clock, meter } = options;
  const limits = limitReading(options);
  const kafka = createKafkaClient(options.connection, logger);
  const reader = createOffsetReader(kafka, { topic, groupId });
  const { heartbeatIntervalMs = 500, maxFetchBytesPerPartition = MAX_FETCH_BYTES } = options;
  const marks: { fetchAtMs?: number; progressAtMs?: number } = {};
  const stopping = new AbortController();
  let findFetchFault: FindFetchFault = () => undefined;
  let isOver = false;
  let isFatal = false;
  let stopped: Promise<void> | undefined;

  function fail(error: unknown): void {
    if (isFatal || stopping.signal.aborted) return;
    isFatal = true;
    const reason = asRefusal(error, options.sessionTimeoutMs);
    logger.error({ error: reason.message, stack: reason.stack }, 'the consumer cannot go on');
    options.onFatal(reason);
  }

  const executor = createKeyedExecutor({ maxRunning: options.maxRunningEvents ?? 256, onFault: fail });
  const load = limitByLoopLoad(executor);
  const fetching = createPartitionFetch({
    topic,
    limits,
    clock,
    logger,
    onEnds: (partition, ends) => {
      intake.reachesTo(partition, ends);
    },
    onOutOfRange: (partition, offset) => {
      intake.outOfRange(partition, offset);
    },
  });
  const gate = createJoinGate(
    () => membership.beforeJoin(),
    (cluster) => {
      fetching.attach(cluster as InsideCluster);
      findFetchFault = fetchApart(cluster as InsideCluster);
    },
  );
  const commits = createCommitHealth(topic, clock, logger);
  const committer = createCommitter({
    intervalMs: options.commitIntervalMs,
    maxEvents: options.commitMaxEvents,
    commit: async () => {
      const { current } = membership;
      if (current === undefined) return 'nothing';
      return commitWatermarks(current, {
        groupId,
        topic,
        health: commits,
        cluster: gate.cluster,
        // Others may have its partitions already.
        onFenced: () => {
          revokeAll(current);
        },
      });
    },
    onResult: (result) => {
      meter.commit(result);
      // What was held back by the uncommitted span may be taken in now.
      if (result === 'ok' || result === 'partial') pump.wake();
    },
  });
  const { pause, resume, seek } = createFetchControls(topic, () => consumer, logger);
  const pump = createIntakePump({
    maxBytes: options.maxInFlightBytes ?? 8 * 1024 * 1024,
    overshootBytes: maxFetchBytesPerPartition,
    mostBytes: options.mostHeldBytes ?? 32 * 1024 * 1024,
    fetchMs: MAX_FETCH_WAIT_MS + FETCH_MS,
    pause,
    resume,
  });
  const membership = createMembership({
    ...options,
    heartbeatIntervalMs,
    executor,
    committer,
    pump,
    reader,
    seek,
    pause,
    resume,
    flow: {
      keyOf: createKeyRule(options.ordering),
      onChange: pump.wake,
      onFinished: () => {
        marks.progressAtMs = clock.now();
        committer.eventFinished();
      },
      onPassedOver: (records) => meter.passedOver(records),
      onCommitDue: () => {
        committer.hurry();
      },
      onFault: fail,
    },
  });
  const intake = createBatchIntake({
    membership,
    pump,
    reader,
    lane: { lane: options.lane, thresholdBytes: options.laneThresholdBytes },
    clock,
    logger,
    isOver: () => isOver,
  });
  const watch = createKafkaWatch({
    reader,
    intervalMs: options.lagIntervalMs ?? 10_000,
    clock,
    logger,
    ...(options.onUnavailable !== undefined && { onUnavailable: options.onUnavailable }),
    onRanges: (ranges) => {
      void membership.checkTopic();
      for (const flow of membership.current?.flows.values() ?? []) {
        // Of transactions only fetches tell.
        const { high = 0 } = ranges.get(flow.partition) ?? {};
        flow.lastStableOffset = Math.max(flow.lastStableOffset, high);
        flow.highWaterMark = Math.max(flow.highWaterMark, high);
      }
    },
  });
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
  listen(consumer);

  function listen(to: KafkaConsumer): void {
    to.on(to.events.REQUEST, watch.answered);
    to.on(to.events.FETCH, () => (marks.fetchAtMs = clock.now()));
    to.on(to.events.GROUP_JOIN, ({ payload }) => {
      options.onUnavailable?.(undefined);
      fetching.forget();
      commits.forget();
      membership.joined(payload.memberId, payload.memberAssignment[topic] ?? []);
    });
    to.on(to.events.HEARTBEAT, ({ payload }) => {
      const { current } = membership;
      if (current?.memberId === payload.memberId) current.generation = payload.groupGenerationId;
    });
    to.on(to.events.END_BATCH_PROCESS, ({ payload }) => {
      intake.batchEnded(payload);
    });
    to.on(to.events.CRASH, ({ payload }) => {
      if (payload.restart) {
        const error = messageOf(payload.error);
        logger.warn({ error }, 'kafkajs starts over');
        options.onUnavailable?.(error);
        return;
      }
      membership.givenUp();
      fail(payload.error);
    });
  }

  /** @param attempt answers false where what it looks for is not there yet. @throws once the pod stops. */
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
      // A batch is taken at once: this many only wait together, while start positions are being read.
      partitionsConsumedConcurrently: 32,
      eachBatch: (payload: EachBatchPayload) => intake.eachBatch(payload),
    });
  }

  async function stop(): Promise<void> {
    stopping.abort();
    await membership.leave();
    isOver = true;
    committer.stop();
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
    status: createStatusReader({ ...options, membership, watch, fetching, commits, findFetchFault, marks }),
  };
}
