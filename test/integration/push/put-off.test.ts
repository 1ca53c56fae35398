/** Pushes that wait for their next try: they hold no worker, come back on time by Redis's clock, and leave others theirs. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createPushRig, type PushRig } from '../../support/claims/push-rig.ts';

const soon = { timeout: 30_000, interval: 20 };
const MINUTES_MS = 60_000;
let rig: PushRig;

beforeEach(async () => {
  rig = await createPushRig();
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rig.close();
});

/** Of this process, so of the pod; Redis keeps its own. */
function setPodClock(aheadMs: number): void {
  vi.spyOn(Date, 'now').mockImplementation(() => performance.timeOrigin + performance.now() + aheadMs);
}

const ids = (count: number, name = 'e') => Array.from({ length: count }, (_, at) => `${name}${String(at)}`);
const sendsOf = (eventId: string): number => rig.sends.filter((send) => send.eventId === eventId).length;

describe.each([
  ['as Redis’s', 0],
  ['ten minutes ahead of Redis’s', 10 * MINUTES_MS],
  ['a day ahead of Redis’s', 24 * 60 * MINUTES_MS],
  ['ten minutes behind Redis’s', -10 * MINUTES_MS],
])('a pod whose clock is %s', (_name, aheadMs) => {
  it('waits for a Retry-After without a worker, and sends what comes meanwhile', async () => {
    setPodClock(aheadMs);
    rig.answer = (eventId) =>
      eventId.startsWith('sick')
        ? { kind: 'not_sent', error: '429', retryAfterMs: 25_000 }
        : { kind: 'sent' };
    const worker = rig.worker({ concurrency: 2 });
    worker.start();
    await Promise.all(ids(8, 'sick').map((id) => rig.push(id)));
    await vi.waitFor(() => expect(rig.sends).toHaveLength(8), soon);
    await vi.waitFor(
      async () => expect(await rig.queue.counts()).toMatchObject({ delayed: 8, active: 0 }),
      soon,
    );
    await Promise.all(ids(5).map((id) => rig.push(id)));
    await vi.waitFor(() => expect(rig.counted).toHaveLength(5), soon);
    // None of the others has come back early, for any pod.
    expect(rig.sends).toHaveLength(13);
    expect(worker.running()).toBe(0);
  });

  it('tries again on time', async () => {
    setPodClock(aheadMs);
    const at: number[] = [];
    rig.answer = () => {
      at.push(performance.now());
      return at.length === 1 ? { kind: 'not_sent', error: '429', retryAfterMs: 1500 } : { kind: 'sent' };
    };
    rig.worker().start();
    await rig.push('e1');
    await vi.waitFor(() => expect(rig.counted).toEqual(['sent']), soon);
    expect(at).toHaveLength(2);
    expect(at[1]! - at[0]!).toBeGreaterThanOrEqual(1500);
  });

  it('leaves what it has put off to the others, on time', async () => {
    setPodClock(aheadMs);
    rig.answer = () =>
      rig.sends.length === 1 ? { kind: 'not_sent', error: '429', retryAfterMs: 1000 } : { kind: 'sent' };
    const first = rig.worker();
    first.start();
    await rig.push('e1');
    await vi.waitFor(async () => expect(await rig.queue.counts()).toMatchObject({ delayed: 1 }), soon);
    await first.close(5000);
    vi.restoreAllMocks();
    rig.worker().start();
    await vi.waitFor(() => expect(rig.counted).toEqual(['sent']), soon);
    expect(rig.sends).toHaveLength(2);
  });
});

describe('pushes that fail for some users only', () => {
  it('are tried until they expire, and hold nothing up', async () => {
    rig.answer = (eventId) =>
      eventId.startsWith('sick') ? { kind: 'maybe_sent', error: 'HTTP 500' } : { kind: 'sent' };
    rig.worker({ concurrency: 4, apiIsIdempotent: true }).start();
    await Promise.all(ids(20, 'sick').map((id) => rig.push(id, 6000)));
    await Promise.all(ids(40).map((id) => rig.push(id)));
    await vi.waitFor(() => expect(rig.counted).toHaveLength(60), soon);
    expect(rig.counted.filter((outcome) => outcome === 'sent')).toHaveLength(40);
    expect(rig.counted.filter((outcome) => outcome === 'unknown')).toHaveLength(20);
    expect(sendsOf('sick0')).toBeGreaterThan(1);
  });

  it('that hang take half of the places at most when they are tried again', async () => {
    const hanging = Promise.withResolvers<never>();
    let isHanging = false;
    rig.answer = (eventId) => {
      if (!eventId.startsWith('sick')) return { kind: 'sent' };
      return isHanging ? hanging.promise : { kind: 'maybe_sent', error: 'timeout' };
    };
    rig.worker({ concurrency: 4, apiIsIdempotent: true }).start();
    await Promise.all(ids(12, 'sick').map((id) => rig.push(id)));
    await vi.waitFor(() => expect(rig.sends.length).toBeGreaterThanOrEqual(12), soon);
    const before = rig.sends.length;
    isHanging = true;
    // As many as may hang at once do.
    await vi.waitFor(() => expect(rig.sends.length).toBeGreaterThanOrEqual(before + 2), soon);
    await Promise.all(ids(30).map((id) => rig.push(id)));
    await vi.waitFor(() => expect(rig.counted).toHaveLength(30), soon);
    expect(rig.counted).toEqual(Array(30).fill('sent'));
    expect(rig.sends.length - before - 30).toBeLessThanOrEqual(3);
    hanging.reject(new Error('given up'));
    rig.answer = () => ({ kind: 'sent' });
    await vi.waitFor(() => expect(rig.counted).toHaveLength(42), soon);
  });

  it('all come back, however many are due at once', async () => {
    let isThrottled = true;
    rig.answer = () =>
      isThrottled ? { kind: 'not_sent', error: '429', retryAfterMs: 1000 } : { kind: 'sent' };
    rig.worker({ concurrency: 8 }).start();
    rig.worker({ concurrency: 8 }).start();
    await Promise.all(ids(200).map((id) => rig.push(id)));
    await vi.waitFor(() => expect(rig.sends.length).toBeGreaterThanOrEqual(200), soon);
    isThrottled = false;
    await vi.waitFor(() => expect(rig.counted).toHaveLength(200), soon);
    expect(new Set(rig.counted)).toEqual(new Set(['sent']));
    await vi.waitFor(
      async () => expect(await rig.queue.counts()).toEqual({ waiting: 0, active: 0, delayed: 0, failed: 0 }),
      soon,
    );
  });
});
