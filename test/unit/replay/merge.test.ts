/** What workers of `rules simulate` have counted, each of its own users, is put together as if one had counted all of it. */
import { describe, expect, it } from 'vitest';
import type { Answer } from '../../../src/replay/answer.ts';
import { createComparison, type Comparison } from '../../../src/replay/comparison.ts';
import { countInto } from '../../../src/replay/count-events.ts';
import { sortedIds } from '../../../src/replay/event-ids.ts';
import { mergeInto } from '../../../src/replay/merge.ts';
import type { Compared } from '../../../src/replay/replay-user.ts';
import { afterNoon, compared, filtered, NOON_MS, queued, unknown } from '../../support/replay/answers.ts';

const HASHES = { before: 'aa', after: 'bb' };

function count(events: readonly Compared[], maxIds = 100): Comparison {
  const comparison = createComparison();
  const add = countInto(comparison, { maxIds, hashes: HASHES });
  for (const [index, one] of events.entries()) add(one, index % 2 === 1);
  return comparison;
}

function merge(parts: readonly Comparison[], maxIds = 100): Comparison {
  const whole = createComparison();
  for (const part of parts) mergeInto(whole, part, maxIds);
  return whole;
}

/** Decided so many seconds after noon. */
function event(
  seconds: number,
  before: Answer,
  after: Answer,
  about: Record<string, unknown> = {},
): Compared {
  const record = { eventId: `e-${String(seconds)}`, at: afterNoon(seconds), ...about };
  return compared(before, after, { record });
}
const again = (one: Compared): Compared => ({ ...one, isFirst: false });
const said = (title: string) => queued('c-1', { title });

describe('two parts that have everything in common', () => {
  const first = [
    event(1, said('a'), said('b'), { rulesHash: 'aa' }),
    event(2, queued(), filtered('stale', 'event.maxAge'), { rulesHash: 'bb' }),
    event(3, filtered('cooldown', 'caps[0]'), queued('c-1')),
    event(4, queued('c-1'), queued('c-2')),
    event(5, unknown({ because: 'coupons' }), unknown({ because: 'before' })),
    event(6, unknown({ isPushed: 'surely' }), filtered(), { rulesHash: 'aa' }),
  ];
  const second = first.map(({ record, before, after }, index) =>
    event(index + 11, before, after, { rulesHash: record.rulesHash }),
  );
  const parts = [
    [...first, ...first.map(again)],
    [...second, ...second.map(again)],
  ];

  it('are counted as one', () => {
    expect(merge(parts.map((part) => count(part)))).toEqual(count(parts.flat()));
  });

  it('are counted as one whichever comes first, but for the order in which events are named', () => {
    const { pushes, pushedLater, texts, agreement, lost, gained } = merge(
      parts.toReversed().map((part) => count(part)),
    );
    const alone = count(parts.flat());
    expect({ pushes, pushedLater, texts }).toEqual({
      ...{ pushes: alone.pushes, pushedLater: alone.pushedLater, texts: alone.texts },
    });
    expect([sortedIds(lost.ids), sortedIds(gained.ids)]).toEqual([
      ...[sortedIds(alone.lost.ids), sortedIds(alone.gained.ids)],
    ]);
    expect([agreement.after.events, agreement.after.agreed]).toEqual([
      ...[alone.agreement.after.events, alone.agreement.after.agreed],
    ]);
  });

  it('last from the first decision of either to the last of either', () => {
    const { fromMs, untilMs } = merge(parts.toReversed().map((part) => count(part)));
    expect([fromMs, untilMs]).toEqual([NOON_MS + 1000, NOON_MS + 16_000]);
  });

  it('stay as they were counted', () => {
    const part = count(first);
    merge([part, count(second)]);
    expect(part).toEqual(count(first));
  });
});

it('what one part alone has seen is in the whole, beside what the other has', () => {
  const parts = [
    [event(1, queued('c-1'), filtered('stale', 'event.maxAge'))],
    [event(2, filtered('cooldown', 'caps[0]'), queued('c-2'), { rulesVersion: '9' })],
    [event(3, filtered(), unknown({ because: 'coupons' }))],
  ];
  const whole = merge(parts.map((part) => count(part)));
  expect(whole.late).toBe(0);
  expect([...whole.groups.merchant.keys()]).toEqual(['m-1', 'm-2', 'not known']);
  expect([...whole.groups.rule.keys()]).toEqual(['event.maxAge', 'caps[0]']);
  expect({ ...whole, late: 1 }).toEqual(count(parts.flat()));
});

describe('the events behind a number', () => {
  const lost = (seconds: number) => event(seconds, queued(), filtered());
  const same = (seconds: number) => event(seconds, queued(), queued());
  const from = (first: number, make: (seconds: number) => Compared) =>
    Array.from({ length: 4 }, (_, index) => make(first + index));

  it('are the first ones by time of all parts, and no more than are asked for', () => {
    const parts = [count(from(11, lost), 3), count(from(1, lost), 3)];
    const whole = merge(parts, 3);
    const [cell] = whole.funnel.values();
    const group = whole.groups.hour.get('13:00');
    for (const ids of [whole.lost.ids, cell?.ids, group?.lost.ids])
      expect(ids && sortedIds(ids)).toEqual(['e-1', 'e-2', 'e-3']);
    expect([whole.lost.most, cell?.count]).toEqual([8, 8]);
  });

  it('are five of what has not changed, or as many as are asked for where these are fewer', () => {
    const named = (maxIds: number) => {
      const [cell] = merge(
        [count(from(1, same), maxIds), count(from(11, same), maxIds)],
        maxIds,
      ).funnel.values();
      return cell?.ids.ids.length;
    };
    expect([named(100), named(2)]).toEqual([5, 2]);
  });

  it('are all of what has changed, where as many are asked for', () => {
    const [cell] = merge([count(from(1, lost)), count(from(11, lost))]).funnel.values();
    expect(cell?.ids.ids).toHaveLength(8);
  });

  it('of one moment are in the order of their names', () => {
    const atMs = [2, 1, 1, 1];
    expect(sortedIds({ ids: ['z', 'c', 'a', 'b'], atMs })).toEqual(['a', 'b', 'c', 'z']);
  });
});

it('a thousand disagreements are told of all parts together', () => {
  const differing = (first: number, length: number) =>
    Array.from({ length }, (_, index) => event(first + index, queued(), filtered(), { rulesHash: 'bb' }));
  const whole = merge(
    [count(differing(1, 999), 0), count(differing(2001, 2), 0), count(differing(3001, 2), 0)],
    0,
  );
  const { known, disagreements } = whole.agreement.after;
  expect([known, disagreements.length]).toEqual([1003, 1000]);
  expect(disagreements.at(-1)?.eventId).toBe('e-2001');
  expect(whole.lost.ids.ids).toEqual([]);
});
