/** What somebody who edits rules is told of a condition that is refused: what is wrong, and where, to the letter. */
import { describe, expect, it } from 'vitest';
import { compileExpression } from '../../../src/rules/language/expression.ts';

/** The message's lines. */
function refusal(when: string): readonly string[] {
  const compiled = compileExpression(when);
  if (compiled.ok) expect.fail('accepted');
  expect(compiled.offset).toBeLessThanOrEqual(when.length);
  return compiled.message.split('\n');
}

describe('a name', () => {
  it('that no field has', () => {
    expect(refusal('coupon.xyzzy == 1')[0]).toBe('there is no field "xyzzy"');
    expect(refusal('coupon.tytle == ""')[0]).toBe('there is no field "tytle", did you mean "title"?');
  });

  it('of a field of another object', () => {
    expect(refusal('merchant.distanceMeter > 1')[0]).toBe(
      'there is no field "distanceMeter", did you mean "distanceMeters"?',
    );
  });

  it('that stands for nothing', () => {
    const rest = '; there are event, coupon and merchant, and text stands in quotes';
    expect(refusal('alcohol == ""')[0]).toBe(`there is no "alcohol"${rest}`);
    expect(refusal('coupons.title == ""')[0]).toBe(`there is no "coupons", did you mean "coupon"?${rest}`);
  });

  it('of a function', () => {
    expect(refusal('coupon.title.foo()')[0]).toBe("found no matching overload for 'string.foo()'");
    expect(refusal('coupon.title.matches()')[0]).toBe("found no matching overload for 'string.matches()'");
    expect(refusal('matches()')[0]).toBe("found no matching overload for 'matches()'");
    expect(refusal('coupon.title.indexOf()')[0]).toBe("found no matching overload for 'string.indexOf()'");
  });
});

it.each([
  ['coupon.title > 3', "this can't be worked out (text and numbers don't mix): string > int"],
  ['coupon.title == null', "this can't be worked out (text and numbers don't mix): string == null"],
  ['coupon.title', 'must be a condition that is true or false, and this is of type string'],
  ['coupon.discountPercent =', 'one "=" compares nothing: write =='],
  ['true &&', 'the condition ends too early'],
  // Words for signs.
  ['coupon.hasLocation and merchant.known', '"and" is written &&'],
  ['coupon.hasLocation OR merchant.known', '"OR" is written ||'],
  ['not merchant.known', '"not" is written !'],
  // What is missing, or stands in the place of another.
  ['(coupon.hasLocation', '")" is missing'],
  ['1 in [1', '"]" is missing'],
  ['{"a": 1', '"}" is missing'],
  ['true ? false', '":" is missing'],
  ['coupon.', 'a name is missing'],
  ['(1]', 'expected ")" here'],
  ['1 in [1}', 'expected "]" here'],
  ['{"a": 1]', 'expected "}" here'],
  ['{"a" 1}', 'expected ":" here'],
  ['coupon.3', 'expected a name here'],
  ['coupon.title == "abc', 'this text has no closing quote'],
  // Characters that are none of the language.
  ['merchant.known & true', 'one "&" is not enough: write &&'],
  ['merchant.known | true', 'one "|" is not enough: write ||'],
  ['“gold” == merchant.tier', '“ is no quote here: write "'],
  ['merchant.tier == «gold»', '« is no quote here: write "'],
  ['merchant.tier == §', '"§" is not expected here'],
  [
    'merchant.known\u00a0&& true',
    'an invisible character (U+00A0) stands here: delete it, or put a space there',
  ],
  [
    'merchant.known \u200b&& true',
    'an invisible character (U+200B) stands here: delete it, or put a space there',
  ],
  ['dyn(coupon.title) > 3', 'dyn() switches the type check off and is not available'],
  ['[dyn(1)].exists(a, a == 1)', 'dyn() switches the type check off and is not available'],
  ['bytes("{}").json() == 1', 'json() has no type to check and is not available'],
  ['cel.bind(x, 1, x == 1)', 'cel.bind() is not available'],
  [
    'has(coupon.body)',
    'has() is always true here; an absent text is "", an absent number 0 (see coupon.hasLocation and its like)',
  ],
  ['duration() > duration("1s")', 'duration() takes a text in quotes'],
  ['["a"].exists(a, duration(a) > duration("1s"))', 'duration() takes a text in quotes'],
  ['coupon.title.bounded_matches("a")', 'there is no bounded_matches()'],
])('%s: %s', (when, message) => {
  expect(refusal(when)[0]).toBe(message);
});

describe('the place', () => {
  it.each([
    ['coupon.xyzzy == 1', 7, ['  coupon.xyzzy == 1', '         ^']],
    ['true &&\n  coupon.xyzzy == 1\n  || false', 17, ['    coupon.xyzzy == 1', '           ^']],
    ['coupon.xyzzy == 1 ||\nfalse', 7, ['  coupon.xyzzy == 1 ||', '         ^']],
    ['x\n== 1', 0, ['  x', '  ^']],
    ['true &&\nx\n== 1', 8, ['  x', '  ^']],
    ['merchant.active && dyn(1)', 19, ['  merchant.active && dyn(1)', '                     ^']],
    [
      'merchant.active && coupon.title.matches("(")',
      40,
      ['  merchant.active && coupon.title.matches("(")', `${' '.repeat(42)}^`],
    ],
    ['true &&', 7, ['  true &&', '         ^']],
  ])('of what is wrong with %j is %i, with a caret below its line', (when, offset, lines) => {
    expect(compileExpression(when)).toMatchObject({ ok: false, offset });
    expect(refusal(when).slice(1)).toEqual(lines);
  });

  it('of a text that is no condition is its beginning', () => {
    expect(refusal('coupon.title').slice(1)).toEqual(['  coupon.title', '  ^']);
    expect(compileExpression('coupon.title')).toMatchObject({ offset: 0 });
  });
});

describe('how large a condition may be', () => {
  const ones = (count: number): string => Array.from({ length: count }, () => '1').join(',');

  it('2,000 characters', () => {
    const text = (length: number): string => `event.locale == "${'x'.repeat(length - 18)}"`;
    expect(compileExpression(text(2000)).ok).toBe(true);
    expect(compileExpression(text(2001))).toEqual({
      ok: false,
      message: 'longer than 2000 characters',
      offset: 0,
    });
  });

  it('500 elements in a list', () => {
    expect(compileExpression(`1 in [${ones(500)}]`).ok).toBe(true);
    expect(refusal(`1 in [${ones(501)}]`)[0]).toMatch(/more than 500 values in one list/);
  });

  it('50 levels', () => {
    const nested = (depth: number): string => `${'['.repeat(depth)}1${']'.repeat(depth)}.size() == 1`;
    expect(compileExpression(nested(40)).ok).toBe(true);
    expect(refusal(nested(60))[0]).toMatch(/more than 50 levels deep/);
  });

  it('1,000 values and operations', () => {
    const sum = (count: number): string => `${Array.from({ length: count }, () => '1').join('+')} > 0`;
    expect(compileExpression(sum(499)).ok).toBe(true);
    expect(refusal(sum(600))[0]).toMatch(/more than 1000 parts/);
  });
});
