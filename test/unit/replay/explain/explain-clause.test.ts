/** What each clause of a condition came to, with the values in it, and which would have to turn. */
import { describe, expect, it } from 'vitest';
import { explainClause, neededFor } from '../../../../src/replay/explain/explain-clause.ts';
import type { SaidClause } from '../../../../src/replay/explain/explanation.ts';
import type { Clause } from '../../../../src/rules/language/clauses.ts';
import { checkOf, explained } from './explained.ts';

/** A wine coupon with a discount of 20 % at a merchant who is not known. */
async function clauseOf(when: string): Promise<SaidClause> {
  const rule = `rules: [{ id: r, when: '${when}', then: boost, by: 1 }]`;
  const { coupons } = await explained('coupon: { category: wine, discountPercent: 20 }', rule);
  return checkOf(coupons[0]!.checks, 'r').clauses![0]!;
}
/** `value text: says` of each, those inside below. */
function linesOf({ value, text, says, clauses }: SaidClause, depth = 0): readonly string[] {
  const line = `${' '.repeat(depth)}${value} ${text}${says === '' ? '' : `: ${says}`}`;
  return [line, ...clauses.flatMap((clause) => linesOf(clause, depth + 1))];
}

describe('a condition shows', () => {
  it.each<[string, readonly string[]]>([
    ['merchant.active', ['true merchant.active']],
    ['coupon.category == "beer"', ['false coupon.category == "beer": coupon.category is "wine"']],
    [
      'coupon.discountPercent > coupon.remainingSeconds',
      [
        'true coupon.discountPercent > coupon.remainingSeconds: coupon.discountPercent is 20, coupon.remainingSeconds is 0',
      ],
    ],
    ['!merchant.known', ['true !merchant.known', ' false merchant.known']],
    [
      'merchant.active && coupon.hasLocation && merchant.known',
      [
        'false merchant.active && coupon.hasLocation && merchant.known',
        ' true merchant.active',
        ' false coupon.hasLocation',
        ' not asked merchant.known',
      ],
    ],
    [
      'merchant.known || coupon.hasLocation || merchant.active',
      [
        'true merchant.known || coupon.hasLocation || merchant.active',
        ' false merchant.known',
        ' false coupon.hasLocation',
        ' true merchant.active',
      ],
    ],
    [
      'merchant.active && (merchant.known || coupon.hasLocation)',
      [
        'false merchant.active && (merchant.known || coupon.hasLocation)',
        ' true merchant.active',
        ' false merchant.known || coupon.hasLocation',
        '  false merchant.known',
        '  false coupon.hasLocation',
      ],
    ],
    [
      'merchant.known ? coupon.hasLocation : merchant.active',
      [
        'true merchant.known ? coupon.hasLocation : merchant.active',
        ' false merchant.known',
        ' not asked coupon.hasLocation',
        ' true merchant.active',
      ],
    ],
    ['coupon.category.startsWith("w")', ['true coupon.category.startsWith("w"): coupon.category is "wine"']],
  ])('%s', async (when, lines) => {
    expect(linesOf(await clauseOf(when))).toEqual(lines);
  });

  it('why a clause failed, where another one decides', async () => {
    const [whole, failed, ...rest] = linesOf(await clauseOf('int(coupon.category) > 1 || merchant.active'));
    expect(whole).toBe('true int(coupon.category) > 1 || merchant.active');
    expect(failed).toMatch(/^ failed int\(coupon.category\) > 1: .*int.*, coupon.category is "wine"$/);
    expect(rest).toEqual([' true merchant.active']);
  });
});

describe('a coordinate', () => {
  const value = (of: unknown): Clause['value'] => ({ kind: 'value', value: of });
  const leaf = (text: string, of: unknown): Clause => ({
    ...{ text, op: '.', value: value(of), parts: [], sides: undefined },
  });
  const compared: Clause = {
    text: 'event.latitude > coupon.discountPercent',
    op: '>',
    value: value(false),
    parts: [leaf('event.latitude', 0), leaf('coupon.discountPercent', 20)],
    sides: ['event.latitude', 'coupon.discountPercent'],
  };
  const either: Clause = {
    text: `merchant.active || ${compared.text}`,
    op: '||',
    value: value(true),
    parts: [leaf('merchant.active', true), compared],
    sides: undefined,
  };

  it('that is not recorded makes what hangs on it unknown, and is not shown', () => {
    expect(linesOf(explainClause(either, { hidesPlaces: true }))).toEqual([
      'not known merchant.active || event.latitude > coupon.discountPercent',
      ' true merchant.active',
      ' not known event.latitude > coupon.discountPercent: event.latitude is not recorded, coupon.discountPercent is 20',
    ]);
    const longitude = { ...compared, parts: [leaf('coupon.longitude', 0)] };
    expect(explainClause(longitude, { hidesPlaces: true })).toMatchObject({
      ...{ value: 'not known', says: 'coupon.longitude is not recorded' },
    });
  });

  it('is a value like others where it is known', () => {
    expect(explainClause(compared, { hidesPlaces: false })).toMatchObject({
      ...{ value: 'false', says: 'event.latitude is 0, coupon.discountPercent is 20' },
    });
  });

  it('that nobody asked for makes nothing unknown', () => {
    const notAsked: Clause = { ...compared, value: { kind: 'not_asked' } };
    const failed: Clause = { ...compared, value: { kind: 'failed', error: 'no' } };
    expect(explainClause(notAsked, { hidesPlaces: true }).value).toBe('not asked');
    expect(explainClause(failed, { hidesPlaces: true }).value).toBe('failed');
  });

  it('is only what is called so', () => {
    const named = { ...compared, parts: [leaf('coupon.title', 'latitude'), leaf('my.latitudes', 1)] };
    expect(explainClause(named, { hidesPlaces: true }).value).toBe('false');
  });

  it('needs the comparison to turn', () => {
    expect(neededFor(compared, true)).toBe('event.latitude > coupon.discountPercent');
    expect(neededFor(compared, false)).toBe('event.latitude <= coupon.discountPercent');
  });
});

describe('would have to turn', () => {
  /** Of a condition that does not hold: what a boost would take. */
  const needs = async (when: string, then = 'boost, by: 1'): Promise<string | undefined> => {
    const rule = `rules: [{ id: r, when: '${when}', then: ${then} }]`;
    const { coupons } = await explained('coupon: { category: wine, discountPercent: 20 }', rule);
    return checkOf(coupons[0]!.checks, 'r').needs;
  };

  it.each([
    ['merchant.known', 'merchant.known'],
    ['!merchant.active', '!merchant.active'],
    ['merchant.active && merchant.known', 'merchant.known'],
    // What was not asked might not hold either.
    ['merchant.known && merchant.active', 'merchant.known and merchant.active'],
    [
      'merchant.known && coupon.hasLocation && coupon.hasValidFrom',
      'merchant.known, coupon.hasLocation and coupon.hasValidFrom',
    ],
    ['merchant.known || coupon.hasLocation', 'merchant.known or coupon.hasLocation'],
    [
      '(merchant.known || coupon.hasLocation) && coupon.discountPercent > 30',
      '(merchant.known or coupon.hasLocation) and coupon.discountPercent > 30',
    ],
    ['!(merchant.known || merchant.active)', '!merchant.active'],
    ['merchant.active ? merchant.known : merchant.active', 'merchant.known'],
    ['merchant.known ? merchant.active : coupon.hasLocation', 'coupon.hasLocation'],
  ])('for %s to hold: %s', async (when, expected) => {
    expect(await needs(when)).toBe(expected);
  });

  it('all of a choice that failed, as nobody knows which side it would take', async () => {
    const choice = 'int(coupon.category) > 1 ? merchant.known : coupon.hasLocation';
    expect(await needs(`(${choice}) || merchant.active`, 'exclude')).toBe(
      `!(${choice}) and !merchant.active`,
    );
  });

  it.each([
    ['coupon.discountPercent >= 20', 'coupon.discountPercent < 20'],
    ['coupon.discountPercent != 10', 'coupon.discountPercent == 10'],
    ['coupon.discountPercent <= 20', 'coupon.discountPercent > 20'],
    ['coupon.category.contains("in")', '!(coupon.category.contains("in"))'],
  ])('for %s not to hold: %s', async (when, expected) => {
    expect(await needs(when, 'exclude')).toBe(expected);
  });
});
