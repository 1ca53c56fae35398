/** What a recording must say against a change before it is refused. */
import { expect, it } from 'vitest';
import { judgeChange, type TriedChange } from '../../../../src/cli/rules/judge-change.ts';

const quiet: TriedChange = {
  ...{ events: 1000, pushesBefore: 100, pushesAfterAtLeast: 100, pushesAfterAtMost: 100, changePercent: 0 },
  ...{ silencedMerchants: [], silencedLocales: [], unknownEvents: 0 },
};
const objections = (changes: Partial<TriedChange>): readonly string[] =>
  judgeChange({ ...quiet, ...changes }).objections;

it('a change of 20 % is none that is refused, a larger one is', () => {
  expect(objections({})).toEqual([]);
  expect(objections({ changePercent: 20 })).toEqual([]);
  expect(objections({ changePercent: 20.5 })).toEqual(['pushes change by up to 21 %, more than 20 %']);
  expect(objections({ pushesBefore: 0, changePercent: Infinity })).toEqual([
    'pushes change from none, more than 20 %',
  ]);
});

it('no push at all is said as such', () => {
  expect(objections({ pushesAfterAtLeast: 0, pushesAfterAtMost: 0, changePercent: 100 })[0]).toBe(
    'nothing is pushed any more',
  );
  expect(objections({ pushesAfterAtLeast: 0 })).toEqual(['perhaps nothing is pushed any more']);
  expect(objections({ pushesBefore: 0, pushesAfterAtLeast: 0, pushesAfterAtMost: 0 })).toEqual([]);
});

it('a merchant or a locale that falls silent is named, with what it had', () => {
  expect(objections({ silencedMerchants: [{ name: 'm-1', pushesBefore: 3 }] })).toEqual([
    'merchants that get no push any more: m-1 (3 before)',
  ]);
  const many = Array.from({ length: 12 }, (_, n) => ({ name: `l${String(n)}`, pushesBefore: 1 }));
  expect(objections({ silencedLocales: many })[0]).toMatch(/locales .*l9 \(1 before\) and 2 more$/);
  expect(objections({ silencedLocales: [{ name: '', pushesBefore: 1 }] })[0]).toMatch(/\(none\)/);
});

it('a recording without events shows nothing', () => {
  expect(objections({ events: 0, pushesBefore: 0, pushesAfterAtLeast: 0, pushesAfterAtMost: 0 })).toEqual([
    'the recording has no events: nothing was tried',
  ]);
});

it('tells bounds, and what can not be known', () => {
  expect(judgeChange(quiet).told).toBe('on 1000 recorded events: 100 → 100 pushes');
  expect(judgeChange({ ...quiet, pushesAfterAtLeast: 90, unknownEvents: 7 }).told).toBe(
    "on 1000 recorded events: 100 → 90 to 100 pushes; of 7 events it can't be known",
  );
});
