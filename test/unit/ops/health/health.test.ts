/** What each part of a pod does to its readiness, its condition, and to what the watchdog sees. */
import { describe, expect, it } from 'vitest';
import { createHealth, type HealthPorts } from '../../../../src/ops/health/health.ts';
import { createOutageReasons } from '../../../../src/ops/health/outage-reasons.ts';
import { consumerWith, couponApiWith, NOBODY, partition, pushApiWith, wellPod } from './well-pod.ts';

const open = (changes: Partial<HealthPorts> = {}) => createHealth({ ...wellPod(), ...changes });
const conditionOf = (changes: Partial<HealthPorts>) => open(changes).condition([]);

const redis = wellPod().redis;
const rules = wellPod().rules;
const outages = createOutageReasons();
outages.reporter('redis')('connection refused');
outages.reporter('kafka')('no such host');
outages.reporter('outcome topic')('not authorized');

describe('ready', () => {
  it('where nothing is missing', () => {
    expect(open().notReady()).toEqual([]);
  });

  it('without tokens, where none are wanted', () => {
    expect(open({ tokens: undefined }).notReady()).toEqual([]);
  });
});

describe('not ready', () => {
  it.each<[string, Partial<HealthPorts>, string]>([
    ['a pod that stops', { isStopping: () => true }, 'stopping'],
    [
      'Redis is away',
      { redis: { ...redis, isUp: () => false }, outages: { ...outages, reasonOf: () => undefined } },
      'redis is not reachable: connection refused',
    ],
    ['Redis evicts keys', { redis: { ...redis, faults: () => ['it evicts keys'] } }, 'it evicts keys'],
    [
      'the worker is refused',
      { worker: { refused: () => 'NOPERM' } },
      'the push worker gets no jobs: NOPERM',
    ],
    ['no rules yet', { rules: { ...rules, current: () => undefined } }, 'no valid rules yet: not read'],
    [
      'rules that are not valid',
      {
        rules: {
          current: () => undefined,
          status: () => ({ ...rules.status(), lastError: 'line 3: no caps' }),
        },
      },
      'no valid rules yet: line 3: no caps',
    ],
    [
      'not joined',
      { consumer: consumerWith({ joined: false }), outages: { ...outages, reasonOf: () => undefined } },
      'not joined to the consumer group: no such host',
    ],
    ['a topic takes no records', { outages }, 'the outcome topic takes no records: not authorized'],
    [
      'no token',
      { tokens: { hasValidToken: () => false, lastError: () => undefined } },
      'no valid token: not asked yet',
    ],
    [
      'a token that was refused',
      { tokens: { hasValidToken: () => false, lastError: () => 'HTTP 401' } },
      'no valid token: HTTP 401',
    ],
    ['coupon API', { couponApi: couponApiWith({}, true) }, 'the coupon API refuses a fresh token'],
    ['push API', { pushApi: pushApiWith({}, true) }, 'the push API refuses a fresh token'],
  ])('%s', (_name, changes, reason) => {
    expect(open(changes).notReady()).toEqual([reason]);
  });
});

describe('what a ready pod notes', () => {
  const waitsFor = (...services: string[]) => ({ services: () => services, turned: () => 0 });

  it('is nothing while all is well, or while events wait for what is none of our topics', () => {
    expect(open().notes()).toEqual([]);
    expect(open({ waits: waitsFor('redis', 'coupon API') }).notes()).toEqual([]);
  });

  it('is a topic of ours that takes some records and not others', () => {
    const pod = open({ waits: waitsFor('dead-letter topic', 'redis') });
    expect(pod.notes()).toEqual([
      'events wait for the dead-letter topic, which does not take their records: see waiting on /status',
    ]);
    expect(pod.notReady()).toEqual([]);
  });

  it('is no topic that takes nothing at all: the pod is not ready then', () => {
    const pod = open({ waits: waitsFor('outcome topic'), outages });
    expect(pod.notes()).toEqual([]);
    expect(pod.notReady()).toEqual(['the outcome topic takes no records: not authorized']);
  });
});

describe('the condition', () => {
  it('ok where nothing is bad', () => {
    expect(open().condition([])).toEqual({ condition: 'ok', away: [], reasons: [] });
  });

  it('stalled where the watchdog says so, whatever is away', () => {
    const health = open({ consumer: consumerWith({ connected: false }) });
    expect(health.condition(['no progress'])).toMatchObject({ condition: 'stalled', away: ['kafka'] });
  });

  it.each<[string, Partial<HealthPorts>]>([
    ['redis', { redis: { ...redis, isUp: () => false } }],
    ['redis', { worker: { refused: () => 'NOPERM' } }],
    ['kafka', { consumer: consumerWith({ connected: false }) }],
    ['commits: GROUP_AUTHORIZATION', { consumer: consumerWith({ commitFault: 'GROUP_AUTHORIZATION' }) }],
    ['coupon API', { couponApi: couponApiWith({ breaker: 'half_open' }) }],
    ['coupon API', { couponApi: couponApiWith({ isDark: true }) }],
    ['coupon API', { couponApi: couponApiWith({}, true) }],
    ['push API', { pushApi: pushApiWith({ isAway: true }) }],
    ['push API', { pushApi: pushApiWith({}, true) }],
    ['outcome topic', { outages }],
    ['auth server', { tokens: { hasValidToken: () => false, lastError: () => undefined } }],
    ['whoever is waited for', { waits: { services: () => ['whoever is waited for'], turned: () => 0 } }],
  ])('degraded, %s away', (service, changes) => {
    expect(conditionOf(changes)).toEqual({ condition: 'degraded', away: [service], reasons: [] });
  });

  it('names what is away once, sorted', () => {
    const waits = { services: () => ['redis', 'dead-letter topic'], turned: () => 0 };
    const { away } = conditionOf({ waits, redis: { ...redis, isUp: () => false } });
    expect(away).toEqual(['dead-letter topic', 'redis']);
  });

  it('degraded with nothing away: a partition that can’t be read, users whose calls fail alone', () => {
    const faulted = consumerWith({ partitions: [{ ...partition, fault: 'no leader' }] });
    expect(conditionOf({ consumer: faulted })).toEqual({ condition: 'degraded', away: [], reasons: [] });
    const failing = couponApiWith({ failingAlone: { events: 2, users: 1, oldestMs: 1000 } });
    expect(conditionOf({ couponApi: failing })).toEqual({
      condition: 'degraded',
      away: [],
      reasons: ['coupon API: 2 events of 1 user fail, others are answered'],
    });
  });

  it('one call that failed a moment ago is nothing to speak of', () => {
    const failing = couponApiWith({ failingAlone: { events: 1, users: 1, oldestMs: 999 } });
    expect(conditionOf({ couponApi: failing }).condition).toBe('ok');
    expect(couponApiWith({}).stats().failingAlone).toBe(NOBODY);
  });
});

describe('progress', () => {
  const busy = { inFlight: 1, atWork: 1, lastFetchAtMs: 500, lastProgressAtMs: 40 };
  const markOf = (changes: Partial<HealthPorts>): number => open(changes).progress().mark;
  const mark = markOf({ consumer: consumerWith(busy) });

  it.each<[string, Partial<HealthPorts>]>([
    ['an event that ended', { ledger: { decided: () => 1 } }],
    ['a wait that turned', { waits: { services: () => [], turned: () => 1 } }],
    ['a position that moved', { consumer: consumerWith({ ...busy, lastProgressAtMs: 41 }) }],
  ])('%s moves the mark', (_name, changes) => {
    expect(markOf({ consumer: consumerWith(busy), ...changes })).toBe(mark + 1);
  });

  it('a fetch moves the mark only where no event is in flight', () => {
    const fetched = { ...busy, lastFetchAtMs: 501 };
    expect(markOf({ consumer: consumerWith(fetched) })).toBe(mark);
    const idle = (lastFetchAtMs: number) =>
      markOf({ consumer: consumerWith({ ...busy, inFlight: 0, lastFetchAtMs }) });
    expect(idle(501)).toBe(idle(500) + 1);
  });

  it.each<[string, Partial<HealthPorts>, boolean]>([
    ['nothing to do', {}, false],
    ['an event in flight', { consumer: consumerWith(busy) }, true],
    ['lag', { consumer: consumerWith({ partitions: [{ ...partition, lag: 1 }] }) }, true],
    [
      'lag that is not known',
      { consumer: consumerWith({ partitions: [{ ...partition, lag: null }] }) },
      false,
    ],
    [
      'all events pause between tries',
      { consumer: consumerWith({ ...busy, atWork: 0 }), couponApi: couponApiWith({ pausing: 1 }) },
      false,
    ],
    [
      'one pauses, another is at work',
      { consumer: consumerWith(busy), couponApi: couponApiWith({ pausing: 1 }) },
      true,
    ],
    [
      'a call within its time limit',
      { consumer: consumerWith(busy), couponApi: couponApiWith({ isCallInTime: true }) },
      false,
    ],
  ])('work to do: %s', (_name, changes, hasWork) => {
    expect(open(changes).progress().hasWork).toBe(hasWork);
  });

  it('a pod that has left the group has work: it must join again', () => {
    let joined = false;
    const health = open({ consumer: { status: () => consumerWith({ joined }).status() } });
    expect(health.progress().hasWork).toBe(false);
    joined = true;
    expect(health.progress().hasWork).toBe(false);
    joined = false;
    expect(health.progress().hasWork).toBe(true);
  });

  it('the push API excuses no stall, every other service does', () => {
    const ill = { pushApi: pushApiWith({ isAway: true }), consumer: consumerWith({ connected: false }) };
    expect(open(ill).progress().away).toEqual(['kafka']);
  });
});

it('a partition’s fault counts from when the watchdog saw it first', () => {
  const health = open({ consumer: consumerWith({ partitions: [{ ...partition, fault: 'no leader' }] }) });
  health.progress();
  expect(health.partitionWaits()).toMatchObject([{ for: 'partition events-0: no leader', events: 0 }]);
});
