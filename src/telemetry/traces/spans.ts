/** What spans of this service have in common: parents by hand, times on one base, faults by their kind alone. */
import { ROOT_CONTEXT, SpanStatusCode, trace, TraceFlags, type Context, type Span } from '@opentelemetry/api';
import { TraceState } from '@opentelemetry/core';
import { headerText, type HeaderValue } from '../../domain/record.ts';
import type { RemoteSpan } from '../../domain/trace.ts';
import { monotonicMs } from '../../runtime/clock.ts';
import { isUnavailable } from '../../runtime/errors.ts';

/** @returns epoch ms of a `monotonicMs()`. Made once a trace, so that its spans lie right to each other. */
export function createTimeBase(): (atMs: number) => number {
  const offsetMs = Date.now() - monotonicMs();
  return (atMs) => offsetMs + atMs;
}

/** The context of a span somewhere else, which was sampled there. @param state its `tracestate` header. */
export function remoteContext({ traceId, spanId }: RemoteSpan, state?: HeaderValue): Context {
  return trace.setSpanContext(ROOT_CONTEXT, {
    ...{ traceId, spanId, traceFlags: TraceFlags.SAMPLED, isRemote: true },
    ...(state !== undefined && { traceState: new TraceState(headerText(state)) }),
  });
}

/** What whoever goes on with this span is given. */
export function traceparentOf(span: Span): string {
  const { traceId, spanId } = span.spanContext();
  return `00-${traceId}-${spanId}-01`;
}

/** Names the kind of a fault only: an error's text may hold what partners and producers have sent. */
export function markFailed(span: Span, kind: string): void {
  span.setAttribute('error.type', kind);
  span.setStatus({ code: SpanStatusCode.ERROR, message: kind });
}

/** The service that is away, else the error's class. */
export function kindOf(failure: unknown): string {
  if (isUnavailable(failure)) return `${failure.service} away`;
  return failure instanceof Error ? failure.name : 'unknown';
}
