/** What is said to whoever asks why a user got no push: from the newest outcome backwards, in words, with its limits. */
import { describe, expect, it } from 'vitest';
import { shortMember } from '../../../../src/claims/short-form.ts';
import { capStates, memberOfEvent, type KeptPush } from '../../../../src/claims/read-user.ts';
import { historyMember } from '../../../../src/claims/history-member.ts';
import { gather, type Sources } from '../../../../src/cli/why/gather.ts';
import { readOutcomes, type OutcomeQuestion, type Told } from '../../../../src/cli/why/outcomes.ts';
import { inWords, spanInWords } from '../../../../src/cli/why/words.ts';
import type { Cap } from '../../../../src/domain/cap.ts';
import type { FetchedMessage } from '../../../../src/kafka/fetch/fetched-records.ts';
import type { PartitionSpan } from '../../../../src/kafka/fetch/topic-reader.ts';
import { partitionOfKey } from '../../../../src/kafka/producers/record-placement.ts';
import { envelopeOf } from '../../../support/claims/claims-harness.ts';

const HOUR_MS = 3_600_000;
const NOW = Date.parse('2026-11-27T10:00:00Z');

describe('outcomes', () => {
  const PARTITIONS = 4;
  const mine = partitionOfKey('u-1', PARTITIONS);
  const message = (offset: number, userId: string, value: string): FetchedMessage => ({
    ...{
      offset: String(offset),
      timestamp: NOW + offset,
      key: Buffer.from(userId),
      value: Buffer.from(value),
    },
    ...{ headers: {}, isControlRecord: false },
  });
  const told = (n: number): string =>
    JSON.stringify({ eventId: `e-${String(n)}`, at: '2026-11-27T10:00:00Z', outcome: 'queued' });
  /** Every hundredth record is the user's. */
  const topicOf = (count: number, begin = 0) => {
    const reads: PartitionSpan[] = [];
    return {
      reads,
      span: async () =>
        Array.from({ length: PARTITIONS }, (_, partition) => ({ partition, from: begin, to: count })),
      async *read(span: PartitionSpan) {
        reads.push(span);
        expect(span.partition).toBe(mine);
        for (let n = span.from; n < span.to; n += 1) yield message(n, n % 100 === 0 ? 'u-1' : 'o', told(n));
      },
    };
  };
  const ask = (reader: ReturnType<typeof topicOf>, more: Partial<OutcomeQuestion> = {}) =>
    readOutcomes(reader, { userId: 'u-1', eventId: undefined, most: 5, withinMs: 60_000, ...more });

  it('come newest first, and no more of the partition is read than is needed', async () => {
    const reader = topicOf(1_000_000);
    const { outcomes, isAll, since } = await ask(reader);
    expect(outcomes.map(({ eventId }) => eventId)).toEqual([
      'e-999900',
      'e-999800',
      'e-999700',
      'e-999600',
      'e-999500',
    ]);
    expect(reader.reads).toEqual([{ partition: mine, from: 998_000, to: 1_000_000 }]);
    expect([isAll, since]).toEqual([false, new Date(NOW + 998_000).toISOString()]);
  });

  it('reach back to the beginning where there are few', async () => {
    const reader = topicOf(9000, 500);
    const { outcomes, isAll } = await ask(reader, { most: 1000 });
    expect([outcomes.length, isAll]).toEqual([85, true]);
    expect(reader.reads.map(({ from, to }) => [from, to])).toEqual([
      [7000, 9000],
      [3000, 7000],
      [500, 3000],
    ]);
  });

  it('of one event', async () => {
    const { outcomes } = await ask(topicOf(9000), { eventId: 'e-300' });
    expect(outcomes.map(({ eventId }) => eventId)).toEqual(['e-300']);
  });

  it('end where the time is up, with what a whole block has', async () => {
    const { outcomes, isAll } = await ask(topicOf(1_000_000), { withinMs: -1, most: 1000 });
    expect([outcomes, isAll]).toEqual([[], false]);
  });

  it('pass over what is no outcome, and count it', async () => {
    const reader = {
      ...topicOf(3),
      async *read() {
        for (const value of [
          '{',
          'null',
          '{"eventId":7,"at":"2026-11-27T10:00:00Z"}',
          '{"eventId":"e","at":"now"}',
        ])
          yield message(0, 'u-1', value);
        yield message(0, 'o', '{');
      },
    };
    expect(await ask(reader)).toMatchObject({ outcomes: [], unreadable: 4 });
  });
});

const DAILY: Cap = { per: 'user', max: 1, windowMs: 24 * HOUR_MS };
const BY_MERCHANT: Cap = { per: 'user+merchant', max: 2, windowMs: 7 * 24 * HOUR_MS };
const pushOf = (eventId: string, merchantId: string, atMs: number | undefined): KeptPush => ({
  member: historyMember(eventId, { merchantId, couponId: 'c' }),
  ...{ event: memberOfEvent(eventId), atMs },
});

describe('caps', () => {
  it('count what is in their window, by their subject, and say when there is room', () => {
    const pushes = [
      pushOf('a', 'm-1', NOW - 30 * HOUR_MS),
      pushOf('b', 'm-1', NOW - 20 * HOUR_MS),
      pushOf('c', 'm-2', undefined),
    ];
    expect(capStates(DAILY, pushes, NOW)).toMatchObject([{ count: 2, roomAtMs: undefined }]);
    expect(capStates(DAILY, pushes.slice(0, 2), NOW)).toMatchObject([
      { count: 1, roomAtMs: NOW + 4 * HOUR_MS },
    ]);
    expect(capStates(BY_MERCHANT, pushes, NOW)).toMatchObject([
      { count: 2, roomAtMs: NOW - 30 * HOUR_MS + BY_MERCHANT.windowMs },
      { count: 1, roomAtMs: undefined },
    ]);
    expect(capStates(DAILY, [pushOf('a', 'm', NOW - 24 * HOUR_MS)], NOW)).toEqual([]);
  });
});

describe('in words', () => {
  const kept = (state: string, more = {}) => ({
    ...{ state, envelope: envelopeOf({ userId: 'u-1', eventId: 'e' }, { merchantId: 'm-1' }), attempts: 0 },
    ...{ expiresAtMs: NOW + 90_000, endedAtMs: undefined, isReported: false, ...more },
  });
  const outcome = (eventId: string, more: Partial<Told>): Told => ({
    ...{ eventId, at: '2026-11-27T09:00:00Z', outcome: 'queued', ...more },
  });
  async function say(more: Partial<Sources>, eventId?: string): Promise<string> {
    const known = await gather(
      { userId: 'u-1', eventId },
      {
        user: { event: async () => undefined, pushes: async () => [], nowMs: async () => NOW },
        ...{ stateOf: async () => 'absent', openEvents: [], outcomes: undefined, caps: undefined, ...more },
      },
    );
    return inWords(known, []).join('\n');
  }

  it('a cap that is full says of what, and until when', async () => {
    const user = {
      event: async () => kept('sent', { endedAtMs: NOW - HOUR_MS }),
      pushes: async () => [pushOf('e', 'm-1', NOW - HOUR_MS)],
      nowMs: async () => NOW,
    };
    const text = await say({ user, openEvents: ['e'], caps: [DAILY, { ...BY_MERCHANT, max: 1 }] });
    expect(text).toContain(
      'caps[0]: at most 1 per user in 1d; 1 now: full; room again at 2026-11-28T09:00:00Z, in 23h',
    );
    expect(text).toMatch(
      /caps\[1\]: at most 1 per user\+merchant in 7d; 1 now of m-1: full; room again at .*, in 6d 23h/,
    );
    expect(text).toMatch(
      /its push: coupon coupon-1 of m-1: “Coffee, half price”\n {4}sent at 2026-11-27T09:00:00Z\n {4}decided by rules 2026-11-22\.1/,
    );
  });

  it('a push whose end is told is named without its text, which is gone, and counts all the same', async () => {
    const { push, source } = envelopeOf({ userId: 'u-1', eventId: 'e' }, { merchantId: 'm-1' });
    const { title, collapseKey, ...left } = push;
    expect([title, collapseKey]).not.toContain(undefined);
    const envelope = { push: left, source, rulesHash: '0123456789ab' };
    const short = { envelope, expiresAtMs: undefined, endedAtMs: NOW - HOUR_MS, isReported: true };
    const member = shortMember(historyMember('e', { merchantId: 'm-1', couponId: 'c' }));
    const user = {
      event: async () => kept('sent', short),
      pushes: async () => [{ member, event: memberOfEvent('e'), atMs: NOW - HOUR_MS }],
      nowMs: async () => NOW,
    };
    const text = await say({ user, openEvents: ['e'], caps: [{ ...BY_MERCHANT, max: 1 }] });
    expect(text).toMatch(
      /its push: coupon coupon-1 of m-1\n {4}sent at [^\n]*\n {4}decided by rules 2026-11-22.1 \(0123456789ab\)/,
    );
    expect(text).toMatch(/1 now of m-1: full/);
    expect(text).not.toContain('of an older event');
  });

  it.each<[string, Partial<Told>, RegExp]>([
    [
      'a filter',
      { outcome: 'filtered', reason: 'stale', rule: 'event.maxAge' },
      /no push: stale by event\.maxAge\. The event is older/,
    ],
    [
      'a dead letter',
      { outcome: 'dead_lettered', reason: 'invalid' },
      /dead letter: invalid\. The JSON breaks the table/,
    ],
    [
      'a push that is doubtful',
      { outcome: 'unknown', couponId: 'c' },
      /perhaps sent, coupon c of an unknown merchant: .*not sent again/,
    ],
    ['what is new to it', { outcome: 'levitated' }, /levitated/],
  ])('%s', async (_what, told, expected) => {
    const outcomes = { outcomes: [outcome('e-1', told)], since: undefined, isAll: true, unreadable: 0 };
    expect(await say({ outcomes })).toMatch(expected);
  });

  it('an end that was told is said once, with its push and its rules beside it', async () => {
    const user = {
      event: async () => kept('sent', { endedAtMs: NOW - HOUR_MS }),
      pushes: async () => [],
      nowMs: async () => NOW,
    };
    const told = ['sent', 'queued'].map((name) =>
      outcome('e', { outcome: name, couponId: 'coupon-1', merchantId: 'm-1', rulesVersion: '2026-11-22.1' }),
    );
    const outcomes = { outcomes: told, since: undefined, isAll: true, unreadable: 0 };
    expect(await say({ user, outcomes })).toContain(
      [
        '  event e',
        '    2026-11-27T09:00:00Z  sent',
        '    2026-11-27T09:00:00Z  queued',
        '    its push: coupon coupon-1 of m-1: “Coffee, half price”',
        '    decided by rules 2026-11-22.1\n',
      ].join('\n'),
    );
  });

  it('a cap that stopped an event is told as the rules have it', async () => {
    const stopped = outcome('e', { outcome: 'filtered', reason: 'cooldown', rule: 'caps[0]' });
    const outcomes = { outcomes: [stopped], since: undefined, isAll: true, unreadable: 0 };
    expect(await say({ outcomes, caps: [DAILY] })).toContain(
      'no push: cooldown by caps[0] (at most 1 per user in 1d). A cap has no room: what was sent before,',
    );
  });

  it('a dead letter says where it can be looked at', async () => {
    const letter = outcome('e', { outcome: 'dead_lettered', reason: 'invalid' });
    const outcomes = { outcomes: [letter], since: undefined, isAll: true, unreadable: 0 };
    expect(await say({ outcomes })).toContain('coupon-notifier dead-letters list --user u-1');
  });

  it('a push that waits says how long it may, and where its job is', async () => {
    const user = {
      event: async () => kept('claimed', { attempts: 2 }),
      pushes: async () => [],
      nowMs: async () => NOW,
    };
    expect(await say({ user, openEvents: ['e'], stateOf: async () => 'put off' })).toContain(
      'waits to be sent: tried 2 times, 1m 30s left; its job in the queue: put off',
    );
    const over = { ...user, event: async () => kept('sending', { expiresAtMs: NOW - 1 }) };
    expect(await say({ user: over }, 'e')).toMatch(/being sent, or left so.*its time is over/);
  });

  it.each([
    [0, /partition\.$/],
    [1, /partition\.\n1 record of the user among them could not be read\.$/],
    [2, /partition\.\n2 records of the user among them could not be read\.$/],
  ])('%i outcomes that could not be read', async (unreadable, expected) => {
    const outcomes = { outcomes: [], since: undefined, isAll: true, unreadable };
    expect(await say({ outcomes })).toMatch(expected);
  });

  it('nothing is said to be nothing', async () => {
    expect(await say({})).toContain('no event of this user is known');
    expect(await say({}, 'e-9')).toMatch(/event e-9\n {4}nothing is known of it/);
  });

  it.each([
    [0, '0s'],
    [999, '0s'],
    [61_000, '1m 1s'],
    [24 * HOUR_MS + 5000, '1d'],
  ])('%i ms are %s', (ms, text) => {
    expect(spanInWords(ms)).toBe(text);
  });
});
