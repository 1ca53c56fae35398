/** The neighbours of a condition: one place changed, another meaning, and all that a typo or a slip would make. */
import { describe, expect, it } from 'vitest';
import { compileExpression } from '../../../src/rules/language/expression.ts';
import { varyCondition } from '../../../src/rules/language/vary-condition.ts';

const texts = (condition: string): string[] => varyCondition(condition).map(({ text }) => text);

describe('a condition', () => {
  it.each([
    ['merchant.known', ['!merchant.known']],
    ['!merchant.known', ['merchant.known']],
    ['merchant.tier == "gold"', ['merchant.tier != "gold"', 'merchant.tier == "gold~"']],
    [
      'merchant.known && coupon.hasLocation',
      [
        '!(merchant.known && coupon.hasLocation)',
        'coupon.hasLocation',
        'merchant.known',
        'merchant.known || coupon.hasLocation',
        '!merchant.known && coupon.hasLocation',
        'merchant.known && !coupon.hasLocation',
      ],
    ],
    [
      'merchant.known || coupon.hasLocation',
      [
        '!(merchant.known || coupon.hasLocation)',
        'coupon.hasLocation',
        'merchant.known',
        'merchant.known && coupon.hasLocation',
        '!merchant.known || coupon.hasLocation',
        'merchant.known || !coupon.hasLocation',
      ],
    ],
    [
      'coupon.discountPercent > 20',
      [
        'coupon.discountPercent <= 20',
        'coupon.discountPercent >= 20',
        'coupon.discountPercent > 19',
        'coupon.discountPercent > 21',
      ],
    ],
    [
      'coupon.discountPercent < 2.5',
      [
        'coupon.discountPercent >= 2.5',
        'coupon.discountPercent <= 2.5',
        'coupon.discountPercent < 2.4',
        'coupon.discountPercent < 2.6',
      ],
    ],
    [
      'coupon.category in ["a", "b"]',
      ['!(coupon.category in ["a", "b"])', 'coupon.category in ["b"]', 'coupon.category in ["a"]'],
    ],
    [
      'coupon.title.matches("gift ?card")',
      ['!coupon.title.matches("gift ?card")', 'coupon.title.matches("gift ?card~")'],
    ],
    [
      'merchant.known ? coupon.hasLocation : false',
      [
        '!(merchant.known ? coupon.hasLocation : false)',
        '!merchant.known ? coupon.hasLocation : false',
        'merchant.known ? !coupon.hasLocation : false',
        'merchant.known ? coupon.hasLocation : !false',
        'merchant.known ? coupon.hasLocation : true',
      ],
    ],
  ])('%s', (condition, neighbours) => {
    expect(texts(condition)).toEqual(neighbours);
  });

  it('of whole numbers has no neighbour twice, and none that means the same', () => {
    expect(texts('event.localHour < 12')).toEqual([
      'event.localHour >= 12',
      'event.localHour < 11',
      'event.localHour < 13',
    ]);
    // There is no hour 23.5, and no weekday after 7.
    expect(texts('event.localHour < 24')).toEqual(['event.localHour >= 24', 'event.localHour < 23']);
    expect(texts('event.localWeekday <= 7')).toEqual(['event.localWeekday > 7', 'event.localWeekday <= 6']);
    expect(texts('24 > event.localHour')).toEqual(['24 <= event.localHour', '23 > event.localHour']);
    expect(texts('event.localWeekday == 7')).toEqual([
      'event.localWeekday != 7',
      'event.localWeekday == 6',
      'event.localWeekday == 8',
    ]);
  });

  it('shows a place with what it is compared with, before and after', () => {
    const places = varyCondition('merchant.known && event.localHour < 12').map(({ from, to }) => [from, to]);
    expect(places).toContainEqual(['event.localHour < 12', 'event.localHour < 13']);
    expect(places).toContainEqual(['merchant.known', '!merchant.known']);
  });

  it('that the library can’t write down again is negated as a whole, and no more', () => {
    const condition = 'coupon.discountPercent - (coupon.distanceMeters - 1) > 2';
    expect(texts(condition)).toEqual([`!(${condition})`]);
  });

  it.each([
    '!(coupon.discountPercent > 1.5) || coupon.category in ["a", "b"] && (merchant.known || event.hasAccuracy)',
    'coupon.title.split(" ").exists(word, word.size() > 3 && word != "free")',
    '-coupon.discountPercent < -10 && timestamp("2026-11-24T12:00:00Z") > timestamp("2026-11-24T11:00:00Z")',
  ])('%s has neighbours that compile, each of its own', (condition) => {
    const neighbours = texts(condition);
    expect(neighbours.length).toBeGreaterThan(4);
    expect(new Set([condition, ...neighbours]).size).toBe(neighbours.length + 1);
    expect(neighbours.filter((text) => !compileExpression(text).ok)).toEqual([]);
  });
});
