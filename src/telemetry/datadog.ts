/**
 * Sends what the metrics hold to Datadog every interval, one flush at a time: a slow Datadog gets more at once, later.
 * One that is away costs its metrics and a log line, never an event; `stop` flushes once more, in bounded time.
 */
import type { BufferedMetricsLogger } from 'datadog-metrics';
import { within } from '../runtime/deadline.ts';
import type { Logger } from '../runtime/logger.ts';
import { reportToDatadog, type IntakeOptions } from './datadog-intake.ts';
import { loadDatadogMetrics } from './datadog-library.ts';
import type { GaugeReading } from './gauges.ts';
import type { Metrics } from './metrics.ts';
import type { TagValues } from './series-set.ts';
import { errorText } from '../runtime/error-text.ts';

const PREFIX = 'coupon_notifier.';
const LAST_FLUSH_MS = 5000;

export interface DatadogOptions {
  readonly apiKey: string;
  readonly site: string | undefined;
  /** Overrides the whole base URL: the API's own paths come under it. */
  readonly apiUrl: string | undefined;
  readonly proxies?: IntakeOptions['proxies'];
  readonly flushIntervalMs: number;
  readonly pod: string;
  /** `k:v` each. */
  readonly tags: readonly string[];
  readonly metrics: Pick<Metrics, 'drain'>;
  /** Called at each flush. */
  readonly readGauges: () => readonly GaugeReading[];
  readonly logger: Logger;
}

export interface MetricsSink {
  /** Flushes once more, beside a flush that may still run; resolves within {@link LAST_FLUSH_MS}, also where Datadog is away. */
  stop(): Promise<void>;
}

export function createDatadogSink(options: DatadogOptions): MetricsSink {
  const { metrics, logger } = options;
  const sender = openSender(options);

  const flush = async (): Promise<void> => {
    try {
      const gauges = options.readGauges();
      const { counters, samples } = metrics.drain();
      for (const { name, tags, value } of counters) sender.increment(name, value, asTags(tags));
      for (const { name, tags, value } of gauges) sender.gauge(name, value, asTags(tags));
      for (const { name, tags, points } of samples) {
        for (const point of points) sender.distribution(name, point, asTags(tags));
      }
      await sender.flush();
    } catch (error) {
      logger.warn({ error: errorText(error) }, 'metrics could not be sent to Datadog');
    }
  };

  let flushing: Promise<void> | undefined;
  const timer = setInterval(() => {
    // What a flush that is left out would have sent stays in the metrics for the next.
    flushing ??= flush().finally(() => {
      flushing = undefined;
    });
  }, options.flushIntervalMs);
  timer.unref();

  return {
    stop: async () => {
      clearInterval(timer);
      // The last one waits for none: one that hangs would keep it past the limit.
      await within(Promise.all([flushing, flush()]), { limitMs: LAST_FLUSH_MS });
    },
  };
}

function openSender(options: DatadogOptions): BufferedMetricsLogger {
  const library = loadDatadogMetrics();
  return new library.BufferedMetricsLogger({
    prefix: PREFIX,
    // Not the machine's name: pods on one host would overwrite each other's points.
    host: options.pod,
    defaultTags: [`pod:${options.pod}`, ...options.tags],
    flushIntervalSeconds: 0,
    reporter: { report: (series: { readonly type: string }[]) => reportToDatadog(series, options) },
    onError: (error: unknown) => {
      options.logger.warn({ error: errorText(error) }, 'metrics could not be sent to Datadog');
    },
  });
}

/** Datadog's tags take no commas and at most 200 characters. */
function asTags(tags: TagValues): string[] {
  return tags.map(([tag, value]) => `${tag}:${value.replace(/[,\s]+/g, '_').slice(0, 200)}`);
}
