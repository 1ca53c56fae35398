/**
 * Redis refuses one command, in the middle of the queue's own scripts, which have taken a job out of one list by then.
 * Every push is sent once all the same, and its outcome told within seconds of the refusal's end: no sweep runs here.
 */
import { afterEach, expect, it, vi } from 'vitest';
import { UnavailableError } from '../../../src/runtime/errors.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { testRedisUrl } from '../../support/claims/claims-harness.ts';
import { createPushRig, type PushRig } from '../../support/claims/push-rig.ts';
import { EVERYTHING, openRedisUser, type RedisUser } from '../../support/redis/redis-user.ts';

const REFUSED_FOR_MS = 6000;
const soon = { timeout: 20_000, interval: 50 };
const ids = (name: string) => Array.from({ length: 15 }, (_, at) => `${name}-${String(at)}`);

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(cleanups.splice(0).map((cleanup) => cleanup()));
});

interface World {
  readonly rig: PushRig;
  readonly allow: RedisUser['allow'];
}

async function openWorld(): Promise<World> {
  const user = await openRedisUser(testRedisUrl(), EVERYTHING);
  const rig = await createPushRig(user.url);
  cleanups.push(async () => {
    await rig.close();
    await user.close();
  });
  return { rig, allow: user.allow };
}

/** Pushes that are tried again, and pushes whose report is, while one command is refused. */
async function refuse(command: string, { rig, allow }: World): Promise<void> {
  let isAway = true;
  const sent: string[] = [];
  rig.answer = (eventId) => {
    if (isAway && eventId.startsWith('again')) return { kind: 'not_sent', error: '503', retryAfterMs: 1000 };
    sent.push(eventId);
    return { kind: 'sent' };
  };
  rig.record = async (record) => {
    if (isAway && record.eventId.startsWith('told')) throw new UnavailableError('outcome topic', 'test');
    rig.records.push(record);
  };
  const all = [...ids('again'), ...ids('told')];
  // What is taken by a script that is cut off behind it is found as one whose worker died.
  rig.worker({ stalledIntervalMs: 500, lockDurationMs: 1000, concurrency: 16 }).start();
  for (const id of all) await rig.push(id);
  await vi.waitFor(
    () => expect(new Set(rig.sends.map(({ eventId }) => eventId)).size).toBe(all.length),
    soon,
  );
  await allow(`-${command}`);
  await systemClock.sleep(REFUSED_FOR_MS);
  await allow(`+${command}`);
  isAway = false;
  await vi.waitFor(() => expect([command, rig.counted.length]).toEqual([command, all.length]), soon);
  expect([command, sent.toSorted()]).toEqual([command, all.toSorted()]);
  expect([command, new Set(rig.counted)]).toEqual([command, new Set(['sent'])]);
}

it('each command that moves a job: what its refusal leaves in no list is put back', async () => {
  const commands = ['hset', 'zadd', 'lpush', 'rpush', 'xadd'];
  const worlds = await Promise.all(commands.map(openWorld));
  await Promise.all(worlds.map((world, at) => refuse(commands[at]!, world)));
}, 60_000);

it('jobs that BullMQ loses of its own accord, of workers that died, are found as well', async () => {
  const { rig, allow } = await openWorld();
  const worker = rig.worker({ stalledIntervalMs: 300, lockDurationMs: 600, concurrency: 16 });
  worker.start();
  await rig.push('first');
  await vi.waitFor(() => expect(rig.counted).toHaveLength(1), soon);
  worker.pause();
  const all = ids('taken');
  for (const id of all) await rig.push(id);
  // They are taken by scripts that end behind the lock, and nobody has them.
  await allow('-xadd');
  worker.resume();
  const states = async () =>
    (await (await rig.queue.open()).getJobCounts('wait', 'active')) as { wait: number; active: number };
  await vi.waitFor(async () => expect((await states()).active).toBeGreaterThan(5), soon);
  await allow('-rpush');
  await allow('+xadd');
  await systemClock.sleep(REFUSED_FOR_MS);
  await allow('+rpush');
  await vi.waitFor(() => expect(rig.counted).toHaveLength(all.length + 1), soon);
  expect(rig.sends.map(({ eventId }) => eventId).toSorted()).toEqual(['first', ...all].toSorted());
}, 60_000);
