/** Whose decisions are recorded is a fixed, even draw that no rollout can follow. */
import { expect, it } from 'vitest';
import { isUserInShare } from '../../../src/domain/user-share.ts';
import { createRollout } from '../../../src/rules/rollout.ts';

const users = Array.from({ length: 20_000 }, (_, index) => `user-${String(index)}`);
const inShare = (percent: number): string[] => users.filter((user) => isUserInShare(user, percent));

it.each([0.5, 10, 50, 99.5])('%d %% is about so many users', (percent) => {
  expect(Math.abs((inShare(percent).length / users.length) * 100 - percent)).toBeLessThan(1.2);
});

it('nobody at 0, everybody at 100', () => {
  expect(inShare(0)).toEqual([]);
  expect(inShare(100)).toEqual(users);
});

it('a larger share has all of a smaller one', () => {
  const larger = new Set(inShare(30));
  expect(inShare(10).every((user) => larger.has(user))).toBe(true);
});

it.each(['', 'decisions', 'decisions:'])(
  'is another draw than that of a rollout with the salt %j',
  (salt) => {
    const rollout = createRollout(50, salt);
    const both = inShare(50).filter(rollout).length / users.length;
    expect(Math.abs(both - 0.25)).toBeLessThan(0.02);
  },
);

it('is the same for ever', () => {
  expect(inShare(0.05)).toEqual(ANCHOR);
});

const ANCHOR = [
  ...[
    'user-208',
    'user-3197',
    'user-3536',
    'user-6090',
    'user-8721',
    'user-10792',
    'user-11374',
    'user-15506',
  ],
  ...['user-15863', 'user-16507', 'user-17500', 'user-19607', 'user-19888'],
];
