/** Kafka and the flow: what writes to our topics, what decides an event, and what consumes them. */
import type {
  Claims,
  CouponSource,
  DecisionLog,
  Documents,
  OutcomeLog,
  PushQueue,
} from '../pipeline/ports.ts';
import type { Config } from '../config/config.ts';
import { createConsumer, type EventConsumer } from '../kafka/consumer.ts';
import { createDeadLetters } from '../kafka/producers/dead-letters.ts';
import { createDecisionLog } from '../kafka/producers/decision-log.ts';
import { createOutcomeLog } from '../kafka/producers/outcome-log.ts';
import {
  createRecordSender,
  type RecordSender,
  type RecordSenderOptions,
} from '../kafka/producers/record-sender.ts';
import { ensureTopics } from '../kafka/producers/topics.ts';
import type { EventTracer } from '../domain/event-trace.ts';
import { isUserInShare } from '../domain/user-share.ts';
import type { OutageReasons, WrittenTopic } from '../ops/health/outage-reasons.ts';
import type { Waits } from '../ops/health/waits.ts';
import { MAX_AUTO_CONCURRENCY } from '../partners/coupon/coupon-api.ts';
import { createEventHandler } from '../pipeline/edge.ts';
import { createDescribeDecision } from '../rules/decision-line.ts';
import { coordinates } from '../rules/distance.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/logger.ts';
import type { Ledger } from '../telemetry/ledger.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { withRuleFaults } from '../telemetry/rule-faults.ts';
import { connectionTo } from './kafka-connection.ts';

/** Lines of JSON pack to a fifth, which spares kafkajs more checksum than packing costs. */
const PACK_DECISIONS_FROM_BYTES = 4096;
/** Running at once per slot of the coupon pool: keeps it full while Redis takes at most half of the partner's time. */
const RUNNING_PER_COUPON_CALL = 1.5;
/** … and never fewer: so few cost nothing. */
const LEAST_RUNNING = 128;

export interface FlowParts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly ledger: Ledger;
  readonly waits: Waits;
  readonly outages: OutageReasons;
  readonly documents: Documents;
  readonly claims: Claims;
  readonly queue: PushQueue;
  /** Undefined where traces are off. */
  readonly tracer: EventTracer | undefined;
  readonly couponApi: CouponSource & { shareBetween(partitions: number): void };
  /** Ms that this pod's clock is ahead of Redis's. */
  readonly podAheadMs: () => number;
  readonly onFatal: (error: Error) => void;
}

export interface Flow {
  readonly consumer: EventConsumer;
  /** Undefined where no outcome topic is set. */
  readonly outcomes: OutcomeLog | undefined;
  /** Undefined where no decision topic is set. */
  readonly decisions: DecisionLog | undefined;
  /** Makes the topics that we write to where they are missing; waits for Kafka. */
  ensureTopics(signal: AbortSignal): Promise<void>;
  /** Flushes and closes what writes to our topics. */
  stopSenders(): Promise<void>;
}

export function openFlow(config: Config, parts: FlowParts): Flow {
  const { clock, logger, metrics, ledger, waits, outages, couponApi } = parts;
  const { topic, deadLetterTopic, outcomeTopic, decisionTopic, decisionSamplePercent } = config.kafka;
  const connection = connectionTo(config.kafka, config.pod, { clock, proxies: config.proxies });
  const openSender = (
    name: string,
    service: WrittenTopic,
    more: Pick<RecordSenderOptions, 'packing' | 'packFromBytes'> = {},
  ): RecordSender =>
    createRecordSender({
      ...{ connection, topic: name, service, logger, ...more },
      onUnavailable: outages.reporter(service),
    });
  const deadLetterSender = openSender(deadLetterTopic, 'dead-letter topic');
  const outcomeSender = outcomeTopic === undefined ? undefined : openSender(outcomeTopic, 'outcome topic');
  const outcomes = outcomeSender === undefined ? undefined : createOutcomeLog(outcomeSender);

  const decisionSender =
    decisionTopic === undefined
      ? undefined
      : openSender(decisionTopic, 'decision topic', {
          packing: 'zstd',
          packFromBytes: PACK_DECISIONS_FROM_BYTES,
        });
  const decisions =
    decisionSender &&
    createDecisionLog(decisionSender, (userId) => isUserInShare(userId, decisionSamplePercent));

  const handleEvent = createEventHandler({
    pod: config.pod,
    maxEventAgeMs: config.limits.maxEventAgeMs,
    documents: parts.documents,
    claims: parts.claims,
    queue: parts.queue,
    coupons: couponApi,
    places: coordinates,
    podAheadMs: parts.podAheadMs,
    tracer: parts.tracer,
    meter: withRuleFaults(ledger, logger, clock),
    deadLetters: createDeadLetters(deadLetterSender),
    outcomes,
    decisions: decisions && {
      log: decisions,
      describe: createDescribeDecision({ pod: config.pod, maxEventAgeMs: config.limits.maxEventAgeMs }),
    },
    waiting: waits,
    clock,
    logger,
  });

  const consumer = createConsumer({
    connection,
    groupId: config.kafka.groupId,
    topic,
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
    maxRunningEvents: runningEvents(config.couponApi),
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
        metrics.count('offsets.lost', { topic, partition: String(partition) }, offsets);
      },
      positionReset: (partition, reason) => {
        metrics.count('positions.reset', { topic, partition: String(partition), reason });
      },
    },
    onAssigned: (partitions) => {
      couponApi.shareBetween(Math.max(1, partitions));
    },
    onUnavailable: outages.reporter('kafka'),
    onFatal: parts.onFatal,
  });

  return {
    consumer,
    outcomes,
    decisions,
    ensureTopics: (signal) => {
      const topics = [deadLetterTopic, outcomeTopic, decisionTopic].filter((name) => name !== undefined);
      const onUnavailable = outages.reporter('kafka');
      return ensureTopics({ connection, topics, logger, clock, signal, onUnavailable });
    },
    stopSenders: async () => {
      await Promise.all([deadLetterSender.stop(), outcomeSender?.stop(), decisionSender?.stop()]);
    },
  };
}

function runningEvents({ concurrency }: Config['couponApi']): number {
  const calls = concurrency === 'auto' ? MAX_AUTO_CONCURRENCY : concurrency;
  return Math.max(LEAST_RUNNING, Math.ceil(RUNNING_PER_COUPON_CALL * calls));
}
