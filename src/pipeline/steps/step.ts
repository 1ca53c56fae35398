/**
 * The one shape of a step. A step is made once a pod, with the ports that it needs. It is called once an event, with the
 * event's context and what the steps before it returned. It returns what the next steps need, or the event's outcome.
 * An error that it throws means "not decided".
 */
import type { LocationEvent } from '../../domain/event.ts';
import type { EventTrace } from '../../domain/event-trace.ts';
import type { FilterReason, Outcome } from '../../domain/outcome.ts';
import type { Ownership } from '../../domain/ownership.ts';
import type { EndedEnvelope } from '../../domain/push.ts';
import type { EventSource } from '../../domain/record.ts';
import type { DecisionSeen, Ruleset } from '../ports.ts';

/** An event that is to be decided, as the edge hands it in. */
export interface EventRun {
  readonly event: LocationEvent;
  readonly source: EventSource;
  readonly traceparent: string;
  /** What the producer's tracing wants passed on beside it. */
  readonly tracestate?: string | undefined;
  /** When the event came into the pod, `monotonicMs()`. */
  readonly receivedAtMs: number;
  readonly ownership: Ownership;
  /** Undefined where the decision is not recorded. */
  readonly seen?: DecisionSeen | undefined;
  /** Undefined where the event is not traced. */
  readonly trace?: EventTrace | undefined;
}

/** What every step knows of its event. One object a run: closures and copies would cost microseconds. */
export interface EventContext extends EventRun {
  /** The version that the step goes by: read at the start of a run, and again after the coupon call. */
  rules: Ruleset;
  /** Set while the coupons of a large answer are held. Called once the run has ended, whatever came of it. */
  releaseCoupons: (() => void) | undefined;
}

export type StepResult<Value> = { readonly done: false; readonly value: Value } | Done;

/** The event's outcome is decided. */
export interface Done {
  readonly done: true;
  readonly outcome: Outcome;
}

export type Step<Input, Value> = (context: EventContext, input: Input) => StepResult<Value>;
export type AsyncStep<Input, Value> = (context: EventContext, input: Input) => Promise<StepResult<Value>>;

export function next<Value>(value: Value): StepResult<Value> {
  return { done: false, value };
}

export function done(outcome: Outcome): Done {
  return { done: true, outcome };
}

/** @param rule what decided: a rule's id, or the path of a setting. */
export function filtered(
  reason: FilterReason,
  rule: string,
  { version, hash }: Pick<Ruleset, 'version' | 'hash'>,
  about: { readonly couponId?: string; readonly merchantId?: string } = {},
): Done {
  return done({ kind: 'filtered', reason, rule, ...about, rulesVersion: version, rulesHash: hash });
}

export function queuedAs({ push, rulesHash }: EndedEnvelope): Outcome {
  const { couponId, merchantId, rulesVersion } = push;
  return {
    kind: 'queued',
    couponId,
    merchantId,
    rulesVersion,
    ...(rulesHash !== undefined && { rulesHash }),
  };
}
