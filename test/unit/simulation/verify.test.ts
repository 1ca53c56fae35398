import { describe, expect, it } from 'vitest';
import type { PushEntry } from '../../simulation/partners/ledger.ts';
import { checkPromises, type Evidence } from '../../simulation/verify/check-promises.ts';
import {
  bad,
  bytes,
  DAY,
  event,
  filtered,
  good,
  outcome,
  push,
  queued,
  START,
} from './evidence-of-a-good-run.ts';

const withPushes = (...pushes: PushEntry[]): Evidence => ({
  ...good,
  ledger: { ...good.ledger, pushes },
});
const faults = (evidence: Evidence): string[] =>
  checkPromises(evidence).flatMap(({ violations }) => violations.map(({ message }) => message));

it('finds nothing wrong with a run in which nothing is', () => {
  expect(faults(good)).toEqual([]);
  expect(checkPromises(good).every(({ holds }) => holds)).toBe(true);
});

describe('a planted violation is found:', () => {
  const other = event(9, { userId: 'u-0' });
  const late = event(8, { userId: 'u-1' });
  const plants: readonly [string, Evidence, RegExp][] = [
    [
      'an event without outcome',
      { ...good, outcomes: good.outcomes.slice(0, 2) },
      /e-1 of user u-1.*no outcome/,
    ],
    [
      'an event recorded under another name',
      { ...good, outcomes: [...good.outcomes, outcome(filtered, { userId: 'u-7', outcome: 'filtered' })] },
      /recorded as event e-1 of user u-7/,
    ],
    [
      'an event that nobody says by what it was filtered',
      { ...good, outcomes: [...good.outcomes, outcome(filtered, { outcome: 'filtered', rule: '' })] },
      /e-1 of user u-1.*nothing says by what/,
    ],
    [
      'an outcome from nowhere',
      { ...good, outcomes: [...good.outcomes, outcome(event(77), { outcome: 'filtered' })] },
      /nothing was produced/,
    ],
    [
      'a bad event that was taken for good',
      {
        ...good,
        outcomes: good.outcomes.map((record) =>
          record.reason === 'invalid' ? outcome(bad, { outcome: 'filtered', reason: 'stale' }) : record,
        ),
      },
      /must be dead-lettered as invalid/,
    ],
    [
      'a good event that was taken for bad',
      {
        ...good,
        outcomes: [
          ...good.outcomes,
          outcome(filtered, { outcome: 'dead_lettered', reason: 'internal_error' }),
        ],
      },
      /good and was dead-lettered as internal_error/,
    ],
    [
      'a later event of a user worked on first',
      {
        ...good,
        produced: [...good.produced, late],
        outcomes: [...good.outcomes, outcome(late, { outcome: 'filtered', reason: 'no_coupons' })],
        ledger: {
          ...good.ledger,
          couponCalls: [late, filtered].map(({ userId = '', eventId = '' }) => ({
            ...{ userId, eventId },
            ...{ calls: 1, rejections: 0, failures: 0 },
          })),
        },
      },
      /e-1 of user u-1 at 0\/1\/0 \(no_coupons\) was asked about after e-8/,
    ],
    [
      'an offset left behind',
      { ...good, committed: [{ partition: 0, offset: '3' }] },
      /committed 3, ends at 4/,
    ],
    ['an offset never committed', { ...good, committed: [] }, /committed nothing/],
    ['a topic without partitions', { ...good, ends: [] }, /no partitions/],
    [
      'two pushes within a day',
      withPushes(push(queued), push(other, { at: START + DAY - 5000 })),
      /user u-0: 2 pushes within/,
    ],
    [
      'two pushes of one merchant within a week',
      withPushes(push(queued), push(other, { at: START + 3 * DAY })),
      /user\+merchant u-0 \+ m-1: 2 pushes/,
    ],
    [
      'two requests for one event',
      withPushes(push(queued), push(queued, { at: START + 200 })),
      /e-0 of user u-0: 2 requests/,
    ],
    [
      'a request repeated after a server error, though the partner had not sent it',
      withPushes(push(queued, { answer: 500, verdict: 'maybe', accepted: false }), push(queued)),
      /2 requests that were or may have been sent \(500, 202\)/,
    ],
    [
      'a request repeated after it was cut before its body was read',
      withPushes(
        {
          at: START,
          idempotencyKey: 'key-0',
          answer: 'reset',
          verdict: 'maybe',
          accepted: false,
          replayed: false,
        },
        push(queued),
      ),
      /idempotency key key-0: 2 requests/,
    ],
    [
      'a second key for one event',
      withPushes(
        push(queued, { answer: 429, verdict: 'not_sent', accepted: false }),
        push(queued, { idempotencyKey: 'x' }),
      ),
      /2 different idempotency keys/,
    ],
    [
      'two real sends by an idempotent partner',
      { ...withPushes(push(queued), push(queued)), idempotentPushApi: true },
      /2 requests/,
    ],
    [
      'a queued push without an end',
      { ...good, outcomes: good.outcomes.filter((record) => record.outcome !== 'sent') },
      /no delivery outcome/,
    ],
    [
      'a push with two ends',
      { ...good, outcomes: [...good.outcomes, outcome(queued, { outcome: 'expired' })] },
      /2 delivery outcomes: sent, expired/,
    ],
    ['a push recorded as sent that never was', withPushes(), /never said so/],
    [
      'a claim given back for a push that may have been sent',
      {
        ...withPushes(push(queued, { answer: 'timeout', verdict: 'maybe', accepted: false })),
        outcomes: good.outcomes.map((record) =>
          record.outcome === 'sent' ? outcome(queued, { outcome: 'expired' }) : record,
        ),
      },
      /recorded as expired, but may have been sent/,
    ],
    [
      'a push that nothing was queued for',
      withPushes(push(queued), push(event(8))),
      /e-8 of user u-8 was pushed/,
    ],
    [
      'a dead letter that is missing',
      { ...good, letters: good.letters.slice(1) },
      /no dead letter for the invalid/,
    ],
    [
      'a dead letter with other bytes',
      { ...good, letters: good.letters.map((letter) => ({ ...letter, bytes: Buffer.from('{}') })) },
      /does not carry the bytes/,
    ],
    [
      'a dead letter without the bytes',
      { ...good, letters: good.letters.map((letter) => ({ ...letter, bytes: null })) },
      /does not carry the bytes/,
    ],
    [
      'a dead letter that the coupon API never refused',
      { ...good, ledger: { ...good.ledger, couponCalls: [] } },
      /without a refusal/,
    ],
    [
      'a dead letter of failures that the coupon API never had',
      {
        ...good,
        letters: good.letters.map((letter) =>
          letter.reason === 'coupon_api_rejected' ? { ...letter, reason: 'coupon_api_failed' } : letter,
        ),
      },
      /coupon_api_failed\) without a refusal or a failure/,
    ],
    [
      'a dead letter from nowhere',
      {
        ...good,
        letters: [
          ...good.letters,
          { partition: 5, offset: '5', index: 0, reason: 'malformed', bytes, eventId: undefined },
        ],
      },
      /from 5\/5\/0/,
    ],
    [
      'a call that broke the contract',
      {
        ...good,
        ledger: {
          ...good.ledger,
          breaches: [{ api: 'push', problem: 'Idempotency-Key is missing', count: 3, example: '{}' }],
        },
      },
      /push API, 3×: Idempotency-Key is missing/,
    ],
  ];

  it.each(plants)('%s', (_name, evidence, message) => {
    expect(faults(evidence).join('\n')).toMatch(message);
  });

  it('and each check has at least one that bites', () => {
    const bitten = new Set(
      plants.flatMap(([, evidence]) =>
        checkPromises(evidence)
          .filter(({ holds }) => !holds)
          .map(({ name }) => name),
      ),
    );
    expect([...bitten].sort()).toEqual(
      checkPromises(good)
        .map(({ name }) => name)
        .sort(),
    );
  });
});

describe('what looks like a violation and is none:', () => {
  it.each<[string, Evidence]>([
    [
      'a repeat after 429',
      withPushes(push(queued, { answer: 429, verdict: 'not_sent', accepted: false }), push(queued)),
    ],
    [
      'a push a day after the last',
      { ...withPushes(push(queued), push(queued, { at: START + DAY })), caps: [] },
    ],
    [
      'an event processed twice',
      { ...good, outcomes: [...good.outcomes, outcome(queued, {}), outcome(queued, { outcome: 'sent' })] },
    ],
    ['a dead letter written twice', { ...good, letters: [...good.letters, ...good.letters] }],
    ['an empty partition without a commit', { ...good, ends: [...good.ends, { partition: 1, offset: '0' }] }],
    [
      'a repeat with the same key, where the partner sends once',
      {
        ...withPushes(
          push(queued, { answer: 500, verdict: 'maybe', accepted: true }),
          push(queued, { accepted: false, replayed: true }),
        ),
        idempotentPushApi: true,
      },
    ],
  ])('%s', (name, evidence) => {
    const judged = checkPromises(evidence).filter((check) =>
      name.startsWith('a push a day') ? check.name.includes('cap') : true,
    );
    expect(judged.flatMap(({ violations }) => violations)).toEqual([]);
  });

  it('a cap’s window has room again when it has passed', () => {
    const later = event(9, { userId: 'u-0' });
    const evidence = withPushes(push(queued), push(later, { at: START + 100 + DAY, merchantId: 'm-2' }));
    expect(checkPromises(evidence).find(({ name }) => name.includes('cap'))?.holds).toBe(true);
  });
});
