/** What only faults put to the test: each check finds the violation that is planted, and nothing in a good run. */
import { describe, expect, it } from 'vitest';
import { CAP_SUBJECTS, type PushSubject } from '../../../src/domain/cap.ts';
import { namesOf } from '../../../src/runtime/names-of.ts';
import { readCommitKey, readCommitOffset } from '../../simulation/chaos/commit-log.ts';
import { shortenCaps } from '../../simulation/chaos/chaos-world.ts';
import type { PushEntry } from '../../simulation/partners/ledger.ts';
import { CAP_EXAMPLES } from '../../support/claims/cap-examples.ts';
import { findBackwardCommits, findEarlyCommits } from '../../simulation/verify/commits.ts';
import { findCapViolations } from '../../simulation/verify/pushes.ts';
import {
  calmMs,
  judgeEventRecovery,
  judgePushRecovery,
  type RecoveryEvidence,
} from '../../simulation/verify/recovery.ts';

const T = 1_000_000;
const event = (offset: number, producedAt = T, partition = 0) => ({
  partition,
  offset: String(offset),
  index: 0,
  userId: 'u',
  eventId: `e${String(offset)}`,
  producedAt,
  bad: undefined,
});
const outcome = (
  offset: number,
  writtenAt: number,
  kind: 'queued' | 'filtered' | 'dead_lettered' | 'sent',
) => ({
  eventId: `e${String(offset)}`,
  userId: 'u',
  at: '',
  outcome: kind,
  pod: 'pod-1',
  source: { topic: 't', partition: 0, offset: String(offset), index: 0 },
  writtenAt,
});
const commit = (offset: number, writtenAt: number, partition = 0) => ({
  partition,
  offset: BigInt(offset),
  writtenAt,
});

describe('commits', () => {
  const produced = [event(0), event(1), event(5)];
  const outcomes = [
    outcome(0, T + 10, 'filtered'),
    outcome(1, T + 30, 'filtered'),
    outcome(5, T + 20, 'filtered'),
  ];
  const letters: [] = [];

  it('may follow their outcomes in the same ms, over gaps', () => {
    const commits = [commit(1, T + 10), commit(6, T + 30)];
    expect(findEarlyCommits({ produced, outcomes, letters, commits })).toEqual([]);
  });

  it('must not come before one of them, in the middle either', () => {
    const [found, ...others] = findEarlyCommits({
      produced,
      outcomes,
      letters,
      commits: [commit(6, T + 25)],
    });
    expect(found?.message).toMatch(
      /6 of partition 0 was committed, but event e1 of user u at 0\/1\/0 .* 5 ms later/,
    );
    expect(others).toEqual([]);
  });

  it('must not pass an event that never had one', () => {
    const commits = [commit(6, T + 99)];
    const [found] = findEarlyCommits({ produced: [...produced, event(2)], outcomes, letters, commits });
    expect(found?.message).toMatch(/event e2 .* decided never/);
  });

  it('wait for the dead letter, too', () => {
    const dead = [outcome(0, T, 'dead_lettered')];
    const letter = {
      partition: 0,
      offset: '0',
      index: 0,
      reason: 'invalid',
      bytes: null,
      eventId: undefined,
    };
    const judge = (writtenAt: number) =>
      findEarlyCommits({
        produced: [event(0)],
        outcomes: dead,
        letters: [{ ...letter, writtenAt }],
        commits: [commit(1, T + 5)],
      });
    expect(judge(T + 5)).toEqual([]);
    expect(judge(T + 6)).toHaveLength(1);
  });

  it('never go backwards in a partition', () => {
    expect(findBackwardCommits([commit(3, 1), commit(3, 2), commit(1, 3, 1), commit(4, 4)])).toEqual([]);
    const [found] = findBackwardCommits([commit(3, 1), commit(2, 2)]);
    expect(found?.message).toBe('partition 0: 2 was committed after 3');
  });

  it('are read as the broker writes them', () => {
    const text = (value: string) => Buffer.concat([Buffer.from([0, value.length]), Buffer.from(value)]);
    const key = Buffer.concat([Buffer.from([0, 1]), text('group'), text('topic'), Buffer.from([0, 0, 0, 7])]);
    expect(readCommitKey(key)).toEqual({ groupId: 'group', topic: 'topic', partition: 7 });
    expect(readCommitKey(Buffer.concat([Buffer.from([0, 2]), text('group')]))).toBeUndefined();
    expect(readCommitOffset(Buffer.from('0003000000000000002affffffff', 'hex'))).toBe(42n);
  });
});

describe('recovery', () => {
  const limits = { eventsMs: 18_000, pushesMs: 55_000 };
  const death = { pod: 'pod-1', at: T, partitions: [0], disturbed: [] };
  const judge = (change: Partial<RecoveryEvidence>): RecoveryEvidence => ({
    produced: [],
    outcomes: [],
    pushes: [],
    deaths: [death],
    limits,
    ...change,
  });

  it('counts calm time alone', () => {
    const spans = [
      { from: 20, to: 40 },
      { from: 10, to: 30 },
      { from: 90, to: Infinity },
    ];
    expect(calmMs(0, 50, spans)).toBe(20);
    expect(calmMs(35, 200, spans)).toBe(50);
    expect(calmMs(0, 5, [])).toBe(5);
  });

  it('finds a partition that flows too late, or never', () => {
    const produced = [event(1, T + 100), event(2, T + 200)];
    const at = (ms: number) =>
      judgeEventRecovery(judge({ produced, outcomes: [outcome(2, T + ms, 'filtered')] }));
    expect(at(17_999)).toMatchObject({ judged: 1, slowestMs: 17_999, violations: [] });
    expect(at(18_001).violations[0]?.message).toMatch(
      /pod-1 died, and partition 0 flowed again after 18.0 s/,
    );
    expect(judgeEventRecovery(judge({ produced })).violations).toHaveLength(1);
  });

  it('forgives what another fault held up', () => {
    const produced = [event(1, T + 100)];
    const outcomes = [outcome(1, T + 30_000, 'filtered')];
    const deaths = [{ ...death, disturbed: [{ from: T + 1000, to: T + 20_000 }] }];
    expect(judgeEventRecovery(judge({ produced, outcomes, deaths }))).toMatchObject({
      slowestMs: 11_000,
      violations: [],
    });
  });

  it('finds a push that waited too long, but not one that the partner put off', () => {
    const outcomes = [outcome(1, T - 10, 'queued'), outcome(1, T + 60_000, 'sent')];
    expect(judgePushRecovery(judge({ outcomes })).violations).toHaveLength(1);
    const refused = { userId: 'u', eventId: 'e1', verdict: 'not_sent', at: T + 5 } as PushEntry;
    expect(judgePushRecovery(judge({ outcomes, pushes: [refused] })).judged).toBe(0);
    expect(judgePushRecovery(judge({ outcomes: outcomes.slice(0, 1) })).violations).toHaveLength(1);
  });
});

describe('a window', () => {
  const push = (eventId: string, at: number): PushEntry => ({
    at,
    userId: 'u',
    eventId,
    answer: 202,
    verdict: 'sent',
    accepted: true,
    replayed: false,
  });

  it('may be shorter only by what is allowed at that moment', () => {
    const pushes = [push('a', T), push('b', T + 9000)];
    const caps = [{ per: 'user', max: 1, windowMs: 10_000 }] as const;
    expect(findCapViolations(pushes, caps)).toEqual([]);
    expect(findCapViolations(pushes, caps, () => 100)).toHaveLength(1);
  });

  it.each(namesOf(CAP_SUBJECTS))('is one per %s, as its example says', (per) => {
    const { together, apart } = CAP_EXAMPLES[per];
    const caps = [{ per, max: 1, windowMs: 10_000 }];
    const [first, second] = together;
    const close = (other: PushSubject) => [
      { ...push('a', T), ...first },
      { ...push('b', T + 1), ...other },
    ];
    expect(findCapViolations(close(second), caps)).toHaveLength(1);
    if (apart !== undefined) expect(findCapViolations(close(apart), caps)).toEqual([]);
    // Nobody knows what they were about.
    expect(findCapViolations([push('a', T), push('b', T + 1)], caps)).toHaveLength(1);
  });

  it('is shortened where the example rules have theirs, or not at all', () => {
    expect(shortenCaps('version: 1\ncaps:\n  - { a }\n  - { b }\n\nrest: 1\n')).toMatch(
      /^version: 1\ncaps:\n {2}- { per: user, max: 1, window: 25s }\n[^]*60s }\n\nrest: 1\n$/,
    );
    expect(() => shortenCaps('caps: []\n')).toThrow('no caps that could be shortened');
  });
});
