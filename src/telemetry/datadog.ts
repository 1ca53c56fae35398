/**
 * Sends what the metrics hold to Datadog every interval. A Datadog that is away costs its metrics and a log
 * line, never an event; `stop` flushes once more, in bounded time.
 */
import type { BufferedMetricsLogger, BufferedMetricsLoggerOptions } from 'datadog-metrics';
import type { Logger } from '../pipeline/ports.ts';
import type { Metrics } from './metrics.ts';

const PREFIX = 'coupon_notifier.';
const REQUEST_TIMEOUT_MS = 5000;

export interface DatadogOptions {
  readonly apiKey: string;
  readonly site: string | undefined;
  /** Overrides the whole base URL: the API's own paths come under it. */
  readonly apiUrl: string | undefined;
  readonly flushIntervalMs: number;
  readonly pod: string;
  /** `k:v` each. */
  readonly tags: readonly string[];
  readonly metrics: Metrics;
  /** Called before each flush: the moment to set gauges. */
  readonly sampleGauges: () => void;
  readonly logger: Logger;
}

export interface MetricsSink {
  /** Flushes once more; resolves within about {@link REQUEST_TIMEOUT_MS}, also where Datadog is away. */
  stop(): Promise<void>;
}

export function createDatadogSink(options: DatadogOptions): MetricsSink {
  const { metrics, logger } = options;
  // Loaded only where metrics are sent: its API client alone takes seconds of a small pod's start.
  const loaded = import('datadog-metrics').then((library) => openSender(library.default, options));
  // A failure to load is told at each flush.
  loaded.catch(() => undefined);

  const flush = async (): Promise<void> => {
    try {
      await sendAll(await loaded);
    } catch (error) {
      logger.warn({ error: describe(error) }, 'metrics could not be sent to Datadog');
    }
  };
  const sendAll = async (sender: BufferedMetricsLogger): Promise<void> => {
    options.sampleGauges();
    const { counters, gauges, distributions } = metrics.drain();
    for (const { name, tags, value } of counters) sender.increment(name, value, [...tags]);
    for (const { name, tags, value } of gauges) sender.gauge(name, value, [...tags]);
    for (const { name, tags, points } of distributions) {
      for (const point of points) sender.distribution(name, point, [...tags]);
    }
    await sender.flush();
  };

  let flushing: Promise<void> = Promise.resolve();
  const timer = setInterval(() => {
    flushing = flushing.then(flush);
  }, options.flushIntervalMs);
  timer.unref();

  return {
    stop: async () => {
      clearInterval(timer);
      await loaded.catch(() => undefined);
      const deadline = new Promise<void>((resolve) => setTimeout(resolve, REQUEST_TIMEOUT_MS).unref());
      await Promise.race([flushing.then(flush), deadline]);
    },
  };
}

function openSender(
  library: { readonly BufferedMetricsLogger: typeof BufferedMetricsLogger },
  options: DatadogOptions,
): BufferedMetricsLogger {
  return new library.BufferedMetricsLogger({
    prefix: PREFIX,
    // Not the machine's name: pods on one host would overwrite each other's points.
    host: options.pod,
    defaultTags: [`pod:${options.pod}`, ...options.tags],
    flushIntervalSeconds: 0,
    ...transport(options),
    onError: (error: unknown) => {
      options.logger.warn({ error: describe(error) }, 'metrics could not be sent to Datadog');
    },
  });
}

function transport(options: DatadogOptions): BufferedMetricsLoggerOptions {
  const { apiKey, apiUrl, site } = options;
  if (apiUrl !== undefined)
    return { reporter: { report: (series: Point[]) => reportTo(apiUrl, apiKey, series) } };
  return { apiKey, retries: 2, ...(site !== undefined && { site }) };
}

interface Point {
  readonly type: string;
}

/** The library can't be given a base URL, so a proxy is spoken to here: the same two calls of the v1 API. */
async function reportTo(apiUrl: string, apiKey: string, series: readonly Point[]): Promise<void> {
  const distributions = series.filter(({ type }) => type === 'distribution');
  const others = series.filter(({ type }) => type !== 'distribution');
  const base = apiUrl.replace(/\/+$/, '');
  const post = async (path: string, batch: readonly Point[]): Promise<void> => {
    if (batch.length === 0) return;
    const answer = await fetch(`${base}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'dd-api-key': apiKey },
      body: JSON.stringify({ series: batch }),
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    });
    await answer.arrayBuffer();
    if (!answer.ok) throw new Error(`${path} answered ${String(answer.status)}`);
  };
  await Promise.all([post('/api/v1/series', others), post('/api/v1/distribution_points', distributions)]);
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
