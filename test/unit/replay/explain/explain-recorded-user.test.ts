/** A recorded event is explained by what the recording says, and what it does not say is noted. */
import { describe, expect, it } from 'vitest';
import type { RecordingLine } from '../../../../src/domain/decision.ts';
import { explainRecorded, type RecordedUser } from '../../../../src/replay/explain/explain-recorded.ts';
import type { Explanation } from '../../../../src/replay/explain/explanation.ts';
import { parseRules } from '../../../../src/rules/document/parse-rules.ts';
import { decision, decisionCoupon } from '../../../support/decisions.ts';
import { document } from '../../rules/documents.ts';

const HASH = 'abcdefabcdef';
const at = (minute: number): string => `2026-11-22T12:${String(minute).padStart(2, '0')}:00.000Z`;
const NO_COUPONS = { couponApi: 'not_asked', coupons: undefined } as const;
const NO_PUSH = { couponId: undefined, merchantId: undefined } as const;
const COOLDOWN = { outcome: 'filtered', reason: 'cooldown', rule: 'caps[0]', ...NO_PUSH } as const;
const sent = (eventId: string, minute: number): RecordingLine => ({
  ...{ kind: 'delivery', v: 1, userId: 'u-1', eventId, at: at(minute), outcome: 'sent' },
});

async function explain(
  lines: readonly RecordingLine[],
  eventId = 'e-1',
  { sections = '', ...more }: Partial<RecordedUser> & { readonly sections?: string } = {},
): Promise<Explanation | undefined> {
  const parsed = parseRules(document(sections));
  if (!parsed.ok) expect.fail(parsed.problems[0]?.message);
  const user = { lines, beganMs: undefined, unreadable: 0, nothingBefore: true, ...more };
  return explainRecorded(parsed.document, HASH, eventId, user);
}
const notesOf = async (...lines: readonly RecordingLine[]) => (await explain(lines))?.notes;
const NOBODY = 'No record says how a push of this user ended.';

describe('notes say', () => {
  it('what pods did, by these rules or by others', async () => {
    const end = ['How that push ended is not recorded.', NOBODY];
    expect(await notesOf(decision({ rulesHash: HASH }))).toEqual([
      'Then, pods decided by these very rules: queued, coupon c-1 of m-1.',
      ...end,
    ]);
    expect(await notesOf(decision({ rulesVersion: '7' }))).toEqual([
      'Then, pods decided by the rules 7 (0123456789ab): queued, coupon c-1 of m-1.',
      ...end,
    ]);
    expect(await notesOf(decision({ rulesVersion: '7', rulesHash: '' }))).toEqual([
      'Then, pods decided by the rules 7 (of an unknown hash): queued, coupon c-1 of m-1.',
      ...end,
    ]);
    expect(await notesOf(decision({ ...COOLDOWN, rulesHash: HASH }), sent('e-0', 1))).toEqual([
      'Then, pods decided by these very rules: filtered, cooldown by caps[0].',
      'What these rules come to now differs: what decided was not in the recording.',
    ]);
  });

  it('nothing of a difference to what other rules came to', async () => {
    expect(await notesOf(decision(COOLDOWN), sent('e-0', 1))).toEqual([
      'Then, pods decided by the rules 1 (0123456789ab): filtered, cooldown by caps[0].',
    ]);
  });

  it('nothing of a difference where it is not known what these rules come to', async () => {
    const [record, end] = [decision({ ...COOLDOWN, ...NO_COUPONS, rulesHash: HASH }), sent('e-0', 1)];
    const explanation = await explain([record, end]);
    expect(explanation?.notes).toHaveLength(1);
    expect(explanation?.summary).toBe(
      'Not known: The event ended before its coupons were asked for, and these rules let it through.',
    );
    expect(explanation).not.toHaveProperty('needs');
    expect([explanation?.outcome, explanation?.push]).toEqual([undefined, undefined]);
  });

  it('how many records could not be read, whosever they are', async () => {
    const of = async (unreadable: number) =>
      (await explain([decision()], 'e-1', { unreadable }))?.notes.at(-1);
    expect(await of(0)).toBe(NOBODY);
    expect(await of(1)).toBe('1 record could not be read, perhaps of this user.');
    expect(await of(2)).toBe('2 records could not be read, perhaps of this user.');
  });

  it('how the push ended, and that the event came twice', async () => {
    const again = decision({ at: at(1) });
    expect(await notesOf(decision(), again, sent('e-1', 2), sent('e-0', 3))).toEqual([
      'Then, pods decided by the rules 1 (0123456789ab): queued, coupon c-1 of m-1.',
      'That push ended as sent at 2026-11-22T12:02:00.000Z.',
      'The event was delivered again: of 2 records this is the first.',
    ]);
    expect((await notesOf(decision(), sent('e-0', 3)))?.[1]).toBe('How that push ended is not recorded.');
  });
});

describe('an event of a recording', () => {
  it('that is not there has no explanation', async () => {
    expect(await explain([decision()], 'e-9')).toBeUndefined();
    expect(await explain([])).toBeUndefined();
    expect(await explain([sent('e-1', 1)])).toBeUndefined();
  });

  it('has the time, the words and the values of its record', async () => {
    const explanation = await explain([decision()]);
    expect(explanation).toMatchObject({
      ...{ rules: { version: 'v1', hash: HASH }, event: { userId: 'u-1', eventId: 'e-1' } },
      ...{ at: at(0), localTime: '2026-11-22 13:00:00 in Europe/Berlin' },
      ...{ summary: 'A push: coupon c-1 of m-1', push: { title: 'A coffee for two' } },
      coupons: [
        { merchant: 'Café, tier gold, active', score: '19.88 = 20 % discount + 0 boosts − 0.121 km' },
      ],
    });
  });

  it('has the pushes of its user’s earlier events before it, in whatever order pods wrote them', async () => {
    const lines = [
      decision({ eventId: 'e-2', at: at(9), pod: 'pod-2' }),
      sent('e-1', 6),
      decision({ at: at(5) }),
    ];
    const first = await explain(lines, 'e-1');
    expect(first?.outcome?.kind).toBe('queued');
    const second = await explain(lines, 'e-2');
    expect(second).toMatchObject({
      outcome: { kind: 'filtered', reason: 'cooldown' },
      summary:
        'No push: caps[0]: 1 push counts, at most 1 per user in 24h; pushed at 2026-11-22 13:06:00 in Europe/Berlin',
      needs: 'a decision from 2026-11-23 13:06:00 in Europe/Berlin on, if nothing else is pushed',
    });
  });

  it('hangs on what was before the recording, unless nothing was or it began long before', async () => {
    const explanation = await explain([decision()], 'e-1', { nothingBefore: false });
    expect(explanation?.summary).toBe('Not known: A cap hangs on pushes from before the recording.');
    expect(explanation?.checks.find(({ name }) => name === 'caps[0]')).toMatchObject({
      verdict: 'not_known',
      says: '0 pushes surely count, and nobody knows of those before the recording, at most 1 per user in 24h',
    });
    const beganMs = Date.parse('2026-11-20T12:00:00Z');
    const later = await explain([decision()], 'e-1', { nothingBefore: false, beganMs });
    expect(later?.outcome?.kind).toBe('queued');
  });

  it('shows no coordinate, and leaves open what hangs on one', async () => {
    const sections = 'rules: [{ id: north, when: event.latitude > 60, then: exclude }]';
    const explanation = await explain([decision()], 'e-1', { sections });
    expect(explanation?.summary).toBe(
      'Not known: A condition asks for a coordinate, and a recording has distances in their place.',
    );
    expect(explanation?.coupons[0]?.checks[1]).toMatchObject({
      ...{ name: 'north', verdict: 'not_known', says: 'hangs on a coordinate, which is not recorded' },
      clauses: [{ value: 'not known', says: 'event.latitude is not recorded' }],
    });
  });

  it('whose user has other events is explained by itself', async () => {
    const other = decisionCoupon({ couponId: 'c-2', title: 'Another' });
    const lines = [
      decision({ ...COOLDOWN, eventId: 'e-0', coupons: [other], at: at(0) }),
      decision({ at: at(5), event: { ...decision().event, pushConsent: false } }),
      decision({ eventId: 'e-2', coupons: [other], at: at(9) }),
    ];
    const explanation = await explain(lines, 'e-1');
    expect(explanation).toMatchObject({
      ...{ at: at(5), outcome: { kind: 'filtered', reason: 'no_consent' }, coupons: [] },
    });
    expect(explanation?.checks.at(-1)?.verdict).toBe('not_asked');
  });
});
