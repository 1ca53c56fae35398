import { expect, test } from 'vitest';
import { namesOf } from '../../../src/runtime/names-of.ts';

test('a table’s names are in the order in which they stand in it', () => {
  expect(namesOf({ merchant: 1, user: 2, coupon: 3 })).toEqual(['merchant', 'user', 'coupon']);
});
