/** What a step answers: what the next step needs, or the event's outcome. A thrown error means "not decided". */
import type { FilterReason, Outcome } from '../../domain/outcome.ts';
import type { PushEnvelope } from '../../domain/push.ts';
import type { Ruleset } from '../ports.ts';

export type Step<T> =
  { readonly ended: false; readonly value: T } | { readonly ended: true; readonly outcome: Outcome };

export function goOn<T>(value: T): Step<T> {
  return { ended: false, value };
}

export function end(outcome: Outcome): { readonly ended: true; readonly outcome: Outcome } {
  return { ended: true, outcome };
}

/** @param rule what decided: a rule's id, or the path of a setting. */
export function filtered(
  reason: FilterReason,
  rule: string,
  { version, hash }: Pick<Ruleset, 'version' | 'hash'>,
  about: { readonly couponId?: string; readonly merchantId?: string } = {},
): { readonly ended: true; readonly outcome: Outcome } {
  return end({ kind: 'filtered', reason, rule, ...about, rulesVersion: version, rulesHash: hash });
}

export function queuedAs({ push, rulesHash }: PushEnvelope): Outcome {
  const { couponId, merchantId, rulesVersion } = push;
  return {
    kind: 'queued',
    couponId,
    merchantId,
    rulesVersion,
    ...(rulesHash !== undefined && { rulesHash }),
  };
}
