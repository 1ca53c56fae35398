/** The spans of one run of a push's delivery, in whatever pod: its own, and one a call. */
import type { Span, Tracer } from '@opentelemetry/api';
import type { DeliveryTrace, TracedDelivery } from '../../domain/event-trace.ts';
import { createChildSpans, type Target } from './child-spans.ts';
import { kindOf, markFailed } from './spans.ts';

/** A call, and one more after a renewed token. */
const CHILDREN = 4;

export interface DeliveryTraceParts {
  readonly tracer: Tracer;
  /** Epoch ms of a `monotonicMs()`. */
  readonly timeOf: (atMs: number) => number;
  readonly target: Target;
}

/** @param span of the run, which has just begun. */
export function traceDelivery(
  span: Span,
  { envelope, attempt }: TracedDelivery,
  { tracer, timeOf, target }: DeliveryTraceParts,
): DeliveryTrace {
  const children = createChildSpans(tracer, CHILDREN, timeOf);
  span.setAttributes({
    'messaging.system': 'bullmq',
    'messaging.operation.name': 'process',
    'messaging.operation.type': 'process',
    'messaging.destination.name': 'pushes',
    'coupon_notifier.event.id': envelope.push.eventId,
    'coupon_notifier.rules.version': envelope.push.rulesVersion,
    ...(attempt !== undefined && { 'coupon_notifier.attempt': attempt }),
  });
  return {
    call: () => children.call(span, target),
    note: (name, about) => children.note(span, name, about),
    ended(outcome) {
      span.setAttribute('coupon_notifier.outcome', outcome);
      if (outcome === 'rejected' || outcome === 'unknown') markFailed(span, outcome);
    },
    over(failure) {
      if (failure !== undefined) markFailed(span, kindOf(failure));
      children.end(span);
    },
  };
}
