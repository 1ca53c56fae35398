/** The state in words: what happens now, then what matters most beside it. */
import { describe, expect, it } from 'vitest';
import { figuresOf } from '../../../../src/ops/page/view/figures.ts';
import { headlineOf } from '../../../../src/ops/page/view/headline.ts';
import type { Fleet } from '../../../../src/ops/page/fleet.ts';
import type { PodSnapshot } from '../../../../src/ops/page/snapshot.ts';
import { counts, fleet, hourOf, partition, snapshot } from './example-fleet.ts';

function said(pods: readonly Partial<PodSnapshot>[], changes: Partial<Fleet> = {}) {
  const all = fleet(pods, changes);
  const headline = headlineOf(all, figuresOf(all));
  return JSON.parse(JSON.stringify(headline).replaceAll('\u00A0', ' ')) as typeof headline;
}

const SLOW = { inFlight: 9, breaker: 'closed', p50Ms: 300, p99Ms: 1900 } as const;

describe('in the best of cases', () => {
  it('is one sentence, as the person on call wants it', () => {
    const hour = hourOf({ received: 100, queued: 10, 'filtered.cooldown': 62, 'filtered.stale': 28 });
    expect(said([{ couponApi: SLOW }], { hour })).toEqual({
      tone: 'watch',
      word: 'Flowing',
      sentence: '812 events/s, 0.4 s behind. 62 % end as cooldown. Coupon API slow: p99 1.9 s.',
      notes: [],
      spoken: 'Flowing: events flow. Coupon API slow.',
    });
  });

  it('is calm', () => {
    expect(said([{}])).toMatchObject({
      tone: 'good',
      word: 'Flowing',
      sentence: '812 events/s, 0.4 s behind.',
    });
  });

  it('adds up all pods, and is as far behind as the last of them', () => {
    const far = { pod: 'pod-2', partitions: [partition({ partition: 1, lag: 4, behindSeconds: 3 })] };
    expect(said([{}, far]).sentence).toBe('1,624 events/s, 3 s behind.');
  });

  it('says quiet where nothing comes', () => {
    const idle = { rates: counts(), inFlight: 0 };
    expect(said([idle])).toMatchObject({ tone: 'quiet', word: 'Quiet' });
    expect(said([{ ...idle, inFlight: 1 }]).word).toBe('Flowing');
  });
});

describe('a backlog', () => {
  const behind = (changes: object) => ({
    partitions: [partition({ lag: 5000, behindSeconds: 240, etaSeconds: 60, ...changes })],
    lag: 5000,
  });

  it('that shrinks has an end, by the slowest partition', () => {
    const other = {
      pod: 'pod-2',
      partitions: [partition({ partition: 1, lag: 9, behindSeconds: 20, etaSeconds: 420 })],
    };
    expect(said([behind({}), other])).toMatchObject({
      tone: 'watch',
      word: 'Catching up',
      sentence: '1,624 events/s, 4 min behind; gone in 7 min, events-1 last.',
    });
  });

  it('that does not shrink is bad, and named', () => {
    expect(said([behind({ etaSeconds: null })])).toMatchObject({
      tone: 'bad',
      word: 'Behind',
      sentence: '812 events/s, 4 min behind and not catching up; events-0 has 5,000 records left.',
    });
  });

  it('of a moment is none', () => {
    expect(said([behind({ behindSeconds: 10, etaSeconds: null })]).word).toBe('Flowing');
    expect(said([behind({ behindSeconds: 10.1, etaSeconds: null })]).word).toBe('Behind');
  });
});

describe('an outage', () => {
  it('says who is waited for, how many wait, and that none is lost', () => {
    const waiting = [{ for: 'coupon API', events: 1204, oldestSeconds: 42 }];
    const away = ['coupon API'];
    expect(said([{ away, waiting, couponApi: { ...SLOW, breaker: 'open' } }])).toMatchObject({
      tone: 'bad',
      word: 'Waiting for the coupon API',
      sentence: '1,204 events wait, the oldest for 42 s; none is lost.',
      notes: [],
      spoken: 'Waiting for the coupon API: none is lost.',
    });
  });

  it('of the push API holds no event up', () => {
    expect(said([{ away: ['push API'] }])).toMatchObject({ tone: 'bad', word: 'Flowing' });
    expect(said([{ away: ['push API'] }]).sentence).toContain('Push API away');
  });

  it('of several names them', () => {
    const away = ['auth server', 'commits: not the coordinator', 'kafka', 'redis'];
    expect(said([{ away }]).word).toBe(
      'Waiting for the auth server, commits: not the coordinator, Kafka and 1 more',
    );
  });

  it('says nothing of how events end: none does', () => {
    const hour = hourOf({ 'filtered.cooldown': 9 });
    expect(said([{ away: ['redis'] }], { hour }).sentence).toBe('no event waits yet.');
  });

  it('of one event is said as one', () => {
    const waiting = [{ for: 'redis', events: 1, oldestSeconds: 2 }];
    expect(said([{ away: ['redis'], waiting }]).sentence).toContain('1 event waits');
    expect(said([{ away: ['redis'] }]).sentence).toContain('no event waits yet');
  });
});

describe('what holds everything', () => {
  it('is a stall before all else', () => {
    expect(said([{}, { pod: 'pod-2', condition: 'stalled', away: ['redis'] }])).toMatchObject({
      tone: 'bad',
      word: 'Stalled',
      sentence: expect.stringMatching(/^pod-2 makes no progress/) as string,
    });
  });

  it('is a start that waits, only while no pod has partitions', () => {
    const starting = { notReady: ['no valid rules yet: not read'], partitions: [], partitionCount: 0 };
    expect(said([starting])).toMatchObject({ word: 'Not ready', sentence: 'no valid rules yet: not read.' });
    expect(said([starting, { pod: 'pod-2' }]).word).toBe('Flowing');
  });

  it.each([
    [
      { document: true, flag: false, set: null },
      'no push is sent, as the rules say enabled: false; 812 events/s.',
    ],
    [
      { document: false, flag: true, set: null },
      'no push is sent, by the kill switch in Redis; 812 events/s.',
    ],
    [
      { document: true, flag: true, set: { why: 'a wrong text', by: 'anna', since: null } },
      'no push is sent, by the kill switch in Redis (anna: a wrong text); 812 events/s.',
    ],
  ])('is the kill switch: %o', (killSwitch, sentence) => {
    expect(said([{ killSwitch }])).toMatchObject({ tone: 'watch', word: 'Held back', sentence });
  });
});

describe('beside the state', () => {
  it.each<[string, Partial<PodSnapshot>, Partial<Fleet>, string]>([
    ['this pod alone', {}, { alone: 'Redis can’t be used' }, 'This is pod-1 alone: Redis can’t be used.'],
    [
      'a silent pod',
      {},
      { silent: [{ pod: 'pod-9', version: '1', silentSeconds: 7 }] },
      'pod-9 has been silent for 7 s.',
    ],
    [
      'a partition that can’t be read',
      { partitions: [partition({ fault: 'no leader' })] },
      {},
      'Partition events-0: no leader.',
    ],
    [
      'what is partly bad',
      { reasons: ['coupon API: 3 events fail'] },
      {},
      'pod-1: coupon API: 3 events fail.',
    ],
    [
      'a document that was not replaced',
      { rules: { ...snapshot().rules, lastError: 'line 3: no such key' } },
      {},
      'Rules not replaced, the last good ones are in force: line 3: no such key.',
    ],
    ['a warning of Redis’s', { warnings: ['clocks differ by 12 s'] }, {}, 'clocks differ by 12 s.'],
    [
      'a defect',
      {},
      { hour: hourOf({ 'dead_lettered.internal_error': 2, queued: 98 }) },
      '2 events ended as internal_error in 10 s.',
    ],
    [
      'a promise that may be broken',
      {},
      { hour: hourOf({ breaches: 1, queued: 98 }) },
      'A promise may be broken: Redis lost claims, or Kafka deleted events that nobody had read.',
    ],
    [
      'a flood of poison',
      {},
      { hour: hourOf({ 'dead_lettered.malformed': 30, 'dead_lettered.invalid': 9, queued: 350 }) },
      '39 dead letters in the last minute, most of them malformed.',
    ],
    [
      'failing pushes',
      { pushApi: { inFlight: 1, recentCalls: 20, recentFailures: 2, lastError: 'HTTP 503' } },
      {},
      'Push API: 10 % of its calls fail, last HTTP 503.',
    ],
  ])('stands %s', (_name, pod, changes, sentence) => {
    expect(said([pod], changes).sentence).toContain(sentence);
  });

  it.each([
    ['few', { 'dead_lettered.invalid': 19, queued: 10 }],
    ['a small share', { 'dead_lettered.invalid': 39, queued: 352 }],
  ])('dead letters that are %s are not worth a word', (_name, counted) => {
    expect(said([{}], { hour: hourOf(counted) }).sentence).not.toContain('dead letters');
  });

  it('dead letters of an hour ago are no flood', () => {
    const hour = { ...hourOf(), slots: 7, columns: { 'dead_lettered.invalid': [500, 0, 0, 0, 0, 0, 0] } };
    expect(said([{}], { hour }).sentence).not.toContain('in the last minute');
  });

  it('stand different rules of two pods', () => {
    const other = { pod: 'pod-2', rules: { ...snapshot().rules, hash: 'ffffffffffff' } };
    expect(said([{}, other]).sentence).toContain('Pods have 2 different rule documents.');
  });

  it('stands little: the rest are notes, worst first', () => {
    const pod = { warnings: ['w1', 'w2'], partitions: [partition({ fault: 'no leader' })] };
    const { sentence, notes, tone } = said([pod], { alone: 'Redis can’t be used' });
    expect(sentence).toContain('Partition events-0');
    expect(notes).toEqual(['w1.', 'w2.']);
    expect(tone).toBe('bad');
  });

  it('nothing that moves is spoken', () => {
    const at = (seconds: number) =>
      said([{ couponApi: { ...SLOW, p99Ms: 1000 + seconds } }], {
        silent: [{ pod: 'pod-9', version: '1', silentSeconds: seconds }],
      }).spoken;
    expect(at(3)).toBe(at(9));
  });
});
