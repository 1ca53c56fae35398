/** How `rules simulate` tells pushes apart: by their texts, hours, locales, rules and merchants. */
import { describe, expect, it } from 'vitest';
import type { Answer } from '../../../src/replay/answer.ts';
import { createComparison } from '../../../src/replay/comparison.ts';
import {
  deadLettered,
  filtered,
  queued,
  unknown,
  type ComparedChanges,
} from '../../support/replay/answers.ts';
import { count, idsOf, type Event } from '../../support/replay/counted.ts';

const zone = (changes: Record<string, unknown>): ComparedChanges => ({
  record: { event: { timeZoneKnown: true, localHour: 13, ...changes } },
});

describe('the texts of pushes', () => {
  const saying = (title: string, body?: string): Event => [
    filtered(),
    queued('c-1', { title, ...(body !== undefined && { body }) }),
  ];

  it('are counted as one where they differ in their numbers alone', () => {
    const { texts } = count([
      saying('20 % at 120.5 m', 'until 18'),
      saying('7 % at 1,200.25 m', 'until 9'),
      saying('20 % at 120.5 m'),
      saying('20 % off'),
    ]);
    expect([...texts.after]).toEqual([
      ['# % at # m\nuntil #', 2],
      ['# % at # m\n', 1],
      ['# % off\n', 1],
    ]);
    expect(texts.before.size).toBe(0);
  });

  it('are the old rules’ where these pushed', () => {
    const { texts } = count([[queued('c-1', { title: 'old' }), queued('c-1', { title: 'new' })]]);
    expect([[...texts.before], [...texts.after]]).toEqual([[['old\n', 1]], [['new\n', 1]]]);
  });

  it('are 20,000 at most: more are not told, those are counted on', () => {
    const into = createComparison();
    for (let index = 1; index < 20_000; index += 1) into.texts.after.set(`text ${String(index)}`, 1);
    const { texts } = count([saying('last'), saying('too many'), saying('last')], { into });
    expect([texts.after.size, texts.after.get('last\n')]).toEqual([20_000, 2]);
  });
});

describe('by hour and by locale', () => {
  it('are the pushes of both sides, with what is gained and lost', () => {
    const { groups } = count([
      [queued(), queued(), zone({ localHour: 9, locale: 'de-DE' })],
      [queued(), filtered(), zone({ localHour: 9, locale: 'fr' })],
      [filtered(), queued(), zone({ localHour: 14, locale: 'de-DE' })],
    ]);
    const rows = (name: 'hour' | 'locale') =>
      [...groups[name]].map(([key, { before, after, gained, lost }]) => [
        ...[key, before.most, after.most, idsOf(gained), idsOf(lost)],
      ]);
    expect(rows('hour')).toEqual([
      ['09:00', 2, 1, [], ['e-2']],
      ['14:00', 0, 1, ['e-3'], []],
    ]);
    expect(rows('locale')).toEqual([
      ['de-DE', 1, 2, ['e-3'], []],
      ['fr', 1, 0, [], ['e-2']],
    ]);
  });

  it('stand apart where the event says none', () => {
    const { groups } = count([[queued(), queued(), zone({ timeZoneKnown: false, localHour: 0 })]]);
    expect([[...groups.hour.keys()], [...groups.locale.keys()]]).toEqual([['no time zone'], ['no locale']]);
  });

  it('are told where one side alone may push, and not where none does', () => {
    const hours = (...event: Event) => [...count([event]).groups.hour.keys()];
    expect(hours(filtered(), unknown())).toEqual(['13:00']);
    expect(hours(unknown(), filtered())).toEqual(['13:00']);
    expect(hours(filtered(), filtered('stale'))).toEqual([]);
  });
});

describe('by rule', () => {
  const byRule = (events: readonly Event[]) =>
    [...count(events).groups.rule].map(([name, { gained, lost }]) => [name, idsOf(gained), idsOf(lost)]);

  it('a gained push is one that the old rules kept back, a lost one the new ones keep back', () => {
    expect(
      byRule([
        [filtered('rules_excluded', 'too-dear'), queued()],
        [queued(), filtered('quiet_hours', 'quietHours')],
        [deadLettered('coupon_api_failed'), queued()],
        [filtered('rules_excluded', 'too-dear'), queued()],
        [queued(), queued()],
        [filtered(), filtered('stale', 'event.maxAge')],
      ]),
    ).toEqual([
      ['too-dear', ['e-1', 'e-4'], []],
      ['quietHours', [], ['e-2']],
      ['coupon_api_failed', ['e-3'], []],
    ]);
  });

  it('nobody knows which one it was where the side without the push is not known', () => {
    expect(
      byRule([
        [unknown(), queued()],
        [queued(), unknown()],
      ]),
    ).toEqual([['not known', ['e-1'], ['e-2']]]);
  });
});

describe('by merchant', () => {
  const byMerchant = (...event: Event) =>
    [...count([event]).groups.merchant].map(([name, { before, after, gained, lost }]) => ({
      ...{ name, before: [before.least, before.most], after: [after.least, after.most] },
      ...{ gained: [gained.least, gained.most], lost: [lost.least, lost.most] },
    }));
  const NONE = [0, 0];
  const MAYBE = [0, 1];
  const SURELY = [1, 1];

  it('a push that is another merchant’s is lost by the one and gained by the other', () => {
    expect(byMerchant(queued('c-1'), queued('c-2'))).toEqual([
      { name: 'm-1', before: SURELY, after: NONE, gained: NONE, lost: SURELY },
      { name: 'm-2', before: NONE, after: SURELY, gained: SURELY, lost: NONE },
    ]);
  });

  it('a push of one of several coupons may be of each of their merchants', () => {
    const pushes = ['1', '2'].map((id) => ({ couponId: `c-${id}`, merchantId: `m-${id}` }));
    expect(byMerchant(queued('c-1'), unknown({ isPushed: 'surely', pushes }))).toEqual([
      { name: 'm-1', before: SURELY, after: MAYBE, gained: NONE, lost: MAYBE },
      { name: 'm-2', before: NONE, after: MAYBE, gained: MAYBE, lost: NONE },
    ]);
  });

  it('a push of one of several coupons of one merchant is surely that merchant’s', () => {
    const pushes = ['1', '2'].map((id) => ({ couponId: `c-${id}`, merchantId: 'm-1' }));
    const [row] = byMerchant(filtered(), unknown({ isPushed: 'surely', pushes }));
    expect(row).toEqual({ name: 'm-1', before: NONE, after: SURELY, gained: SURELY, lost: NONE });
    expect(byMerchant(filtered(), unknown({ pushes }))).toMatchObject([{ name: 'm-1', after: MAYBE }]);
  });

  it('nobody knows whose a push is of whatever coupon', () => {
    expect(byMerchant(filtered(), unknown())).toMatchObject([{ name: 'not known', after: MAYBE }]);
    const unnamed: Answer = { kind: 'known', outcome: { kind: 'queued' }, text: undefined };
    expect(byMerchant(unnamed, filtered())).toMatchObject([{ name: 'not known', before: SURELY }]);
  });

  it('nothing is told where nothing is pushed', () => {
    expect(byMerchant(filtered(), deadLettered('coupon_api_failed'))).toEqual([]);
    expect(byMerchant(filtered(), unknown({ isPushed: 'no', pushes: undefined }))).toEqual([]);
  });
});
