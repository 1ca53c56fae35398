/** What `rules simulate` counts of compared events: each once, with the events behind a number, and bounds where one is not known. */
import { describe, expect, it } from 'vitest';
import type { Answer } from '../../../src/replay/answer.ts';
import {
  afterNoon,
  deadLettered,
  filtered,
  NOON_MS,
  queued,
  unknown,
  type ComparedChanges,
} from '../../support/replay/answers.ts';
import { count, idsOf, times, type Event } from '../../support/replay/counted.ts';

describe('a recording', () => {
  it('lasts from its first decision to its last, in whatever order they are counted', () => {
    const at = (seconds: number): Event => [filtered(), filtered(), { record: { at: afterNoon(seconds) } }];
    const { events, fromMs, untilMs } = count([at(5), at(2), at(9), at(4)]);
    expect({ events, fromMs, untilMs }).toEqual({
      ...{ events: 4, fromMs: NOON_MS + 2000, untilMs: NOON_MS + 9000 },
    });
  });

  it('tells by which documents pods decided, and how many events each', () => {
    const by = (rulesVersion: string, rulesHash: string): Event => [
      filtered(),
      filtered(),
      { record: { rulesVersion, rulesHash } },
    ];
    const { documents } = count([by('1', 'aa'), by('2', 'bb'), by('1', 'aa'), by('1', 'cc')]);
    expect([...documents]).toEqual([
      ['1 aa', 2],
      ['2 bb', 1],
      ['1 cc', 1],
    ]);
  });

  it('tells of records that came too late to be put in order', () => {
    const late: Event = [filtered(), filtered(), {}, true];
    expect(count([late, [filtered(), filtered()], late])).toMatchObject({ events: 3, late: 2 });
  });
});

describe('the funnel', () => {
  const places = (answer: Answer): string => [...count([[answer, answer]]).funnel.values()][0]?.before ?? '';

  it('has a place for each outcome, and one for what is not known', () => {
    expect([queued(), filtered('stale'), deadLettered('coupon_api_failed'), unknown()].map(places)).toEqual([
      'queued',
      'stale',
      'coupon_api_failed',
      'unknown',
    ]);
  });

  it('tells each move from one place to another, with its events', () => {
    const { funnel } = count([
      [filtered(), queued()],
      [queued(), filtered()],
      [filtered(), queued()],
      [filtered(), unknown()],
    ]);
    expect([...funnel.values()].map((cell) => [cell.before, cell.after, cell.count, idsOf(cell)])).toEqual([
      ['cooldown', 'queued', 2, ['e-1', 'e-3']],
      ['queued', 'cooldown', 1, ['e-2']],
      ['cooldown', 'unknown', 1, ['e-4']],
    ]);
  });

  it('names five events of what has not changed, and all of what has', () => {
    const { funnel } = count([...times(8, [queued(), queued()]), ...times(8, [queued(), filtered()])]);
    expect([...funnel.values()].map((cell) => [cell.count, idsOf(cell).length])).toEqual([
      [8, 5],
      [8, 8],
    ]);
  });

  it('names no more events than are asked for: the first ones by time', () => {
    const { funnel, lost } = count(
      [9, 3, 7, 1, 5].map((seconds): Event => [
        queued(),
        filtered(),
        { record: { eventId: `at-${String(seconds)}`, at: afterNoon(seconds) } },
      ]),
      { maxIds: 2 },
    );
    for (const named of [...funnel.values(), lost]) expect(idsOf(named).toSorted()).toEqual(['at-1', 'at-3']);
  });
});

describe('pushes', () => {
  it('are counted of both sides, at least and at most', () => {
    const { pushes } = count([
      [queued(), filtered()],
      [queued(), unknown({ isPushed: 'maybe' })],
      [filtered(), unknown({ isPushed: 'surely' })],
      [queued(), unknown({ isPushed: 'no', pushes: [] })],
    ]);
    expect(pushes).toEqual({ before: { least: 3, most: 3 }, after: { least: 1, most: 2 } });
  });

  it('that only the new rules make are gained, those that only the old ones make are lost', () => {
    const { gained, lost } = count([
      [filtered(), queued()],
      [queued(), filtered()],
      [queued(), queued()],
      [queued(), filtered()],
      [filtered(), filtered()],
    ]);
    expect([gained.least, gained.most, idsOf(gained)]).toEqual([1, 1, ['e-1']]);
    expect([lost.least, lost.most, idsOf(lost)]).toEqual([2, 2, ['e-2', 'e-4']]);
  });

  it.each<[string, Answer, Answer, readonly number[]]>([
    ['nothing and perhaps a push', filtered(), unknown(), [0, 1, 0, 0]],
    ['perhaps a push and nothing', unknown(), filtered(), [0, 0, 0, 1]],
    ['a push and perhaps one', queued(), unknown(), [0, 0, 0, 1]],
    ['perhaps a push and one', unknown(), queued(), [0, 1, 0, 0]],
    ['a push of one coupon and surely one of some', queued(), unknown({ isPushed: 'surely' }), [0, 0, 0, 0]],
    ['perhaps a push, twice', unknown(), unknown(), [0, 1, 0, 1]],
  ])('between %s are gained and lost as far as that is known', (_what, before, after, bounds) => {
    const { gained, lost } = count([[before, after]]);
    expect([gained.least, gained.most, lost.least, lost.most]).toEqual(bounds);
  });

  it('of another coupon on both sides are told, where both coupons are known', () => {
    const { otherCoupon, gained, lost } = count([
      [queued('c-1'), queued('c-2')],
      [queued('c-1'), queued('c-1')],
      [queued('c-1'), filtered()],
      [filtered(), queued('c-1')],
      [queued('c-1'), unknown({ isPushed: 'surely' })],
      [unknown({ isPushed: 'surely' }), queued('c-1')],
      [queued('c-3'), queued('c-1')],
      [filtered('cooldown'), filtered('stale')],
    ]);
    expect([otherCoupon.count, idsOf(otherCoupon)]).toEqual([2, ['e-1', 'e-7']]);
    expect([idsOf(gained), idsOf(lost)]).toEqual([['e-4'], ['e-3']]);
  });
});

describe('what is not known', () => {
  it('is told of each side by its reason, with its events and the pushes that may hide in it', () => {
    const { unknown: groups } = count([
      [filtered(), unknown({ because: 'coupons' })],
      [filtered(), unknown({ because: 'pushes', isPushed: 'surely' })],
      [unknown({ because: 'coupons' }), unknown({ because: 'coupons', isPushed: 'no', pushes: [] })],
      [queued(), queued()],
    ]);
    const rows = (side: 'before' | 'after') =>
      [...groups[side]].map(([because, group]) => [
        ...[because, group.events, group.least, group.most, idsOf(group)],
      ]);
    expect(rows('before')).toEqual([['coupons', 1, 0, 1, ['e-3']]]);
    expect(rows('after')).toEqual([
      ['coupons', 2, 0, 1, ['e-1', 'e-3']],
      ['pushes', 1, 1, 1, ['e-2']],
    ]);
  });
});

describe('an event that is delivered again', () => {
  const again = (before: boolean, after: boolean): ComparedChanges => ({
    ...{ isFirst: false, isNewPush: { before, after } },
  });

  it('counts once, and is told', () => {
    const { events, redelivered, funnel, documents } = count([
      [queued(), queued()],
      [queued(), queued(), again(false, false)],
    ]);
    expect([events, redelivered, funnel.get('queued queued')?.count, [...documents.values()]]).toEqual([
      ...[1, 1, 1, [1]],
    ]);
  });

  it('counts as a push where it was not pushed when it came first', () => {
    const { pushes, pushedLater } = count([
      [filtered(), queued()],
      [queued(), queued(), again(true, false)],
      [filtered(), unknown(), again(true, true)],
    ]);
    expect(pushes).toEqual({ before: { least: 1, most: 1 }, after: { least: 1, most: 2 } });
    expect(pushedLater).toEqual({ before: { least: 1, most: 1 }, after: { least: 0, most: 1 } });
  });
});

describe('events that pods decided by the very document', () => {
  const by = (rulesHash: string, outcome: Record<string, unknown> = {}): ComparedChanges => ({
    record: { rulesHash, ...outcome },
  });
  const hashes = { before: 'aa', after: 'bb' };

  it('are asked whether the simulation agrees with what pods did', () => {
    const { agreement } = count(
      [
        [queued('c-1'), queued('c-1'), by('bb')],
        [queued('c-1'), queued('c-2'), by('bb')],
        [queued('c-1'), unknown(), by('bb')],
        [queued('c-2'), queued('c-1'), by('aa')],
        [queued('c-1'), queued('c-1'), by('cc')],
      ],
      { hashes },
    );
    expect(agreement.after).toMatchObject({ events: 3, known: 2, agreed: 1 });
    expect(agreement.before).toMatchObject({ events: 1, known: 1, agreed: 0 });
  });

  it('are told where it does not: what pods did, and what is simulated', () => {
    const { agreement } = count([[queued('c-1'), filtered(), by('bb')]], { hashes });
    expect(agreement.after.disagreements).toEqual([
      {
        ...{ eventId: 'e-1', userId: 'u-1', at: afterNoon(1) },
        recorded: { kind: 'queued', couponId: 'c-1', merchantId: 'm-1', rulesVersion: '1', rulesHash: 'bb' },
        simulated: filtered().outcome,
      },
    ]);
    expect(agreement.before).toEqual({ events: 0, known: 0, agreed: 0, disagreements: [] });
  });

  it('are told a thousand times at most, and counted on', () => {
    const { agreement } = count(times(1002, [queued('c-1'), filtered(), by('bb')]), { hashes });
    expect([agreement.after.known, agreement.after.disagreements.length]).toEqual([1002, 1000]);
  });

  it('are none of the old side where that is what pods did', () => {
    const { agreement } = count([[queued('c-1'), queued('c-1'), by('bb')]], {
      hashes: { before: undefined, after: 'bb' },
    });
    expect([agreement.before.events, agreement.after.events]).toEqual([0, 1]);
  });
});
