import { UnrecoverableError, Worker } from 'bullmq';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openRedis } from '../../../src/redis/connection.ts';
import { pushId } from '../../../src/push/push-id.ts';
import { testRedisUrl } from '../../support/claims/claims-harness.ts';
import { createPushRig, type PushRig } from '../../support/claims/push-rig.ts';
import { silentLogger } from '../../support/silent-logger.ts';

const soon = { timeout: 30_000, interval: 20 };
let rig: PushRig;

beforeEach(async () => {
  rig = await createPushRig();
});
afterEach(() => rig.close());

const ids = (count: number) => Array.from({ length: count }, (_, index) => `e${String(index)}`);

/** Of this process; everything but Redis and its scripts sees it. */
function setClockAhead() {
  const clock = vi.spyOn(Date, 'now');
  return clock.mockImplementation(() => performance.timeOrigin + performance.now() + 600_000);
}

describe('the queue and its workers', () => {
  it('deliver every push once, with two workers and every job enqueued twice', async () => {
    rig.worker().start();
    rig.worker().start();
    await Promise.all(
      ids(50).map(async (id) => {
        const ref = await rig.push(id);
        await rig.queue.enqueue(ref);
      }),
    );
    await vi.waitFor(() => expect(rig.counted).toHaveLength(50), soon);
    expect(rig.sends.map(({ eventId }) => eventId).toSorted()).toEqual(ids(50).toSorted());
    await vi.waitFor(
      async () => expect(await rig.queue.counts()).toEqual({ waiting: 0, active: 0, delayed: 0, failed: 0 }),
      soon,
    );
  });

  it('wait for a worker that starts later', async () => {
    await rig.push('e1');
    expect(await rig.queue.counts()).toMatchObject({ waiting: 1 });
    expect(await rig.store.checkPending({ userId: 'user of e1', eventId: 'e1' })).toBe('pending');
    rig.worker().start();
    await vi.waitFor(() => expect(rig.counted).toEqual(['sent']), soon);
  });

  it('run a job again that is gone while its claim is undelivered', async () => {
    const ref = await rig.push('e1');
    const queue = await rig.queue.open();
    await queue.remove(pushId(ref));
    await rig.queue.enqueue(ref);
    rig.worker().start();
    await vi.waitFor(() => expect(rig.counted).toEqual(['sent']), soon);
  });

  it.each(['completed', 'failed'] as const)('run a %s job again, and send nothing twice', async (state) => {
    const ref = await rig.push('e1');
    // The job is finished behind the record's back.
    const queue = await rig.queue.open();
    const job = await queue.getJob(pushId(ref));
    const connection = openRedis({
      url: testRedisUrl(),
      cluster: false,
      purpose: 'worker',
      logger: silentLogger,
    });
    const thief = new Worker(queue.name, null, {
      connection,
      prefix: queue.opts.prefix ?? '',
    });
    const taken = await thief.getNextJob('thief');
    expect(taken.id).toBe(job?.id);
    if (state === 'completed') await taken.moveToCompleted('', 'thief', false);
    else await taken.moveToFailed(new UnrecoverableError('x'), 'thief', false);
    await thief.close();
    connection.disconnect();
    expect(await queue.getJobState(pushId(ref))).toBe(state);
    await rig.queue.enqueue(ref);
    rig.worker().start();
    await vi.waitFor(() => expect(rig.counted).toEqual(['sent']), soon);
    await rig.queue.enqueue(ref);
    const ended = { kind: 'ended' };
    await vi.waitFor(() => expect(rig.verdicts).toEqual([ended, ended]), soon);
    expect(rig.counted).toEqual(['sent']);
    expect(rig.records).toHaveLength(1);
    expect(rig.sends).toHaveLength(1);
  });

  it('retry what was surely not sent, after the asked pause', async () => {
    rig.answer = () =>
      rig.sends.length === 1 ? { kind: 'not_sent', error: '429', retryAfterMs: 1000 } : { kind: 'sent' };
    rig.worker().start();
    await rig.push('e1');
    await vi.waitFor(() => expect(rig.counted).toEqual(['sent']), soon);
    expect(rig.sends).toHaveLength(2);
    expect(rig.sends[1]!.atMs - rig.sends[0]!.atMs).toBeGreaterThanOrEqual(1000);
  });

  it('repeat a doubtful send with its key where the API is idempotent', async () => {
    rig.answer = () => (rig.sends.length < 3 ? { kind: 'maybe_sent', error: '500' } : { kind: 'sent' });
    rig.worker({ apiIsIdempotent: true }).start();
    const ref = await rig.push('e1');
    await vi.waitFor(() => expect(rig.counted).toEqual(['sent']), soon);
    expect(rig.sends.map(({ key }) => key)).toEqual([pushId(ref), pushId(ref), pushId(ref)]);
  });

  it('end what can not be sent before its expiry', async () => {
    rig.answer = () => ({ kind: 'not_sent', error: 'refused' });
    rig.worker().start();
    await rig.push('e1', 2500);
    await vi.waitFor(() => expect(rig.counted).toEqual(['expired']), soon);
    expect(rig.sends.length).toBeGreaterThan(1);
  });

  it('withdraw everything while the kill switch is set', async () => {
    await rig.killSwitch.set({ why: 'test', by: null, since: null });
    rig.worker().start();
    await Promise.all(ids(5).map((id) => rig.push(id)));
    await vi.waitFor(() => expect(rig.counted).toEqual(Array(5).fill('withdrawn')), soon);
    await rig.killSwitch.lift();
    await rig.push('later');
    await vi.waitFor(() => expect(rig.counted).toContain('sent'), soon);
    expect(rig.sends.map(({ eventId }) => eventId)).toEqual(['later']);
  });
});

describe('a worker that is lost', () => {
  it('in mid-send: its job is run again, the push is settled as unknown, and never resent', async () => {
    const hanging = Promise.withResolvers<{ kind: 'sent' }>();
    rig.answer = () => hanging.promise;
    const lost = rig.worker({ lockDurationMs: 1000, stalledIntervalMs: 500 });
    lost.start();
    await rig.push('e1');
    await vi.waitFor(() => expect(rig.sends).toHaveLength(1), soon);
    // Its lock goes to nobody: as if the pod were frozen.
    const queue = await rig.queue.open();
    const stealLock = setInterval(() => {
      void queue.getJob(pushId({ userId: 'user of e1', eventId: 'e1' })).then(async (job) => {
        if (job !== undefined) await rig.redis.del(`${queue.toKey(job.id ?? '')}:lock`);
      });
    }, 50);
    const heir = rig.worker({ lockDurationMs: 1000, stalledIntervalMs: 500 });
    lost.pause();
    heir.start();
    await vi.waitFor(() => expect(rig.counted).toEqual(['unknown']), soon);
    clearInterval(stealLock);
    hanging.resolve({ kind: 'sent' });
    await vi.waitFor(() => expect(lost.running()).toBe(0), soon);
    expect(rig.sends).toHaveLength(1);
    expect(rig.counted).toEqual(['unknown']);
  });
});

describe('a pod whose clock is ten minutes ahead', () => {
  it('puts nothing off by that much for the others', async () => {
    rig.answer = () =>
      rig.sends.length === 1 ? { kind: 'not_sent', error: '429', retryAfterMs: 500 } : { kind: 'sent' };
    const clock = setClockAhead();
    rig.worker().start();
    const ref = await rig.push('e1');
    await vi.waitFor(() => expect(rig.sends).toHaveLength(1), soon);
    await vi.waitFor(async () => expect(await rig.store.checkPending(ref)).toBe('pending'), soon);
    clock.mockRestore();
    await vi.waitFor(() => expect(rig.counted).toEqual(['sent']), soon);
  });
});

describe('the shared pace', () => {
  it('holds over two workers', async () => {
    await Promise.all(ids(30).map((id) => rig.push(id)));
    rig.worker({ perSecond: 20 }).start();
    rig.worker({ perSecond: 20 }).start();
    await vi.waitFor(() => expect(rig.counted).toHaveLength(30), soon);
    const times = rig.sends.map(({ atMs }) => atMs).toSorted((a, b) => a - b);
    // 29 pauses of 50 ms; a send may be late, never early.
    expect(times.at(-1)! - times[0]!).toBeGreaterThan(29 * 50 - 100);
  });
});

describe('a stop', () => {
  it('lets a send finish within its limit', async () => {
    rig.answer = async () => {
      await new Promise((resolve) => setTimeout(resolve, 300));
      return { kind: 'sent' };
    };
    const worker = rig.worker();
    worker.start();
    await rig.push('e1');
    await vi.waitFor(() => expect(worker.running()).toBe(1), soon);
    await worker.close(30_000);
    expect(rig.counted).toEqual(['sent']);
  });

  it('gives back what it has not begun as due for every pod, whatever its own clock says', async () => {
    const ahead = rig.worker({ concurrency: 8, perSecond: 1 });
    ahead.start();
    await Promise.all(ids(10).map((id) => rig.push(id)));
    await vi.waitFor(() => expect(ahead.running()).toBe(8), soon);
    const clock = setClockAhead();
    await ahead.close(30_000);
    clock.mockRestore();
    rig.worker().start();
    await vi.waitFor(() => expect(rig.counted).toHaveLength(10), soon);
  });

  it('cuts a send off at the limit and settles it as what it is', async () => {
    rig.answer = (_eventId, { signal }) =>
      new Promise((resolve) => {
        signal.addEventListener('abort', () => resolve({ kind: 'maybe_sent', error: 'cut off' }));
      });
    const worker = rig.worker();
    worker.start();
    await rig.push('e1');
    await vi.waitFor(() => expect(worker.running()).toBe(1), soon);
    // The send would last for ever.
    await worker.close(1500);
    expect(rig.counted).toEqual(['unknown']);
  });
});
