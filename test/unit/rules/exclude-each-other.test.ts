/** Conditions of which at most one holds are known where that can be seen; in doubt both may. */
import { expect, it } from 'vitest';
import { excludeEachOther } from '../../../src/rules/language/exclude-each-other.ts';

it.each([
  ['coupon.category == "a"', 'coupon.category == "b"'],
  ['merchant.known && coupon.category == "a"', 'coupon.category == "b" && merchant.known'],
  ['merchant.known', '!merchant.known'],
  ['coupon.category == "a" && merchant.known', 'coupon.category != "a"'],
  ['event.localHour < 11', 'event.localHour >= 11 && merchant.known'],
  ['event.localHour == 3', 'event.localHour > 5'],
  ['event.localHour < 1', 'event.localHour != 0'],
  ['event.localHour <= 3', 'event.localHour > 5'],
  ['event.localHour <= 3', 'event.localHour == 4'],
  ['event.localHour < 3', 'event.localHour == 3'],
  ['event.localHour >= 22', 'event.localHour < 7'],
  ['event.localWeekday > 6', 'event.localWeekday != 7'],
])('%s · %s', (a, b) => {
  expect([excludeEachOther(a, b), excludeEachOther(b, a)]).toEqual([true, true]);
});

it.each([
  ['coupon.category == "a"', 'merchant.category == "b"'],
  ['coupon.category == "a"', 'coupon.category == "a"'],
  ['coupon.category != "a"', 'coupon.category == "b"'],
  // Which texts they come to is not known.
  ['coupon.title == coupon.body', 'coupon.title == "a"'],
  ['"a" == coupon.title', '"a" == coupon.body'],
  ['event.localHour > 5', 'event.localHour == 7'],
  ['event.localHour <= 3', 'event.localHour >= 3'],
  ['event.localHour != 3', 'event.localHour == 4'],
  ['coupon.discountPercent == 10', 'coupon.discountPercent == 10.0'],
  ['coupon.category == "a" || merchant.known', 'coupon.category == "b"'],
  ['merchant.known', 'merchant.active'],
  ['event.localHour < 11', 'event.localHour < 12'],
  ['event.localHour < 11', 'event.localWeekday > 3'],
  ['coupon.discountPercent < 11', 'coupon.discountPercent > 12'],
])('%s · %s may both hold', (a, b) => {
  expect([excludeEachOther(a, b), excludeEachOther(b, a)]).toEqual([false, false]);
});
