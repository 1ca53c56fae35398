/** The evidence of a small run in which everything is right: tests plant one violation at a time in it. */
import type { OutcomeRecord } from '../../../src/domain/outcome.ts';
import type { PushEntry } from '../../simulation/partners/ledger.ts';
import type { Evidence } from '../../simulation/verify/check-promises.ts';
import type { ProducedEvent } from '../../simulation/verify/evidence.ts';

export const DAY = 24 * 60 * 60 * 1000;
export const START = Date.UTC(2026, 10, 22, 12);

export const event = (offset: number, change: Partial<ProducedEvent> = {}): ProducedEvent => ({
  partition: 0,
  offset: String(offset),
  index: 0,
  userId: `u-${offset}`,
  eventId: `e-${offset}`,
  producedAt: START,
  bad: undefined,
  ...change,
});
export const outcome = (of: ProducedEvent, change: Partial<OutcomeRecord>): OutcomeRecord => ({
  eventId: of.eventId ?? `t-0-${of.offset}-0`,
  ...(of.userId === undefined ? {} : { userId: of.userId }),
  at: new Date(START + 50).toISOString(),
  outcome: 'queued',
  pod: 'pod-1',
  source: { topic: 't', partition: of.partition, offset: of.offset, index: of.index },
  ...(change.outcome === 'filtered' && { rule: 'couponApi.empty' }),
  ...change,
});
export const push = (of: ProducedEvent, change: Partial<PushEntry> = {}): PushEntry => ({
  at: START + 100,
  userId: of.userId!,
  eventId: of.eventId!,
  couponId: 'c-1',
  merchantId: 'm-1',
  idempotencyKey: `key-${of.offset}`,
  answer: 202,
  verdict: 'sent',
  accepted: true,
  replayed: false,
  ...change,
});

export const queued = event(0);
export const filtered = event(1);
export const bytes = Buffer.from('{"latitude":91}');
export const bad = event(2, { userId: undefined, eventId: undefined, bad: { reason: 'invalid', bytes } });
const refused = event(3);

/** A run in which everything is right. */
export const good: Evidence = {
  produced: [queued, filtered, bad, refused],
  outcomes: [
    outcome(queued, {}),
    outcome(queued, { outcome: 'sent' }),
    outcome(filtered, { outcome: 'filtered', reason: 'no_coupons' }),
    outcome(bad, { outcome: 'dead_lettered', reason: 'invalid' }),
    outcome(refused, { outcome: 'dead_lettered', reason: 'coupon_api_rejected' }),
  ],
  letters: [
    { partition: 0, offset: '2', index: 0, reason: 'invalid', bytes, eventId: undefined },
    { partition: 0, offset: '3', index: 0, reason: 'coupon_api_rejected', bytes, eventId: 'e-3' },
  ],
  ledger: {
    pushes: [push(queued)],
    couponCalls: [{ userId: 'u-3', eventId: 'e-3', calls: 1, rejections: 1, failures: 0 }],
    breaches: [],
    tokensIssued: 1,
  },
  committed: [{ partition: 0, offset: '4' }],
  ends: [{ partition: 0, offset: '4' }],
  caps: [
    { per: 'user', max: 1, windowMs: DAY },
    { per: 'user+merchant', max: 1, windowMs: 7 * DAY },
  ],
  idempotentPushApi: false,
};
