/** A rollout is a fixed, even draw: the same for ever, and a larger share contains the smaller one. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createRollout, rolloutPosition } from '../../../src/rules/rollout.ts';

const users = Array.from({ length: 20_000 }, (_, index) => `user-${String(index)}`);

it('takes in the share that was asked for', () => {
  for (const percent of [1, 25, 50, 99]) {
    const share = (users.filter(createRollout(percent, 'launch')).length / users.length) * 100;
    expect(Math.abs(share - percent)).toBeLessThan(1.5);
  }
});

it('nobody at 0, everybody at 100', () => {
  expect(users.filter(createRollout(0, 'launch'))).toHaveLength(0);
  expect(users.filter(createRollout(100, 'launch'))).toHaveLength(users.length);
});

it('answers yes or no, and a user’s place itself is just outside', () => {
  const place = rolloutPosition('launch', 'user-1');
  const answers = [0, place, place + 1e-9, 100].map((percent) => createRollout(percent, 'launch')('user-1'));
  expect(answers).toEqual([false, false, true, true]);
});

it('only adds users when it is raised', () => {
  fc.assert(
    fc.property(
      fc.string(),
      fc.string(),
      fc.double({ min: 0, max: 100, noNaN: true }),
      (salt, user, percent) => {
        const position = rolloutPosition(salt, user);
        expect(position >= 0 && position < 100).toBe(true);
        expect(createRollout(percent, salt)(user)).toBe(position < percent);
      },
    ),
  );
});

it('is the same for ever, and another draw for another salt', () => {
  expect(rolloutPosition('launch', 'user-1')).toBeCloseTo(ANCHOR, 9);
  const first = new Set(users.filter(createRollout(50, 'a')));
  const both = users.filter(createRollout(50, 'b')).filter((user) => first.has(user)).length;
  expect(Math.abs(both / users.length - 0.25)).toBeLessThan(0.02);
});

it('salt and user are kept apart', () => {
  expect(rolloutPosition('a', 'bc')).not.toBe(rolloutPosition('ab', 'c'));
});

/** A change of this number draws every running rollout anew. */
const ANCHOR = 19.516094995573496;
