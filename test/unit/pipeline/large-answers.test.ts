/** Room for large answers is little: an event lets go of its answer as soon as its run has ended, whatever with. */
import { expect, it } from 'vitest';
import { UnavailableError } from '../../../src/runtime/errors.ts';
import { createEventHandler } from '../../../src/pipeline/edge.ts';
import { bench, coupon, piece, rawEvent, ruleset, type Bench } from '../../support/pipeline-fakes.ts';

const away = new UnavailableError('redis', new Error('ECONNREFUSED'));

/** Says when an answer's room is given back. */
function withLargeAnswers(): Bench {
  const b = bench();
  const release = (): void => void b.log.push('release');
  b.script.coupons = [{ kind: 'coupons', coupons: [coupon], release }];
  return b;
}
const run = (b: Bench): Promise<void> => createEventHandler(b.ports)(piece(rawEvent())).run(b.ownership);

it('queued: before the outcome is told', async () => {
  const b = withLargeAnswers();
  await run(b);
  expect(b.log).toEqual(['recall', 'coupons', 'claim', 'enqueue', 'release', 'record']);
});

it('filtered by the rules', async () => {
  const b = withLargeAnswers();
  b.rules = ruleset({ rank: () => ({ candidates: [], exclusions: [{ couponId: 'c-1', rule: 'r' }] }) });
  await run(b);
  expect(b.log).toEqual(['recall', 'coupons', 'excluded by r', 'release', 'record']);
});

it('a service that is away: given back for the wait, and once for each answer', async () => {
  const b = withLargeAnswers();
  b.script.claim = [away, away, { kind: 'no_room', cap: 0 }];
  await run(b);
  const runs = ['recall', 'coupons', 'claim', 'release'];
  expect(b.log).toEqual([...runs, ...runs, ...runs, 'record']);
});

it('a ownership that is lost before the enqueue', async () => {
  const b = withLargeAnswers();
  b.onCall = (name) => {
    if (name === 'claim') b.ownership.lose();
  };
  await expect(run(b)).rejects.toThrow();
  expect(b.log).toEqual(['recall', 'coupons', 'claim', 'release']);
});
