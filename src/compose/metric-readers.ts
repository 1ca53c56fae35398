/** The two that read a pod's metrics: Datadog, which is sent them, and whoever scrapes `/metrics`. */
import type { Config } from '../config/config.ts';
import type { EventConsumer } from '../kafka/consumer.ts';
import { couponWaits } from '../ops/health/coupon-waits.ts';
import { curableLag } from '../ops/health/curable-lag.ts';
import type { Health } from '../ops/health/health.ts';
import type { LastKnown } from '../ops/health/last-known.ts';
import type { Waits } from '../ops/health/waits.ts';
import type { PodRecord, PodRegistry } from '../ops/pods.ts';
import type { Clock } from '../runtime/clock.ts';
import { within } from '../runtime/deadline.ts';
import { createDatadogSink, type MetricsSink } from '../telemetry/datadog.ts';
import { createGauges, type GaugeReading } from '../telemetry/gauges.ts';
import { watchLoopDelay, type LoopDelay } from '../telemetry/loop-delay.ts';
import { createPrometheusText } from '../telemetry/prometheus.ts';
import type { ServiceLogger } from '../telemetry/logger.ts';
import type { Ledger } from '../telemetry/ledger.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Partners } from './partners.ts';
import type { PodDocuments } from './documents.ts';

/** Ms that a scrape waits for Redis; then it says what was known last. */
const ASK_LIMIT_MS = 200;

export interface MetricSources {
  readonly clock: Clock;
  readonly logger: ServiceLogger;
  /** Epoch ms. */
  readonly startedAtMs: number;
  readonly metrics: Metrics;
  readonly ledger: Pick<Ledger, 'inFlight'>;
  readonly waits: Pick<Waits, 'list'>;
  readonly documents: Pick<PodDocuments, 'rules'>;
  readonly consumer: Pick<EventConsumer, 'status'>;
  readonly couponApi: Pick<Partners['couponApi'], 'stats'>;
  /** Undefined until Redis may be used. */
  readonly registry: () => Pick<PodRegistry, 'pods'> | undefined;
  readonly health: Health;
  readonly lastKnown: LastKnown;
  readonly record: () => PodRecord;
}

export interface MetricReaders {
  /** A scrape's answer, in Prometheus' text format. */
  readonly scrape: () => Promise<string>;
  /** Sends Datadog the last metrics, in bounded time. Scrapes are still answered. */
  readonly stop: () => Promise<void>;
  /** The process ends: nothing is watched any more. */
  readonly end: () => void;
}

export function openMetricReaders(config: Config, sources: MetricSources): MetricReaders {
  const { metrics, logger, lastKnown, clock } = sources;
  const { pod } = config;
  const { apiKey, tags } = config.datadog;
  metrics.follow('log_lines_dropped', {}, () => logger.linesDropped());

  const delays: LoopDelay[] = [];
  const openGauges = (): (() => readonly GaugeReading[]) => {
    // One each: a delay is told once.
    const delay = watchLoopDelay();
    delays.push(delay);
    return gaugesOf(sources, delay);
  };
  const openSink = (key: string): MetricsSink => {
    const read = openGauges();
    const readGauges = (): readonly GaugeReading[] => {
      // For the next flush: this one waits for nobody.
      void lastKnown.ask();
      return read();
    };
    return createDatadogSink({ ...config.datadog, ...{ apiKey: key, pod, metrics, logger, readGauges } });
  };
  const datadog = apiKey === undefined ? undefined : openSink(apiKey);
  /** From the first scrape on: a pod that nobody scrapes pays nothing for it. */
  let prometheus: (() => string) | undefined;

  return {
    scrape: async () => {
      await within(lastKnown.ask(), { limitMs: ASK_LIMIT_MS, clock });
      prometheus ??= createPrometheusText({ metrics, readGauges: openGauges(), pod, tags });
      return prometheus();
    },
    stop: async () => {
      await datadog?.stop();
    },
    end: () => {
      for (const delay of delays) delay.stop();
    },
  };
}

/** @returns what reads the gauges for one reader. */
function gaugesOf(sources: MetricSources, delay: LoopDelay): () => readonly GaugeReading[] {
  const { health, lastKnown, ledger, consumer, couponApi } = sources;
  const { rules } = sources.documents;
  return createGauges(
    {
      startedAtMs: sources.startedAtMs,
      isReady: () => health.notReady().length === 0,
      inFlight: () => ledger.inFlight(),
      partitions: () => consumer.status().partitions,
      curableLag: () =>
        curableLag({
          away: health.condition([]).away,
          own: sources.record(),
          pods: sources.registry()?.pods() ?? [],
          partitions: consumer.status().partitions,
        }),
      waiting: () => [
        ...sources.waits.list(),
        ...couponWaits(couponApi.stats()),
        ...health.partitionWaits().map(({ events }) => ({ for: 'unreadable partitions', events })),
      ],
      queueDepths: () => lastKnown.depths(),
      killSwitch: () => ({
        document: rules.current()?.enabled === false,
        flag: lastKnown.flag() !== undefined,
      }),
      rules: () => rules.status(),
      eventLoopP99Ms: () => delay.takeP99Ms(),
      isBreakerClosed: () => couponApi.stats().breaker === 'closed',
    },
    sources.clock,
  );
}
