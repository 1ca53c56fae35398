/** /status says what the parts say, in the contract's shape, and waits for nobody for long. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createHealth } from '../../../../src/ops/health/health.ts';
import { createLastKnown } from '../../../../src/ops/health/last-known.ts';
import { createReportStatus, type StatusPorts } from '../../../../src/ops/health/report-status.ts';
import type { PodRecord } from '../../../../src/ops/pods.ts';
import type { Status } from '../../../../src/ops/status.ts';
import { systemClock } from '../../../../src/runtime/clock.ts';
import { couponApiWith, wellPod } from './well-pod.ts';

const START = Date.parse('2026-11-27T10:00:00.000Z');
const record: PodRecord = {
  pod: 'pod-1',
  version: '1.2.3',
  startedAt: '2026-11-27T10:00:00.000Z',
  partitions: [],
  rulesVersion: 'r1',
  rulesEtag: '"e"',
  merchantsVersion: undefined,
  topic: 'events',
  groupId: 'g',
  lane: 'all',
  laneThresholdBytes: 1000,
  pushApi: 'https://push.example/',
  dryRun: false,
};
const depths = { waiting: 4, active: 3, delayed: 2, failed: 1 };
const FLAG = { why: 'rules r1', by: 'anna', since: '2026-11-27T09:00:00.000Z' };
const events = { received: 5, queued: 2, abandoned: 1 } as Status['events'];
const deliveries = { sent: 2 } as Status['deliveries'];

beforeEach(() => {
  vi.useFakeTimers({ now: START + 90_400 });
});
afterEach(() => {
  vi.useRealTimers();
});

function open(changes: Partial<StatusPorts> = {}): () => Promise<Status> {
  const pod = wellPod();
  return createReportStatus({
    ...pod,
    health: createHealth(pod),
    lastKnown: createLastKnown(
      { counts: () => Promise.resolve(depths) },
      { read: () => Promise.resolve(FLAG) },
    ),
    record: () => record,
    registry: () => undefined,
    startedAtMs: START,
    clock: systemClock,
    ledger: {
      counts: () => events,
      deliveries: () => deliveries,
      inFlight: () => 2,
      decided: () => 3,
      late: () => 1,
    },
    merchants: undefined,
    waits: { list: () => [{ for: 'redis', events: 1, oldestSeconds: 2 }] },
    stalled: () => [],
    logLinesDropped: () => 6,
    ...changes,
  });
}

it('has every field of the contract from its part', async () => {
  expect(await open()()).toEqual({
    pod: 'pod-1',
    version: '1.2.3',
    uptimeSeconds: 90,
    condition: 'ok',
    away: [],
    reasons: [],
    waiting: [{ for: 'redis', events: 1, oldestSeconds: 2 }],
    events,
    decidedLate: 1,
    deliveries,
    inFlight: 2,
    partitions: wellPod().consumer.status().partitions,
    rules: { version: 'r1', etag: '"e"', hash: 'abc', loadedAt: '2026-11-27T10:00:00.000Z', lastError: null },
    merchants: null,
    killSwitch: { document: false, flag: true, set: FLAG },
    pods: [],
    couponApi: { inFlight: 3, breaker: 'closed', p50Ms: 20, p99Ms: 80 },
    pushApi: { inFlight: 1, recentCalls: 64, recentFailures: 2, lastError: 'HTTP 503' },
    queue: depths,
    logLinesDropped: 6,
    redis: { dataLost: 0, serverChanged: 0, faults: [], warnings: [] },
  });
});

it('says null, not nothing, of what a document does not have yet', async () => {
  const none = { version: undefined, etag: undefined, hash: undefined, loadedAt: undefined };
  const merchants = { status: () => ({ ...none, lastError: 'not found' }) };
  const nulls = { version: null, etag: null, hash: null, loadedAt: null };
  expect((await open({ merchants })()).merchants).toEqual({ ...nulls, lastError: 'not found' });
});

it('names the kill switch of the document', async () => {
  const rules = { ...wellPod().rules, current: () => ({ enabled: false }) };
  expect((await open({ rules })()).killSwitch).toMatchObject({ document: true, flag: true });
});

it('adds who waits for the coupon API to who waits', async () => {
  const couponApi = couponApiWith({ waitingForAll: { events: 7, users: 7, oldestMs: 1500 } });
  expect((await open({ couponApi })()).waiting).toContainEqual({
    for: 'coupon API',
    events: 7,
    oldestSeconds: 1.5,
  });
});

describe('warnings', () => {
  const seenAt = '2026-11-27T10:00:00.000Z';

  it('come from Redis, from the registry, and of a pod that should not be there', async () => {
    const stranger = { ...record, pod: 'pod-2', topic: 'others', seenAt };
    const { redis, pods } = await open({
      redis: { ...wellPod().redis, warnings: () => ['clocks differ'] },
      registry: () => ({ pods: () => [stranger], warnings: () => ['no announcements'] }),
    })();
    expect(redis.warnings).toEqual([
      'clocks differ',
      'no announcements',
      expect.stringContaining('KAFKA_TOPIC is events here and others in the live pod pod-2'),
    ]);
    expect(pods).toEqual([stranger]);
  });
});

describe('with Redis away', () => {
  it('what was known last is told, after a second at most', async () => {
    let isHanging = false;
    const never = new Promise<never>(() => undefined);
    const status = open({
      lastKnown: createLastKnown(
        { counts: () => (isHanging ? never : Promise.resolve(depths)) },
        { read: () => (isHanging ? never : Promise.resolve(FLAG)) },
      ),
    });
    await status();
    isHanging = true;
    let told: Status | undefined;
    void status().then((answer) => (told = answer));
    await vi.advanceTimersByTimeAsync(999);
    expect(told).toBeUndefined();
    await vi.advanceTimersByTimeAsync(1);
    expect(told).toMatchObject({ queue: depths, killSwitch: { flag: true } });
  });

  it('a refusal keeps the last answers, too', async () => {
    let isAway = false;
    const ask = <T>(value: T) => (isAway ? Promise.reject(new Error('away')) : Promise.resolve(value));
    const known = createLastKnown({ counts: () => ask(depths) }, { read: () => ask(FLAG) });
    expect(known.depths()).toEqual({ waiting: 0, active: 0, delayed: 0, failed: 0 });
    expect(known.flag()).toBeUndefined();
    await known.ask();
    isAway = true;
    await known.ask();
    expect([known.depths(), known.flag()]).toEqual([depths, FLAG]);
  });
});
