/** The spans of one event: its own, one a step, one a coupon call. */
import type { Span, Tracer } from '@opentelemetry/api';
import type { EventTrace, TracedOrigin, TracedStep } from '../../domain/event-trace.ts';
import type { Outcome } from '../../domain/outcome.ts';
import { monotonicMs } from '../../runtime/clock.ts';
import { AbandonedError } from '../../runtime/errors.ts';
import { createChildSpans, type Target } from './child-spans.ts';
import { kindOf, markFailed, traceparentOf } from './spans.ts';

/** Of a record with many events the first so many have spans for their steps; the others one span each. */
const DETAILED_EVENTS = 16;
/** Spans under an event's: all its steps, some again, and some calls. */
const CHILDREN = 24;

export interface EventTraceParts {
  readonly tracer: Tracer;
  /** Epoch ms of a `monotonicMs()`. */
  readonly timeOf: (atMs: number) => number;
  readonly consumerGroup: string;
  readonly target: Target;
}

/** @param span the event's own, which has just begun. */
export function traceEvent(span: Span, origin: TracedOrigin, parts: EventTraceParts): EventTrace {
  const { tracer, timeOf, target } = parts;
  const children = createChildSpans(tracer, origin.source.index < DETAILED_EVENTS ? CHILDREN : 0, timeOf);
  let step:
    { readonly name: TracedStep; readonly span: Span | undefined; readonly sinceMs: number } | undefined;
  describe(span, origin, parts);
  children.past('validate', span, origin.receivedAtMs, origin.validatedAtMs);
  children.past('wait', span, origin.validatedAtMs, monotonicMs());

  function leave(failure?: unknown): void {
    if (step === undefined) return;
    const { name, span: own, sinceMs } = step;
    step = undefined;
    if (own === undefined) {
      children.note(span, name, {
        duration_ms: Math.round(monotonicMs() - sinceMs),
        ...(failure !== undefined && { 'error.type': kindOf(failure) }),
      });
      return;
    }
    if (failure !== undefined) markFailed(own, kindOf(failure));
    children.end(own);
  }

  return {
    traceparent: traceparentOf(span),
    call: () => children.call(step?.span ?? span, target),
    note: (name, about) => children.note(step?.span ?? span, name, about),
    enter(name) {
      step = { name, span: children.start(name, span), sinceMs: monotonicMs() };
    },
    leave,
    ended(outcome) {
      leave();
      describeOutcome(span, outcome);
      children.end(span);
    },
    abandoned(failure) {
      leave(failure);
      span.setAttribute('coupon_notifier.outcome', 'abandoned');
      if (!(failure instanceof AbandonedError)) markFailed(span, kindOf(failure));
      children.end(span);
    },
  };
}

function describe(span: Span, { source, eventId }: TracedOrigin, { consumerGroup }: EventTraceParts): void {
  span.setAttributes({
    'messaging.system': 'kafka',
    'messaging.operation.name': 'process',
    'messaging.operation.type': 'process',
    'messaging.consumer.group.name': consumerGroup,
    'messaging.destination.name': source.topic,
    'messaging.destination.partition.id': String(source.partition),
    'messaging.kafka.offset': Number(source.offset),
    'coupon_notifier.event.index': source.index,
    'coupon_notifier.event.id': eventId,
  });
}

function describeOutcome(span: Span, outcome: Outcome): void {
  span.setAttribute('coupon_notifier.outcome', outcome.kind);
  if (outcome.rulesVersion !== undefined)
    span.setAttribute('coupon_notifier.rules.version', outcome.rulesVersion);
  if (outcome.kind === 'queued') return;
  span.setAttribute('coupon_notifier.reason', outcome.reason);
  if (outcome.kind === 'filtered') span.setAttribute('coupon_notifier.rule', outcome.rule);
  else markFailed(span, outcome.reason);
}
