/**
 * Traces go to an OTLP endpoint in batches, in the background. An endpoint that is away, slow or odd costs spans and two
 * log lines, never an event. What waits to be sent is bounded by a number of spans; more are dropped and counted. `stop`
 * sends what is left, in bounded time.
 */
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import type { EventTracer } from '../../domain/event-trace.ts';
import { within } from '../../runtime/deadline.ts';
import type { Logger } from '../../runtime/logger.ts';
import { createEventTracer, type PartnerUrls } from './event-tracer.ts';
import { createSampling } from './sampling.ts';
import { boundQueue, watchExport } from './watch-export.ts';
import type { TraceSettings } from './trace-settings.ts';

/** A last flush takes no longer: a pod that stops has other things to close. */
const LAST_FLUSH_MS = 2000;
/** Tries while a partner or service is away become events of a span; the oldest give way. */
const EVENTS_A_SPAN = 64;
const TEXT_CHARACTERS = 256;

export interface TraceOptions extends TraceSettings, PartnerUrls {
  readonly pod: string;
  readonly version: string;
  readonly consumerGroup: string;
  readonly logger: Logger;
  /** Spans were dropped: the queue was full, or the endpoint did not take them. Must not throw. */
  readonly onDropped: (spans: number) => void;
}

export interface Traces {
  readonly tracer: EventTracer;
  /** Sends what has ended; resolves within {@link LAST_FLUSH_MS}, whatever the endpoint does. */
  stop(): Promise<void>;
}

export function openTraces(options: TraceOptions): Traces {
  const { batch, logger, onDropped, version } = options;
  const { sampler, mayBeSampled } = createSampling(options);
  const exporter = watchExport(
    new OTLPTraceExporter({
      url: options.url,
      headers: { ...options.headers },
      timeoutMillis: options.timeoutMs,
      // The last flush sends all that waits at once; so much may be out at worst, beside as much that waits.
      concurrencyLimit: Math.ceil(batch.maxQueueSize / batch.maxBatchSize) + 1,
    }),
    { logger, onDropped },
  );
  const queue = boundQueue(
    (taking) =>
      new BatchSpanProcessor({
        exporter: taking(exporter),
        scheduledDelayMillis: batch.delayMs,
        exportTimeoutMillis: batch.exportTimeoutMs,
        maxQueueSize: batch.maxQueueSize,
        maxExportBatchSize: batch.maxBatchSize,
      }),
    { maxSpans: batch.maxQueueSize, onDropped },
  );
  const resource = resourceFromAttributes({
    'service.version': version,
    'service.instance.id': options.pod,
    ...options.attributes,
  });
  const provider = new TracerProvider({
    sampler,
    resource: defaultResource().merge(resource),
    spanProcessors: [queue],
    spanLimits: { eventCountLimit: EVENTS_A_SPAN, attributeValueLengthLimit: TEXT_CHARACTERS },
  });
  const tracer = provider.getTracer('coupon-push-notifier', version);
  return {
    tracer: createEventTracer({ tracer, mayBeSampled, ...options }),
    stop: async () => {
      const flushed = provider.shutdown().catch(() => undefined);
      await within(
        flushed.then(() => exporter.whenIdle()),
        { limitMs: LAST_FLUSH_MS },
      );
    },
  };
}
