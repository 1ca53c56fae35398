/** Answers of a replay and compared events: valid ones, in which a test changes what it is about. */
import type { DecisionRecord } from '../../../src/domain/decision.ts';
import type { DeadLetterReason, FilterReason } from '../../../src/domain/outcome.ts';
import type { PushText } from '../../../src/pipeline/ports.ts';
import type { Answer, KnownAnswer, UnknownAnswer } from '../../../src/replay/answer.ts';
import type { Compared } from '../../../src/replay/replay-user.ts';
import { decision } from '../decisions.ts';

const RULES = { rulesVersion: '2', rulesHash: 'ba9876543210' };

/** @param couponId of the merchant with its number: `c-1` of `m-1`. */
export function queued(couponId = 'c-1', text?: PushText): KnownAnswer {
  const merchantId = couponId.replace('c-', 'm-');
  return { kind: 'known', outcome: { kind: 'queued', couponId, merchantId, ...RULES }, text };
}

export function filtered(reason: FilterReason = 'cooldown', rule = 'caps[0]'): KnownAnswer {
  return { kind: 'known', outcome: { kind: 'filtered', reason, rule, ...RULES }, text: undefined };
}

export function deadLettered(reason: DeadLetterReason): KnownAnswer {
  return { kind: 'known', outcome: { kind: 'dead_lettered', reason, error: '', ...RULES }, text: undefined };
}

export function unknown(changes: Partial<UnknownAnswer> = {}): UnknownAnswer {
  return {
    ...{ kind: 'unknown', because: 'pushes', isPushed: 'maybe', pushes: undefined, possible: [] },
    ...changes,
  };
}

/** The epoch ms of noon, and the text of so many seconds after it. */
export const NOON_MS = Date.parse('2026-11-22T12:00:00Z');
export const afterNoon = (seconds: number): string => new Date(NOON_MS + seconds * 1000).toISOString();

export interface ComparedChanges {
  readonly record?: { readonly [Field in keyof DecisionRecord]?: unknown };
  readonly isFirst?: boolean;
  readonly isNewPush?: Compared['isNewPush'];
}

export function compared(before: Answer, after: Answer, changes: ComparedChanges = {}): Compared {
  const { record, isFirst = true, isNewPush = { before: true, after: true } } = changes;
  return { record: decision(record), before, after, isFirst, isNewPush };
}
