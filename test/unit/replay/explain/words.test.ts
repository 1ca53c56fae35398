/** How values are written for people who read an explanation. */
import { describe, expect, it } from 'vitest';
import { sayOutcome } from '../../../../src/replay/explain/say-outcome.ts';
import {
  countText,
  listText,
  momentText,
  numberText,
  spanText,
  valueText,
  wallText,
} from '../../../../src/replay/explain/words.ts';

const NOON = Date.parse('2026-11-24T12:00:05.900Z');
const [S, M, H, D] = [1000, 60_000, 3_600_000, 86_400_000];

it.each([
  [0.1 + 0.2, '0.3'],
  [2 / 3, '0.667'],
  [12_345.5, '12,345.5'],
  [-3, '-3'],
])('the number %d is %s', (value, text) => {
  expect(numberText(value)).toBe(text);
});

it.each([
  [0, '0s'],
  [999, '0s'],
  [S, '1s'],
  [59 * S, '59s'],
  [M, '1m'],
  [20 * M + 3 * S, '20m 3s'],
  [H, '1h'],
  [23 * H + 59 * M + 59 * S, '23h 59m'],
  [D, '1d'],
  [2 * D + 5 * S, '2d 5s'],
  [2 * D + 3 * H + 4 * M + 5 * S, '2d 3h'],
  [-90 * S, '1m 30s'],
])('the length of %d ms is %s', (ms, text) => {
  expect(spanText(ms)).toBe(text);
});

it('a moment is told by the clock of the zone, or by UTC', () => {
  expect(momentText(NOON)).toBe('2026-11-24 12:00:05 UTC');
  expect(momentText(NOON, 'Europe/Berlin')).toBe('2026-11-24 13:00:05 in Europe/Berlin');
  expect(momentText(NOON, 'America/New_York')).toBe('2026-11-24 07:00:05 in America/New_York');
  expect(wallText(NOON, 'America/New_York')).toBe('07:00');
});

it.each([
  ['wine "red"', '"wine \\"red\\""'],
  ['x'.repeat(200), `"${'x'.repeat(200)}"`],
  ['x'.repeat(201), `"${'x'.repeat(200)}…"`],
  [0.1 + 0.2, '0.3'],
  [true, 'true'],
  [undefined, 'undefined'],
  [null, 'null'],
  [['a', 1, [false]], '["a", 1, [false]]'],
  [[], '[]'],
])('the value %j is %s', (value, text) => {
  expect(valueText(value)).toBe(text);
});

it('a list has a word before its last', () => {
  const lists = [[], ['a'], ['a', 'b'], ['a', 'b', 'c']];
  expect(lists.map((items) => listText(items))).toEqual(['', 'a', 'a and b', 'a, b and c']);
  expect(listText(['a', 'b'], 'or')).toBe('a or b');
});

it('one is one, and of others there are several', () => {
  expect([0, 1, 2, 1500].map((count) => countText(count, 'coupon'))).toEqual([
    '0 coupons',
    '1 coupon',
    '2 coupons',
    '1,500 coupons',
  ]);
  expect([1, 2].map((count) => countText(count, 'push', 'pushes'))).toEqual(['1 push', '2 pushes']);
});

describe('an outcome', () => {
  it.each([
    [{ kind: 'queued', couponId: 'c-1', merchantId: 'm-1' }, 'queued, coupon c-1 of m-1'],
    [{ kind: 'queued' }, 'queued, coupon  of '],
    [{ kind: 'filtered', reason: 'quiet_hours', rule: 'quietHours' }, 'filtered, quiet_hours by quietHours'],
    [{ kind: 'dead_lettered', reason: 'malformed', error: 'no JSON' }, 'dead-lettered, malformed: no JSON'],
  ] as const)('%j is "%s"', (outcome, text) => {
    expect(sayOutcome(outcome)).toBe(text);
  });
});
