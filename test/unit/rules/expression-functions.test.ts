/** Functions whose cost has a bound: up to where they answer, and that an answer within it is what CEL says. */
import { describe, expect, it } from 'vitest';
import type { Coupon } from '../../../src/domain/coupon.ts';
import type { LocationEvent } from '../../../src/domain/event.ts';
import { compileExpression } from '../../../src/rules/language/expression.ts';
import { couponVariables, eventVariables, merchantVariables } from '../../../src/rules/language/variables.ts';
import { errorText } from '../../../src/runtime/error-text.ts';

const NOW = Date.parse('2026-11-22T12:00:00Z');
const EVENT: LocationEvent = {
  eventId: 'e-1',
  userId: 'u-1',
  occurredAtMs: NOW,
  latitude: 52.52,
  longitude: 13.405,
  trigger: 'enter',
  pushConsent: true,
};

/** Whether the condition holds for each of the coupons; a text says why it failed. */
function judged(when: string, ...changes: readonly Partial<Coupon>[]): readonly (boolean | string)[] {
  const compiled = compileExpression(when);
  if (!compiled.ok) expect.fail(compiled.message);
  return changes.map((change) => {
    const changed = { couponId: 'c-1', merchantId: 'm-1', title: 'Title', ...change };
    const distance = changed.latitude === undefined ? undefined : 100;
    try {
      return compiled.condition({
        event: eventVariables(EVENT, { nowMs: NOW, timeZoneKnown: false, local: undefined }),
        coupon: couponVariables(changed, distance, NOW),
        merchant: merchantVariables('m-1', undefined),
      });
    } catch (error) {
      return errorText(error).split('\n')[0] ?? '';
    }
  });
}

/** The same call, so many times. */
const times = (count: number, call: string): string => Array.from({ length: count }, () => call).join(' || ');

const TOO_MANY = 'took too many steps: the texts are too long for what is asked of them';
const a4000 = 'a'.repeat(4000);

describe('a search in a text', () => {
  const body = 'a,b,c';
  const OUT = 'the index to search from is out of range';

  it.each([
    ['coupon.body.indexOf("a", 0) == 0', true],
    ['coupon.body.indexOf("a", 1) == -1', true],
    ['coupon.body.indexOf("c", 4) == 4', true],
    ['coupon.body.indexOf("c", 5) == -1', OUT],
    ['coupon.body.indexOf("a", -1) == 0', OUT],
    ['coupon.body.lastIndexOf("c", 4) == 4', true],
    ['coupon.body.lastIndexOf("c", 3) == -1', true],
    ['coupon.body.lastIndexOf("a", 0) == 0', true],
    ['coupon.body.lastIndexOf("c", 5) == 4', OUT],
    ['coupon.body.lastIndexOf("c", -1) == -1', OUT],
  ])('%s: %s', (when, said) => {
    expect(judged(when, { body })).toEqual([said]);
  });

  it.each([
    'coupon.body.contains(coupon.deepLink)',
    'coupon.body.indexOf(coupon.deepLink) > 0',
    'coupon.body.indexOf(coupon.deepLink, 1) > 0',
    'coupon.body.lastIndexOf(coupon.deepLink) > 0',
    'coupon.body.lastIndexOf(coupon.deepLink, 1) > 0',
    'coupon.body.split(coupon.deepLink).size() > 1',
    'coupon.body.split(coupon.deepLink, 3).size() > 1',
  ])('%s: up to 32 million pairs of letters for each coupon, and no more', (call) => {
    // 4,000 × (1 + 3,999) × 2.
    const exact = { body: a4000, deepLink: 'b'.repeat(3999) };
    expect(judged(times(2, call), exact, exact)).toEqual([false, false]);
    const over = { body: a4000, deepLink: 'b'.repeat(4000) };
    expect(judged(times(2, call), over, exact)).toEqual([TOO_MANY, false]);
  });
});

describe('a pattern', () => {
  it('takes its instructions times the text’s letters: up to 2 million for each coupon', () => {
    // 20 instructions × 4,000 letters × 25.
    const often = (count: number): string =>
      `[${Array.from({ length: count }, () => '1').join(',')}].exists(n, coupon.body.matches("b{17}c"))`;
    expect(judged(often(25), { body: a4000 }, { body: a4000 })).toEqual([false, false]);
    expect(judged(often(26), { body: a4000 }, { body: 'a' })).toEqual([TOO_MANY, false]);
  });

  it('that is worked out has at most 100 characters', () => {
    const said = 'a pattern that is worked out has at most 100 characters';
    const [exact, over] = [100, 101].map((length) => ({ title: 'x', body: 'x'.repeat(length) }));
    expect(judged('coupon.title.matches(coupon.body)', exact ?? {}, over ?? {})).toEqual([false, said]);
  });

  it('that is worked out and is none says so', () => {
    expect(judged('coupon.title.matches(coupon.body)', { body: '(' })).toEqual([
      'not an RE2 pattern: missing closing ): `(`',
    ]);
  });

  it('five that are new are worked out for a coupon, and others that are known', () => {
    const asked = (from: number, count: number): string =>
      Array.from(
        { length: count },
        (_, at) => `coupon.category.matches(coupon.body + "${String(from + at)}")`,
      ).join(' || ');
    const new6 = { category: '', body: 'six' };
    expect(judged(asked(0, 5), { category: '', body: 'five' })).toEqual([false]);
    expect(judged(asked(0, 6), new6)).toEqual([TOO_MANY]);
    // Of the six before, five are known by now.
    expect(judged(asked(0, 6), new6)).toEqual([false]);
  });

  it('that was worked out is known for a while, until a hundred others are', () => {
    const known = (word: string): boolean | string | undefined =>
      judged(
        Array.from({ length: 6 }, (_, at) => `coupon.category.matches(coupon.body + "${String(at)}")`).join(
          ' || ',
        ),
        {
          category: '',
          body: word,
        },
      )[0];
    expect([known('w'), known('w'), known('w')]).toEqual([TOO_MANY, false, false]);
    for (let at = 0; at < 100; at += 1)
      judged('coupon.category.matches(coupon.body)', { category: '', body: `other ${String(at)}` });
    expect(known('w')).toBe(TOO_MANY);
  });
});

describe('split and join', () => {
  const letters = (count: number): string => Array.from({ length: count }, () => 'a').join(',');

  it('a text has at most 500 parts', () => {
    const when = 'coupon.body.split(",").size() == 500';
    expect(judged(when, { body: letters(500) }, { body: letters(501) })).toEqual([
      true,
      'split() came to more than 500 parts',
    ]);
  });

  it.each([
    ['coupon.body.split(",", 1) == ["a,b,c"]', true],
    ['coupon.body.split(",", 2) == ["a", "b,c"]', true],
    ['coupon.body.split(",", 3) == ["a", "b", "c"]', true],
    ['coupon.body.split(",", 4) == ["a", "b", "c"]', true],
    ['coupon.body.split(",", 0).size() == 0', true],
    ['coupon.body.split(",", -1) == ["a", "b", "c"]', true],
    ['coupon.body.split(",") == ["a", "b", "c"]', true],
    ['coupon.body.split(",").join() == "abc"', true],
    ['coupon.body.split(",").join("+") == "a+b+c"', true],
  ])('%s', (when, said) => {
    expect(judged(when, { body: 'a,b,c' })).toEqual([said]);
  });

  it('what is joined has at most 65,536 characters, a separator after each part counted', () => {
    const when = 'size(coupon.body.split(",").join(coupon.deepLink)) > 1';
    const said = 'join() came to more than 65536 characters';
    const body = letters(16);
    expect(judged(when, { body, deepLink: 'x'.repeat(4095) }, { body, deepLink: 'x'.repeat(4096) })).toEqual([
      true,
      said,
    ]);
    const long = `${'a'.repeat(4000)}!`;
    const joined = (count: number): string =>
      `size([${Array.from({ length: count }, () => 'coupon.body').join(', ')}].join()) > 1`;
    expect(judged(joined(16), { body: long })).toEqual([true]);
    expect(judged(joined(17), { body: long })).toEqual([said]);
  });
});

describe('numbers of either kind', () => {
  it.each([
    '10 - coupon.discountPercent == -10 && coupon.discountPercent - 10 == 10',
    '10 + coupon.discountPercent == 30 && 40 / coupon.discountPercent == 2',
    '3 * coupon.discountPercent == 60 && 50 % coupon.discountPercent == 10',
    'coupon.discountPercent % 7.5 == 5.0',
    '!(coupon.discountPercent in [1, 2]) && !(1 in [1.5, 2.5]) && 2 in [1.5, 2.0]',
    '!(coupon.discountPercent == 21) && 19 != coupon.discountPercent',
  ])('%s', (when) => {
    expect(judged(when, { discountPercent: 20 })).toEqual([true]);
  });
});

describe('what is seen of a coupon and its merchant', () => {
  it('a merchant without a record is active and has no texts', () => {
    const when =
      '!merchant.known && merchant.active && merchant.name + merchant.tier + merchant.category + merchant.timeZone == ""';
    expect(judged(when, {})).toEqual([true]);
  });

  it('numbers that are 0 are there', () => {
    const when =
      'coupon.hasDiscountPercent && coupon.discountPercent == 0 && coupon.hasLocation && coupon.longitude == 13.405 && coupon.hasValidFrom && coupon.validFrom == "1970-01-01T00:00:00.000Z"';
    expect(judged(when, { discountPercent: 0, latitude: 0, longitude: 13.405, validFromMs: 0 })).toEqual([
      true,
    ]);
  });
});
