/** A recorded event among others of its user: what is explained is what was asked in the event's own turn. */
import { expect, it } from 'vitest';
import type { RecordingLine } from '../../../../src/domain/decision.ts';
import { explainRecorded } from '../../../../src/replay/explain/explain-recorded.ts';
import { parseRules } from '../../../../src/rules/document/parse-rules.ts';
import { decision } from '../../../support/decisions.ts';

const TEXT = JSON.stringify({ version: 'v', caps: [{ per: 'user', max: 1, window: '24h' }] });
const CAPPED = {
  ...{ outcome: 'filtered', reason: 'cooldown', rule: 'caps[0]', couponApi: 'not_asked' },
  ...{ coupons: undefined, couponId: undefined, merchantId: undefined },
} as const;

it('an event that an earlier one had to reckon with has the checks of its own turn', async () => {
  const parsed = parseRules(TEXT);
  if (!parsed.ok) expect.fail(parsed.problems[0]?.message);
  const { document, rules } = parsed;
  const lines: readonly RecordingLine[] = [
    decision({ eventId: 'e-1', pod: 'pod-a', at: '2026-11-22T12:00:00.000Z' }),
    {
      ...{ kind: 'delivery', v: 1, userId: 'u-1', eventId: 'e-1' },
      ...{ at: '2026-11-22T12:00:05.000Z', outcome: 'sent' },
    },
    // Without coupons nobody knows when it would have claimed: after e-3, maybe.
    decision({ eventId: 'e-2', pod: 'pod-a', at: '2026-11-22T12:01:00.000Z', ...CAPPED }),
    decision({ eventId: 'e-3', pod: 'pod-b', at: '2026-11-22T12:02:00.000Z', ...CAPPED }),
  ];
  const recorded = { lines, beganMs: undefined, unreadable: 0, nothingBefore: true };
  const found = await explainRecorded(document, rules.hash, 'e-3', recorded);
  expect(found?.summary).toMatch(/^No push: caps\[0\]/);
  expect(found?.checks).toContainEqual(expect.objectContaining({ name: 'caps[0]', verdict: 'stopped' }));
});
