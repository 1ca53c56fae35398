/** Whether events are traced, and how: OpenTelemetry's variables into one answer. */
import { readPairs } from './forms.ts';
import type { TRACE_VARIABLES } from './trace-variables.ts';
import type { Values } from './variables.ts';

const SERVICE_NAME = 'coupon-notifier';

/** @returns undefined where they are off. */
export function tracesOf(values: Pick<Values, keyof typeof TRACE_VARIABLES>) {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: base, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: whole } = values;
  const url = whole ?? (base === undefined ? undefined : `${base.replace(/\/+$/, '')}/v1/traces`);
  if (url === undefined || values.OTEL_SDK_DISABLED || values.OTEL_TRACES_EXPORTER === 'none')
    return undefined;
  const name = values.OTEL_SERVICE_NAME;
  return {
    url,
    headers: {
      ...readPairs(values.OTEL_EXPORTER_OTLP_HEADERS),
      ...readPairs(values.OTEL_EXPORTER_OTLP_TRACES_HEADERS),
    },
    timeoutMs: values.OTEL_EXPORTER_OTLP_TRACES_TIMEOUT ?? values.OTEL_EXPORTER_OTLP_TIMEOUT,
    sampler: values.OTEL_TRACES_SAMPLER,
    ratio: values.OTEL_TRACES_SAMPLER_ARG,
    attributes: {
      'service.name': SERVICE_NAME,
      ...readPairs(values.OTEL_RESOURCE_ATTRIBUTES),
      ...(name !== undefined && { 'service.name': name }),
    },
    batch: {
      delayMs: values.OTEL_BSP_SCHEDULE_DELAY,
      exportTimeoutMs: values.OTEL_BSP_EXPORT_TIMEOUT,
      maxQueueSize: values.OTEL_BSP_MAX_QUEUE_SIZE,
      maxBatchSize: values.OTEL_BSP_MAX_EXPORT_BATCH_SIZE,
    },
  };
}
