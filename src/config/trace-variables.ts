/** OpenTelemetry's own variables, as far as traces need them, with its defaults but for the sampler's. */
import { baseUrl, count, durationMs, endpointUrl, flag, oneOf, pairs, ratio, text } from './forms.ts';
import { defaulted, optional, secret } from './variable.ts';

const protocol = oneOf('http/protobuf');

export const TRACE_VARIABLES = {
  OTEL_EXPORTER_OTLP_ENDPOINT: optional(
    baseUrl,
    'Traces are sent where it is set: base URL of an OTLP receiver, to which `/v1/traces` is added',
    'off',
  ),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: optional(endpointUrl, 'The same as a whole URL; it goes first', 'off'),
  OTEL_EXPORTER_OTLP_HEADERS: secret(
    optional(pairs, 'With each request to it: `name=value,…`, percent-encoded'),
  ),
  OTEL_EXPORTER_OTLP_TRACES_HEADERS: secret(optional(pairs, 'More of them, which go first')),
  OTEL_EXPORTER_OTLP_PROTOCOL: optional(protocol, '`http/protobuf`, the only one', '`http/protobuf`'),
  OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: optional(protocol, 'The same', '`http/protobuf`'),
  OTEL_EXPORTER_OTLP_TIMEOUT: defaulted(
    durationMs(1),
    10_000,
    'Longest one request to it takes, tries included',
  ),
  OTEL_EXPORTER_OTLP_TRACES_TIMEOUT: optional(durationMs(1), 'The same; it goes first'),
  OTEL_SDK_DISABLED: defaulted(flag, false, '`true`: no traces, whatever else is set'),
  OTEL_TRACES_EXPORTER: defaulted(oneOf('otlp', 'none'), 'otlp', '`none`: no traces'),
  OTEL_TRACES_SAMPLER: defaulted(
    oneOf(
      ...(['always_on', 'always_off', 'traceidratio'] as const),
      ...(['parentbased_always_on', 'parentbased_always_off', 'parentbased_traceidratio'] as const),
    ),
    'parentbased_always_off',
    'Which events are traced: by the producer’s `traceparent` flag alone, or `always_on`, `always_off`, `traceidratio`, each also with `parentbased_` before it',
  ),
  OTEL_TRACES_SAMPLER_ARG: defaulted(ratio, 1, 'With `…traceidratio`: of how many events, 0 to 1'),
  OTEL_SERVICE_NAME: optional(text, '`service.name` of the traces', '`coupon-notifier`'),
  OTEL_RESOURCE_ATTRIBUTES: optional(pairs, 'On every trace: `name=value,…`, percent-encoded'),
  OTEL_BSP_SCHEDULE_DELAY: defaulted(durationMs(1), 5000, 'How long finished spans wait for others'),
  OTEL_BSP_EXPORT_TIMEOUT: defaulted(
    durationMs(1),
    30_000,
    'After this the next spans are sent, whatever became of the last',
  ),
  OTEL_BSP_MAX_QUEUE_SIZE: defaulted(count(1, 65_536), 2048, 'Spans that wait to be sent; more are dropped'),
  OTEL_BSP_MAX_EXPORT_BATCH_SIZE: defaulted(count(1, 65_536), 512, 'Most spans in one request'),
} as const;
