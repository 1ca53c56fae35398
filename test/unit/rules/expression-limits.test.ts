/** What a condition may hold: up to where a loop, a pattern or a calendar is taken, and what is looked at by the clock. */
import { describe, expect, it } from 'vitest';
import { compileExpression } from '../../../src/rules/language/expression.ts';

/** `light` or `heavy` where it is taken; else what is said of it, without its lines. */
function verdict(when: string): string {
  const compiled = compileExpression(when);
  if (compiled.ok) return compiled.isHeavy ? 'heavy' : 'light';
  return compiled.message.split('\n')[0] ?? '';
}

describe('what may take long is looked at by the clock', () => {
  it.each([
    'coupon.discountPercent > 3 && coupon.title == "a"',
    'size(coupon.title) > 3 && coupon.title.startsWith("a") && coupon.title.endsWith("a")',
    'coupon.title.lowerAscii() == "a" && coupon.discountPercent in [10, 20]',
    'duration("1s") > duration("2s")',
    'timestamp(coupon.validUntil).getHours() > 3',
  ])('%s does not', (when) => {
    expect(verdict(when)).toBe('light');
  });

  it.each([
    'coupon.title.matches("a")',
    'matches(coupon.title, "a")',
    'coupon.title.contains("a")',
    'coupon.title.indexOf("a") > 1',
    'coupon.title.lastIndexOf("a") > 1',
    'coupon.title.split(",").size() > 1',
    '["a", "b"].join() == "ab"',
    '[1].all(a, a > 0)',
    '[1].exists(a, a > 0)',
    '[1].exists_one(a, a > 0)',
    '[1].map(a, a)[0] > 0',
    '[1].filter(a, a > 0).size() > 0',
    'timestamp(coupon.validUntil).getHours("UTC") > 3',
    'merchant.active && !(coupon.discountPercent > 3 ? coupon.title.contains("a") : false)',
    'coupon.discountPercent in [1, coupon.title.indexOf("a")]',
  ])('%s does', (when) => {
    expect(verdict(when)).toBe('heavy');
  });
});

describe('in a loop', () => {
  const inLoop = (when: string): string => verdict(`["a"].exists(a, ${when})`);
  const LISTS = 'a loop that makes lists is not available';
  const GROWTH = 'a loop that joins texts or lists by + is not available';

  it.each(['all', 'exists', 'exists_one', 'map', 'filter'])('no other loop: %s', (loop) => {
    const refused = `${loop}() inside another loop is not available`;
    expect(inLoop(`coupon.title.split(",").${loop}(b, b == a)`)).toBe(refused);
    const inAnother = `coupon.title.split(",").${loop}(b, ["c"].exists(c, c == b))`;
    expect(verdict(inAnother)).toBe('exists() inside another loop is not available');
  });

  it('but a loop over what a loop came to', () => {
    expect(verdict('["a"].filter(a, a != "b").map(a, a).exists(a, a == "c")')).toBe('heavy');
    expect(verdict('[["a"].exists(a, a == "c")].exists(b, b)')).toBe('heavy');
  });

  it.each([
    ['[a] == ["a"]', LISTS],
    ['{"b": a}.size() > 1', LISTS],
    ['[a] in [["a"]]', LISTS],
    ['1 in [1, size([a])]', LISTS],
    ['size(["b"] + ["c"]) > 1', LISTS],
    ['a in ["a", "b"]', 'heavy'],
    ['["b"].join() == a', 'join() inside a loop is not available'],
    ['a.split(",").size() > 1', 'split() inside a loop is not available'],
    ['a + "x" == "ax"', GROWTH],
    ['!(a + "x" == "ax")', GROWTH],
    ['size(a) + 1 == 2 && coupon.discountPercent + 1 > 2 && 1u + 2u == 3u', 'heavy'],
    ['size(coupon.title + a) + 1 == 2', GROWTH],
    ['coupon.title.contains(a) && a.matches("x") && a.indexOf("x") < 3', 'heavy'],
    ['duration("1s") > duration("2s")', 'heavy'],
  ])('%s: %s', (when, said) => {
    expect(inLoop(when)).toBe(said);
  });

  it('what is joined before it is no part of it', () => {
    expect(verdict('[coupon.title + "x"].exists(a, a == "y")')).toBe('heavy');
    expect(verdict('(["a"] + ["b"]).exists(a, a == "y") && coupon.title + "x" == "y"')).toBe('heavy');
    expect(verdict('["a"].map(a, a + "x").exists(b, b == "y")')).toBe(GROWTH);
  });

  it('is said at its place', () => {
    const at = (when: string): number => {
      const compiled = compileExpression(when);
      return compiled.ok ? -1 : compiled.offset;
    };
    expect(at('["a"].exists(a, [a] == [a])')).toBe(16);
    expect(at('["a"].exists(a, a == a + "x")')).toBe(21);
    expect(at('["a"].exists(a, a.split(",") == [a])')).toBe(16);
  });
});

describe('a loop has at most 2,000 steps', () => {
  /** Three elements pass, four are too many. */
  const ASKED = `a in [${Array.from({ length: 500 }, () => '1').join(',')}]`;
  const long = (elements: number): string =>
    `too long a loop: ${String(elements)} elements × 502 operations, of at most 2000`;

  it.each([
    ['[1, 2, 3]', 'heavy'],
    ['[1, 2, 3, 4]', long(4)],
    ['([1, 2] + [3])', 'heavy'],
    ['([1, 2] + [3, 4])', long(4)],
    ['(merchant.active ? [1, 2] : [1, 2, 3])', 'heavy'],
    ['(merchant.active ? [1] : [1, 2, 3, 4])', long(4)],
    ['(merchant.active ? [1, 2, 3, 4] : [1])', long(4)],
    ['[1, 2, 3].filter(b, b > 1)', 'heavy'],
    ['[1, 2, 3, 4].filter(b, b > 1)', long(4)],
    ['([1, 2] + [3, 4].map(b, b))', long(4)],
  ])('over %s: %s', (list, said) => {
    expect(verdict(`${list}.exists(a, ${ASKED})`)).toBe(said);
  });

  it.each([
    ['!(a == "1") || a == "2"', 'heavy'],
    ['!(a == "1") || !(a == "2")', '5'],
    ['size(a) > 1 && a.startsWith("x") && event.locale == "a"', '6'],
    ['a in ["x", "y"] || a in ["z"]', '8'],
    ['(a == "1" ? a == "2" : a == "3") || a == coupon.title', '6'],
  ])('over the parts of a text, %s: %s', (asked, said) => {
    const text =
      said === 'heavy' ? said : `too long a loop: 500 elements × ${said} operations, of at most 2000`;
    expect(verdict(`coupon.body.split(",").exists(a, ${asked})`)).toBe(text);
  });

  it('a text that was joined may have as many parts as any', () => {
    const parts = '["a", "b"].join(coupon.title).split(",")';
    expect(verdict(`${parts}.exists(a, !(a == "1") || !(a == "2"))`)).toBe(
      'too long a loop: 500 elements × 5 operations, of at most 2000',
    );
  });

  it('all that is asked of an element counts', () => {
    expect(
      verdict(
        'coupon.body.split(",").map(a, a == "1" || a == "2", a.startsWith("b") && a == "d").size() > 1',
      ),
    ).toBe('too long a loop: 500 elements × 6 operations, of at most 2000');
  });
});

describe('the calendar of a time zone', () => {
  const asked = (call: string, times: number): string =>
    Array.from({ length: times }, () => `timestamp(coupon.validUntil).${call} > 3`).join(' || ');

  it.each([
    'getDate',
    'getDayOfMonth',
    'getDayOfWeek',
    'getDayOfYear',
    'getFullYear',
    'getHours',
    'getMilliseconds',
    'getMinutes',
    'getMonth',
    'getSeconds',
  ])('%s is asked four times at most, and in no loop', (name) => {
    const refused = `${name}() with a time zone at most 4 times, and in no loop`;
    expect(verdict(asked(`${name}("UTC")`, 4))).toBe('heavy');
    expect(verdict(asked(`${name}("UTC")`, 5))).toBe(refused);
    expect(verdict(`["UTC"].exists(zone, ${asked(`${name}(zone)`, 1)})`)).toBe(refused);
  });

  it('UTC’s costs nothing', () => {
    expect(verdict(asked('getHours()', 20))).toBe('light');
    expect(verdict(`[3].exists(hour, timestamp(coupon.validUntil).getHours() > hour)`)).toBe('heavy');
  });
});

describe('patterns', () => {
  const large = (size: number): string =>
    `too large a pattern: it compiles to ${String(size)} instructions, and a condition may have 240`;

  it('have at most 240 instructions', () => {
    expect(verdict('coupon.title.matches("[ab]{237}c")')).toBe('heavy');
    expect(verdict('coupon.title.matches("[ab]{238}c")')).toBe(large(241));
  });

  it('all of a condition together, and the one that is too much is pointed to', () => {
    const both = (count: number): string =>
      `coupon.title.matches("[ab]{117}c") || matches(coupon.body, "[ab]{${String(count)}}d")`;
    expect(verdict(both(117))).toBe('heavy');
    expect(verdict(both(118))).toBe(large(241));
    expect(compileExpression(both(118))).toMatchObject({ offset: both(118).indexOf('"[ab]{118}d"') });
  });
});
