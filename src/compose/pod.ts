/**
 * The composition root: with the other files of this room the only place that builds adapters and wires them. Reads
 * downwards, each part built from those above it; `lifecycle.ts` has the order of start and stop.
 */
import { cooldownPrefix, createClaims } from '../claims/claims.ts';
import { createDeliveries } from '../claims/deliveries.ts';
import { createKillSwitch } from '../claims/kill-switch.ts';
import { RECORD_FORM } from '../claims/short-form.ts';
import type { Config } from '../config/config.ts';
import { createOutageReasons } from '../ops/health/outage-reasons.ts';
import { createWaits } from '../ops/health/waits.ts';
import type { PodRegistry } from '../ops/pods.ts';
import { createPushQueue } from '../push/push-queue.ts';
import { systemClock as clock } from '../runtime/clock.ts';
import { createLedger } from '../telemetry/ledger.ts';
import type { ServiceLogger } from '../telemetry/logger.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { openDelivery } from './delivery.ts';
import { openDocuments } from './documents.ts';
import { openFlow } from './flow.ts';
import { createLifecycle, type Pod } from './lifecycle.ts';
import { openOps } from './ops.ts';
import { openPartners } from './partners.ts';
import { openRedisConnections } from './redis.ts';
import { openPodTraces } from './traces.ts';

export interface PodContext {
  readonly logger: ServiceLogger;
  readonly version: string;
  /** The pod can't go on: main exits non-zero. With a `RefusedToStart`, it never could. */
  readonly onFatal: (reason: string, error?: Error) => void;
}

export async function composePod(config: Config, { logger, version, onFatal }: PodContext): Promise<Pod> {
  const startedAtMs = clock.now();
  const metrics = createMetrics({ isDrained: config.datadog.apiKey !== undefined });
  metrics.count('starts', {});
  const ledger = createLedger(metrics);
  const waits = createWaits();
  const outages = createOutageReasons();
  const shared = { clock, logger, metrics, ledger, waits, outages };
  const traces = await openPodTraces(config, { logger, metrics, version });
  const tracer = traces?.tracer;
  const stopping = new AbortController();
  /** Started by the lifecycle, once Redis may be used. */
  let registry: PodRegistry | undefined;

  const connections = openRedisConnections(config.redis, shared);
  const { redis, watch: redisWatch } = connections;
  const prefix = cooldownPrefix(config.redis.prefix, config.dryRun);
  const claims = createClaims({ redis, prefix, assertKeeps: redisWatch.assertKeeps });
  const deliveries = createDeliveries({
    ...{ redis, prefix, assertKeeps: redisWatch.assertKeeps },
    mayShorten: () => registry?.everyPodReads(RECORD_FORM) === true,
  });
  const killSwitch = createKillSwitch(redis, config.redis.prefix);
  const queue = createPushQueue({ redis: connections.queue, prefix, logger });

  const partners = openPartners(config, { ...shared, onCouponCall: () => waits.turn() });
  const documents = openDocuments(config.documents, {
    ...shared,
    onLoaded: () => void registry?.beatSoon(),
  });

  const flow = openFlow(config, {
    ...shared,
    ...{ claims, queue, tracer, couponApi: partners.couponApi, documents: documents.documents },
    podAheadMs: redisWatch.podAheadMs,
    onFatal: (error) => {
      onFatal(`the consumer can not go on: ${error.message}`, error);
    },
  });
  const { consumer, outcomes, decisions } = flow;

  const guard = { killSwitch: () => killSwitch.isSet(), isWithdrawn: documents.isWithdrawn };
  const delivery = openDelivery(config, {
    ...shared,
    ...{ redis, workerRedis: connections.worker, prefix, deliveries, guard, outcomes, decisions },
    ...{ pushApi: partners.pushApi, tracer },
  });
  const { worker, sweeper } = delivery;

  const ops = openOps(config, {
    ...{ ...shared, ...partners, version, startedAtMs },
    ...{ redis, redisWatch, documents, consumer, worker, queue, killSwitch },
    registry: () => registry,
    isStopping: () => stopping.signal.aborted,
    onStall: onFatal,
  });

  return createLifecycle({
    ...{ config, logger, redis, documents, ops },
    subscriber: connections.subscriber,
    board: config.ops.queueBoard ? () => queue.open() : undefined,
    onRegistry: (started) => {
      registry = started;
    },
    beginEarly: () => partners.tokens?.start(),
    begin: [
      () => {
        worker.start();
        sweeper.start();
      },
      (signal) => flow.ensureTopics(signal),
      () => {
        consumer.start();
      },
    ],
    onStopping: () => {
      stopping.abort();
    },
    drain: [() => consumer.stop(), () => worker.close(config.drainTimeoutMs)],
    close: [
      ['reports', () => delivery.stopReports()],
      ['sweeper', () => sweeper.stop()],
      ['partners', () => partners.stop()],
      [
        'producers, metrics and traces',
        () => Promise.all([flow.stopSenders(), ops.stopMetrics(), traces?.stop()]),
      ],
      [
        'queue and redis',
        async () => {
          await queue.close();
          await connections.close();
        },
      ],
      ['watchdog', () => ops.stopWatchdog()],
    ],
  });
}
