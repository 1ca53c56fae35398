/**
 * What is told of an event that is traced: by the flow, by the partners' calls, and by the worker that sends its push.
 * Whoever tells holds `undefined` where traces are off or the event is not sampled, and then tells nothing. No method
 * throws.
 */
import type { CallTracer } from './call-trace.ts';
import type { DeliveryOutcome } from './delivery.ts';
import type { Outcome } from './outcome.ts';
import type { EndedEnvelope } from './push.ts';
import type { EventSource, RecordEnvelope } from './record.ts';

/** A step of an event; each is a span of its own. */
export type TracedStep =
  'validate' | 'wait' | 'recall' | 'coupons' | 'rules' | 'claim' | 'enqueue' | 'acknowledge';

export interface EventTracer {
  /** Called once an event's turn has come. Undefined: the event is not sampled. */
  event(origin: TracedOrigin): EventTrace | undefined;
  /** Undefined: the push's event was not sampled. */
  delivery(run: TracedDelivery): DeliveryTrace | undefined;
}

export interface TracedOrigin {
  readonly source: EventSource;
  readonly headers: RecordEnvelope['headers'];
  readonly eventId: string;
  /** `monotonicMs()` each. */
  readonly receivedAtMs: number;
  readonly validatedAtMs: number;
}

/** One run of a push's job. */
export interface TracedDelivery {
  readonly envelope: EndedEnvelope;
  /** From 1; undefined where the run has sent nothing. */
  readonly attempt: number | undefined;
  /** `monotonicMs()` when the run began. */
  readonly begunAtMs: number;
}

export interface EventTrace extends CallTracer {
  /** Of the event's own span: what its push carries to its delivery. */
  readonly traceparent: string;
  enter(step: TracedStep): void;
  /** Ends the step that was entered last. */
  leave(failure?: unknown): void;
  /** Ends the trace. */
  ended(outcome: Outcome): void;
  /** Ends the trace of an event that is read again, or that met a defect. */
  abandoned(failure: unknown): void;
}

export interface DeliveryTrace extends CallTracer {
  /** The push has come to its end by this run. */
  ended(outcome: DeliveryOutcome): void;
  /** Ends the trace. */
  over(failure?: unknown): void;
}
