/** What a step answers: what the next step needs, or the event's outcome. A thrown error means "not decided". */
import type { FilterReason, Outcome } from '../../domain/outcome.ts';

export type Step<T> =
  { readonly ended: false; readonly value: T } | { readonly ended: true; readonly outcome: Outcome };

export function goOn<T>(value: T): Step<T> {
  return { ended: false, value };
}

export function end(outcome: Outcome): { readonly ended: true; readonly outcome: Outcome } {
  return { ended: true, outcome };
}

export function filtered(
  reason: FilterReason,
  rulesVersion: string,
  about: { readonly rule?: string; readonly couponId?: string; readonly merchantId?: string } = {},
): { readonly ended: true; readonly outcome: Outcome } {
  return end({ kind: 'filtered', reason, rulesVersion, ...about });
}
