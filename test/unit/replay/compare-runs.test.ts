/** Two runs of pods on the same events: what a replay of the first by other rules says is held against the second. */
import { describe, expect, it } from 'vitest';
import type { DecisionRecord, DeliveryRecord, RecordingLine } from '../../../src/domain/decision.ts';
import { rules } from '../rules/documents.ts';
import { decision, decisionCoupon } from '../../support/decisions.ts';
import { compareRuns } from '../../support/replay/compare-runs.ts';

/** Only coupons of 25 % and more; the cap has room for one push a day. */
const STRICTER = rules('coupon: { minDiscountPercent: 25 }');

const at = (second: number): string => new Date(Date.UTC(2026, 10, 22, 12, 0, second)).toISOString();
const good = decisionCoupon({ discountPercent: 30 });
const low = decisionCoupon({ discountPercent: 20 });

/** Looked up in Redis a second before it is decided, and claimed a second after. */
function pushed(eventId: string, second: number, more: Partial<DecisionRecord> = {}): DecisionRecord {
  const moments = { recalledAt: at(second - 1), at: at(second), claimedAt: at(second + 1) };
  return decision({ eventId, ...moments, coupons: [good], ...more });
}
function excluded(eventId: string, second: number, more: Partial<DecisionRecord> = {}): DecisionRecord {
  const moments = { recalledAt: at(second - 1), at: at(second), askedAt: at(second) };
  const why = { outcome: 'filtered', reason: 'rules_excluded', rule: 'coupon.minDiscountPercent' } as const;
  return decision({ eventId, ...moments, ...why, merchantId: undefined, coupons: [low], ...more });
}
function capped(eventId: string, second: number): DecisionRecord {
  const moments = { recalledAt: at(second - 1), at: at(second), askedAt: at(second) };
  const why = { outcome: 'filtered', reason: 'cooldown', rule: 'caps[0]', couponId: undefined };
  return decision({
    eventId,
    ...moments,
    ...why,
    ...{ merchantId: undefined, couponApi: 'not_asked', coupons: undefined },
  });
}
const ended = (eventId: string, second: number, outcome: DeliveryRecord['outcome']): RecordingLine => ({
  ...{ kind: 'delivery', v: 1, userId: 'u-1', eventId, at: at(second), outcome, pod: 'pod-1' },
});

describe('an event of both runs', () => {
  it('agrees where the second run’s pods did what the replay of the first says', async () => {
    const [first, second] = [pushed('e-1', 10, { coupons: [low] }), excluded('e-1', 20)];
    expect(await compareRuns([first], [second], STRICTER)).toMatchObject({
      ...{ events: 1, agreed: 1, unexplained: [] },
    });
  });

  it('is explained by what the coupon API answered', async () => {
    const other = pushed('e-1', 20, { coupons: [decisionCoupon({ discountPercent: 40 })], couponId: 'c-2' });
    const compared = await compareRuns([pushed('e-1', 10)], [other], STRICTER);
    expect(compared).toMatchObject({ explained: { answer: 1 }, unexplained: [] });
  });

  it('is explained by the order in which Redis was asked, also where one was under way meanwhile', async () => {
    const meanwhile = { recalledAt: at(10), askedAt: at(10), pod: 'pod-2' };
    const first = [pushed('e-1', 10), excluded('e-2', 14, meanwhile)];
    const second = [pushed('e-1', 20), capped('e-2', 25)];
    const compared = await compareRuns(first, second, STRICTER);
    expect(compared).toMatchObject({ agreed: 1, explained: { order: 1 }, unexplained: [] });
  });

  it('is explained by a push that ended otherwise', async () => {
    const first = [pushed('e-1', 10), ended('e-1', 12, 'rejected'), pushed('e-2', 20)];
    const second = [pushed('e-1', 10), ended('e-1', 12, 'sent'), capped('e-2', 20)];
    expect(await compareRuns(first, second, STRICTER)).toMatchObject({
      ...{ agreed: 1, explained: { end: 1 }, unexplained: [] },
    });
  });

  it('is told where nothing explains it', async () => {
    const compared = await compareRuns([pushed('e-1', 10)], [capped('e-1', 20)], STRICTER);
    expect(compared).toMatchObject({ agreed: 0, unexplained: [{ eventId: 'e-1' }] });
  });
});
