/** Traces, where an endpoint is set. Their library is loaded only then. */
import type { Config } from '../config/config.ts';
import type { Logger } from '../runtime/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Traces } from '../telemetry/traces/open-traces.ts';

export interface TraceParts {
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly version: string;
}

/** @returns undefined where they are off. */
export async function openPodTraces(
  config: Config,
  { logger, metrics, version }: TraceParts,
): Promise<Traces | undefined> {
  if (config.traces === undefined) return undefined;
  const { openTraces } = await import('../telemetry/traces/open-traces.ts');
  return openTraces({
    ...config.traces,
    ...{ pod: config.pod, version, logger, consumerGroup: config.kafka.groupId },
    couponApiUrl: config.couponApi.url,
    pushApiUrl: config.pushApi.url,
    onDropped: (spans) => {
      metrics.count('trace_spans_dropped', {}, spans);
    },
  });
}
