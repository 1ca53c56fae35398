/**
 * Each sampled event as one trace, from its producer's context to the call that sends its push. Names follow
 * OpenTelemetry's conventions for messaging and HTTP where there are some. No attribute holds a user, a coordinate, a
 * push's text, or a text of an error.
 */
import { ROOT_CONTEXT, SpanKind, type Tracer } from '@opentelemetry/api';
import type { EventTracer } from '../../domain/event-trace.ts';
import { readTraceparent } from '../../domain/trace.ts';
import { traceDelivery } from './delivery-trace.ts';
import { traceEvent } from './event-trace.ts';
import type { Sampling } from './sampling.ts';
import { createTimeBase, remoteContext } from './spans.ts';
import type { Target } from './child-spans.ts';

export interface PartnerUrls {
  readonly couponApiUrl: string;
  readonly pushApiUrl: string;
}

export interface EventTracerOptions extends PartnerUrls, Pick<Sampling, 'mayBeSampled'> {
  readonly tracer: Tracer;
  readonly consumerGroup: string;
}

export function createEventTracer(options: EventTracerOptions): EventTracer {
  const { tracer, mayBeSampled, consumerGroup } = options;
  const couponCall = targetOf('GET', options.couponApiUrl, '/v1/coupons');
  const pushCall = targetOf('POST', options.pushApiUrl, '/v1/pushes');

  return {
    event(origin) {
      const { source, headers, receivedAtMs } = origin;
      const parent = readTraceparent(headers['traceparent']);
      if (!mayBeSampled(parent)) return undefined;
      const timeOf = createTimeBase();
      const about = { kind: SpanKind.CONSUMER, startTime: timeOf(receivedAtMs) };
      const context = parent === undefined ? ROOT_CONTEXT : remoteContext(parent, headers['tracestate']);
      const span = tracer.startSpan(`process ${source.topic}`, about, context);
      if (!span.isRecording()) return undefined;
      return traceEvent(span, origin, { tracer, timeOf, consumerGroup, target: couponCall });
    },
    delivery(run) {
      const { envelope, begunAtMs } = run;
      const parent = envelope.isTraced === true ? readTraceparent(envelope.traceparent) : undefined;
      if (parent === undefined || !mayBeSampled(parent)) return undefined;
      const timeOf = createTimeBase();
      const about = { kind: SpanKind.CONSUMER, startTime: timeOf(begunAtMs) };
      const span = tracer.startSpan('process pushes', about, remoteContext(parent));
      if (!span.isRecording()) return undefined;
      return traceDelivery(span, run, { tracer, timeOf, target: pushCall });
    },
  };
}

function targetOf(method: Target['method'], url: string, template: string): Target {
  const { hostname, port, protocol } = new URL(url);
  const usual = protocol === 'https:' ? 443 : 80;
  return { method, template, host: hostname, port: port === '' ? usual : Number(port) };
}
