/** What a pod says of itself: health, /status, its record among the pods, the watchdog, its metrics. */
import type { KillSwitch } from '../claims/kill-switch.ts';
import { RECORD_FORM } from '../claims/short-form.ts';
import type { Config } from '../config/config.ts';
import type { EventConsumer } from '../kafka/consumer.ts';
import { heldBack } from '../ops/health/held-back.ts';
import { createHealth } from '../ops/health/health.ts';
import { createLastKnown } from '../ops/health/last-known.ts';
import type { OutageReasons } from '../ops/health/outage-reasons.ts';
import { createReadStatus, createReportStatus } from '../ops/health/report-status.ts';
import type { Waits } from '../ops/health/waits.ts';
import { startWatchdog } from '../ops/health/watchdog.ts';
import { createPodRecord } from '../ops/pod-record.ts';
import { createExchange, HOUR_KEEP_MS, SNAPSHOT_KEEP_MS } from '../ops/page/exchange.ts';
import { startPage, type Page } from '../ops/page/page.ts';
import { createSnapshots } from '../ops/page/snapshot.ts';
import { createPodNotes } from '../ops/pod-notes.ts';
import type { PodRecord, PodRegistry } from '../ops/pods.ts';
import type { Status } from '../ops/status.ts';
import type { OpenPushQueue } from '../push/push-queue.ts';
import type { PushWorker } from '../push/push-worker.ts';
import type { RedisClient } from '../redis/connection.ts';
import type { RedisWatch } from '../redis/watch.ts';
import type { Clock } from '../runtime/clock.ts';
import { within } from '../runtime/deadline.ts';
import { createMask } from '../runtime/mask-secrets.ts';
import type { Ledger } from '../telemetry/ledger.ts';
import type { ServiceLogger } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { PodDocuments } from './documents.ts';
import { openMetricReaders } from './metric-readers.ts';
import type { Partners } from './partners.ts';

/** Ms that /ready waits for Redis: a probe has a second. */
const NOTES_LIMIT_MS = 200;

export interface OpsParts extends Partners {
  readonly clock: Clock;
  readonly logger: ServiceLogger;
  readonly version: string;
  /** Epoch ms. */
  readonly startedAtMs: number;
  readonly metrics: Metrics;
  readonly ledger: Ledger;
  readonly waits: Waits;
  readonly outages: OutageReasons;
  readonly redis: RedisClient;
  readonly redisWatch: RedisWatch;
  readonly documents: PodDocuments;
  readonly consumer: EventConsumer;
  readonly worker: Pick<PushWorker, 'refused'>;
  readonly queue: OpenPushQueue;
  readonly killSwitch: Pick<KillSwitch, 'read'>;
  /** Undefined until Redis may be used. */
  readonly registry: () => PodRegistry | undefined;
  readonly isStopping: () => boolean;
  readonly onStall: (reason: string) => void;
}

export interface PodOps {
  readonly notLive: () => readonly string[];
  readonly notReady: () => readonly string[];
  readonly notes: () => Promise<readonly string[]>;
  readonly status: () => Promise<Status>;
  /** A scrape's answer; waits for Redis a moment at most. */
  readonly metrics: () => Promise<string>;
  readonly record: () => PodRecord;
  readonly page: Page;
  /** Takes the pod's secrets out of what it answers. */
  readonly mask: (text: string) => string;
  /** Sends the last metrics. */
  stopMetrics(): Promise<void>;
  stopWatchdog(): void;
}

export function openOps(config: Config, parts: OpsParts): PodOps {
  const { clock, logger, version, startedAtMs, consumer } = parts;
  const { rules, merchants } = parts.documents;
  const lastKnown = createLastKnown(parts.queue, parts.killSwitch);

  const health = createHealth({ ...parts, redis: parts.redisWatch, rules });
  const watchdog = startWatchdog({
    progress: health.progress,
    stallTimeoutMs: config.stallTimeoutMs,
    onStall: parts.onStall,
    logger,
  });

  const record = createPodRecord(
    {
      pod: config.pod,
      version,
      startedAtMs,
      topic: config.kafka.topic,
      groupId: config.kafka.groupId,
      lane: config.lane.name,
      laneThresholdBytes: config.lane.thresholdBytes,
      pushApiUrl: config.pushApi.url,
      dryRun: config.dryRun,
      recordForm: RECORD_FORM,
    },
    {
      partitions: () => consumer.status().partitions,
      rules: () => rules.status(),
      merchantsVersion: () => merchants?.status().version,
    },
  );

  const statusPorts = {
    ...parts,
    ...{ health, lastKnown, record, rules, merchants },
    redis: parts.redisWatch,
    stalled: () => watchdog.stalled(),
    logLinesDropped: () => logger.linesDropped(),
  };

  const notesOf = (kind: string, keepMs: number) =>
    createPodNotes(parts.redis, { prefix: config.redis.prefix, kind, keepMs });
  const mask = createMask(config.secrets);
  const page = startPage({
    ...{ mask, clock, logger, refresh: () => lastKnown.ask() },
    snapshot: createSnapshots({
      status: createReadStatus(statusPorts),
      notReady: health.notReady,
      ...{ lane: config.lane.name, dryRun: config.dryRun },
      ...{ life: `${config.pod}@${String(startedAtMs)}`, mask },
    }),
    exchange: createExchange({
      pod: config.pod,
      snapshots: notesOf('numbers', SNAPSHOT_KEEP_MS),
      hours: notesOf('hours', HOUR_KEEP_MS),
      livePods: () => parts.registry()?.pods(),
    }),
  });

  const readers = openMetricReaders(config, { ...parts, health, lastKnown, record });

  return {
    notLive: () => watchdog.stalled(),
    notReady: health.notReady,
    notes: async () => {
      await within(lastKnown.askFlag(), { limitMs: NOTES_LIMIT_MS, clock });
      return [...heldBack(rules.current()?.enabled, lastKnown.flag()), ...health.notes()];
    },
    status: createReportStatus(statusPorts),
    metrics: readers.scrape,
    ...{ record, page, mask },
    stopMetrics: readers.stop,
    stopWatchdog() {
      watchdog.stop();
      readers.end();
    },
  };
}
