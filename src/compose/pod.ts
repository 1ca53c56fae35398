/**
 * The composition root: the only place that builds adapters and wires them. Starts from the ground up (Redis,
 * documents, then what consumes) and stops in reverse, so that nothing loses what it stands on while it works.
 */
import type { Config } from '../config/config.ts';
import { openDocuments } from './documents.ts';
import { createHealth, createOutageReasons, type WrittenTopic } from './health.ts';
import { createLifecycle, type Pod } from './lifecycle.ts';
import { openPartners } from './partners.ts';
import { openRedisConnections } from './redis.ts';
import { MAX_AUTO_CONCURRENCY } from '../partners/coupon/coupon-api.ts';
import { createClaims, cooldownPrefix } from '../claims/claims.ts';
import { createDeliveries } from '../claims/deliveries.ts';
import { createKillSwitch } from '../claims/kill-switch.ts';
import { createOpenPushes } from '../claims/open-pushes.ts';
import { createSweeper } from '../claims/sweeper.ts';
import { createConsumer } from '../kafka/consumer.ts';
import { createDeadLetters } from '../kafka/producers/dead-letters.ts';
import { createOutcomeLog } from '../kafka/producers/outcome-log.ts';
import { createRecordSender, type RecordSender } from '../kafka/producers/record-sender.ts';
import { ensureTopics } from '../kafka/producers/topics.ts';
import type { PodRegistry } from '../ops/pods.ts';
import { createWaits } from '../ops/waits.ts';
import { startWatchdog } from '../ops/watchdog.ts';
import { createEventHandler } from '../pipeline/edge.ts';
import { createDeliver } from '../push/deliver.ts';
import { createPushQueue } from '../push/push-queue.ts';
import { createPushWorker } from '../push/push-worker.ts';
import { createReportOutcome } from '../push/report-outcome.ts';
import { createSendRate } from '../push/send-rate.ts';
import { createDatadogSink } from '../telemetry/datadog.ts';
import { createLedger } from '../telemetry/ledger.ts';
import type { ServiceLogger } from '../telemetry/logger.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { withRuleFaults } from '../telemetry/rule-faults.ts';
import { watchLoopDelay } from '../telemetry/loop-delay.ts';
import { systemClock as clock } from '../runtime/clock.ts';

/** Running at once per slot of the coupon pool: keeps it full while Redis takes at most half of the partner's time. */
const RUNNING_PER_COUPON_CALL = 1.5;
/** … and never fewer: so few cost nothing. */
const LEAST_RUNNING = 128;

export interface PodContext {
  readonly logger: ServiceLogger;
  readonly version: string;
  /** The pod can't go on: main exits non-zero. With a `RefusedToStart`, it never could. */
  readonly onFatal: (reason: string, error?: Error) => void;
}

export function composePod(config: Config, { logger, version, onFatal }: PodContext): Pod {
  const startedAtMs = clock.now();
  const metrics = createMetrics();
  const ledger = createLedger(metrics);
  const waits = createWaits();
  const outages = createOutageReasons();
  const loopDelay = watchLoopDelay();
  let isStopping = false;

  // ── Redis: claims, deliveries, queue ──────────────────────────────────────────────────────────────────
  const connections = openRedisConnections(config.redis, { logger, metrics, outages });
  const { redis, watch } = connections;
  const prefix = cooldownPrefix(config.redis.prefix, config.dryRun);
  const claims = createClaims({ redis, prefix, assertKeeps: watch.assertKeeps });
  const deliveries = createDeliveries({ redis, prefix, assertKeeps: watch.assertKeeps });
  const killSwitch = createKillSwitch(redis, config.redis.prefix);
  const queue = createPushQueue({ redis: connections.queue, prefix, logger });

  // ── Partners and documents ────────────────────────────────────────────────────────────────────────────
  const { tokens, couponApi, pushApi } = openPartners(config, {
    clock,
    logger,
    metrics,
    onCouponCall: () => {
      waits.turn();
    },
  });
  const documents = openDocuments(config.documents, {
    clock,
    logger,
    metrics,
    onLoaded: () => void registry?.beatSoon(),
  });

  // ── Kafka and the flow ────────────────────────────────────────────────────────────────────────────────
  const { brokers, ssl, sasl, deadLetterTopic, outcomeTopic } = config.kafka;
  const connection = { brokers, ssl, clientId: config.pod, ...(sasl !== undefined && { sasl }) };
  const openSender = (topic: string, service: WrittenTopic): RecordSender =>
    createRecordSender({ connection, topic, service, logger, onUnavailable: outages.reporter(service) });
  const deadLetterSender = openSender(deadLetterTopic, 'dead-letter topic');
  const outcomeSender = outcomeTopic === undefined ? undefined : openSender(outcomeTopic, 'outcome topic');
  const deadLetters = createDeadLetters(deadLetterSender);
  const outcomes = outcomeSender === undefined ? undefined : createOutcomeLog(outcomeSender);
  const handleEvent = createEventHandler({
    pod: config.pod,
    maxEventAgeMs: config.limits.maxEventAgeMs,
    documents: documents.documents,
    claims,
    queue,
    coupons: couponApi,
    podAheadMs: watch.podAheadMs,
    meter: withRuleFaults(ledger, logger, clock),
    deadLetters,
    outcomes,
    waiting: waits,
    clock,
    logger,
  });
  const { concurrency } = config.couponApi;
  const consumer = createConsumer({
    connection,
    groupId: config.kafka.groupId,
    topic: config.kafka.topic,
    start: config.kafka.start,
    lane: config.lane.name,
    laneThresholdBytes: config.lane.thresholdBytes,
    ordering: config.ordering,
    sessionTimeoutMs: config.kafka.sessionTimeoutMs,
    drainTimeoutMs: config.drainTimeoutMs,
    commitIntervalMs: config.commit.intervalMs,
    commitMaxEvents: config.commit.maxEvents,
    maxInFlightEvents: config.limits.maxInFlightEvents,
    maxUncommittedEvents: config.limits.maxUncommittedEvents,
    maxRecordBytes: config.limits.maxRecordBytes,
    maxRunningEvents: Math.max(
      LEAST_RUNNING,
      Math.ceil(RUNNING_PER_COUPON_CALL * (concurrency === 'auto' ? MAX_AUTO_CONCURRENCY : concurrency)),
    ),
    handleEvent,
    clock,
    logger,
    meter: {
      commit: (result) => {
        metrics.count('commits', { result });
      },
      rebalanced: () => {
        metrics.count('rebalances', {});
      },
      passedOver: (records) => {
        metrics.count('records.passed_over', {}, records);
      },
      offsetsLost: (partition, offsets) => {
        metrics.count('offsets.lost', { topic: config.kafka.topic, partition: String(partition) }, offsets);
      },
      positionReset: (partition, reason) => {
        const tags = { topic: config.kafka.topic, partition: String(partition), reason };
        metrics.count('positions.reset', tags);
      },
    },
    onAssigned: (partitions) => {
      couponApi.shareBetween(Math.max(1, partitions));
    },
    onUnavailable: outages.reporter('kafka'),
    onFatal: (error) => {
      onFatal(`the consumer can not go on: ${error.message}`, error);
    },
  });

  // ── Delivery ──────────────────────────────────────────────────────────────────────────────────────────
  const reporting = new AbortController();
  const report = createReportOutcome({
    outcomeLog: outcomes,
    store: deliveries,
    meter: {
      delivered: (outcome, envelope) => {
        ledger.delivered(outcome, envelope.push.rulesVersion);
      },
    },
    clock,
    pod: config.pod,
    signal: reporting.signal,
  });
  const { ratePerSecond } = config.pushApi;
  const worker = createPushWorker({
    connection: connections.worker,
    prefix,
    concurrency: config.pushApi.concurrency,
    openPushes: createOpenPushes({ redis, prefix }),
    clock,
    logger,
    deliver: createDeliver({
      store: deliveries,
      sender: pushApi,
      guard: { killSwitch: () => killSwitch.isSet(), isWithdrawn: (push) => documents.isWithdrawn(push) },
      report,
      rate:
        ratePerSecond === undefined ? undefined : createSendRate({ redis, prefix, perSecond: ratePerSecond }),
      clock,
      logger,
      apiIsIdempotent: config.pushApi.idempotent,
      dryRun: config.dryRun,
    }),
  });
  const sweeper = createSweeper({ redis, prefix, clock, logger, report });

  // ── Being watched ─────────────────────────────────────────────────────────────────────────────────────
  let registry: PodRegistry | undefined;
  const health = createHealth({
    config,
    version,
    startedAtMs,
    ledger,
    metrics,
    consumer,
    redis: watch,
    documents,
    couponApi,
    pushApi,
    tokens,
    queue,
    killSwitch,
    logLinesDropped: () => logger.linesDropped(),
    worker,
    waits,
    outages,
    registry: () => registry,
    eventLoopP99Ms: () => loopDelay.takeP99Ms(),
    stalled: () => watchdog.stalled(),
    isStopping: () => isStopping,
  });
  const watchdog = startWatchdog({
    progress: health.progress,
    stallTimeoutMs: config.stallTimeoutMs,
    onStall: onFatal,
    logger,
  });
  const { apiKey } = config.datadog;
  const datadog =
    apiKey === undefined
      ? undefined
      : createDatadogSink({
          ...config.datadog,
          apiKey,
          pod: config.pod,
          metrics,
          sampleGauges: health.sampleGauges,
          logger,
        });

  return createLifecycle({
    ...{ config, logger, redis, documents, health },
    subscriber: connections.subscriber,
    ops: { notLive: () => watchdog.stalled(), board: config.ops.queueBoard ? () => queue.open() : undefined },
    onRegistry: (started) => {
      registry = started;
    },
    beginEarly: () => tokens?.start(),
    begin: [
      () => {
        worker.start();
        sweeper.start();
      },
      (signal) => {
        const topics = [deadLetterTopic, ...(outcomeTopic === undefined ? [] : [outcomeTopic])];
        const onUnavailable = outages.reporter('kafka');
        return ensureTopics({ connection, topics, logger, clock, signal, onUnavailable });
      },
      () => {
        consumer.start();
      },
    ],
    onStopping: () => {
      isStopping = true;
    },
    drain: [() => consumer.stop(), () => worker.close(config.drainTimeoutMs)],
    close: [
      ['reports', () => reporting.abort()],
      ['sweeper', () => sweeper.stop()],
      [
        'partners',
        async () => {
          pushApi.stop();
          await couponApi.stop();
          tokens?.stop();
        },
      ],
      [
        'producers and metrics',
        () => Promise.all([deadLetterSender.stop(), outcomeSender?.stop(), datadog?.stop()]),
      ],
      [
        'queue and redis',
        async () => {
          await queue.close();
          await connections.close();
        },
      ],
      [
        'watchdog',
        () => {
          watchdog.stop();
          loopDelay.stop();
        },
      ],
    ],
  });
}
