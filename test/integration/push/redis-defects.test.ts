/** A defect of ours on a real Redis: a script with a bug, the queue's keys overwritten. It is told, and never waited out. */
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { isUnavailable } from '../../../src/runtime/errors.ts';
import { CLOCK, scriptOn } from '../../../src/redis/script.ts';
import { QUEUE_NAME, queuePrefix } from '../../../src/push/push-queue.ts';
import { createPushRig, type PushRig } from '../../support/claims/push-rig.ts';

const soon = { timeout: 30_000, interval: 20 };
let prefix: string;
let rig: PushRig;

beforeEach(async () => {
  prefix = `test-${randomUUID()}`;
  rig = await createPushRig(undefined, { prefix });
});
afterEach(() => rig.close());

const failureOf = (task: Promise<unknown>): Promise<unknown> =>
  task.then(
    () => undefined,
    (error: unknown) => error,
  );

it.each([
  ['a value that is not there', 'return {now + nothing}'],
  [
    'a command that does not fit its key',
    "redis.call('SET', KEYS[1], '1') return {redis.call('ZCARD', KEYS[1])}",
  ],
  ['a command called wrongly', "return {redis.call('ZADD', KEYS[1], 'no number', 'm')}"],
])('a script with %s ends what asked it', async (_name, lua) => {
  const run = scriptOn(rig.redis, { name: `bug_${randomUUID()}`, keys: 1, lua: `${CLOCK}\n${lua}` });
  const failure = await failureOf(run([`${prefix}:bug`], []));
  expect(failure).toBeInstanceOf(Error);
  expect(isUnavailable(failure)).toBe(false);
});

it('a queue whose keys were overwritten takes no event in, and its worker says so', async () => {
  const worker = rig.worker();
  worker.start();
  await rig.push('before');
  await vi.waitFor(() => expect(rig.counted).toEqual(['sent']), soon);
  const keys = ['wait', 'delayed', 'active'].map((name) => `${queuePrefix(prefix)}:${QUEUE_NAME}:${name}`);
  for (const key of keys) await rig.redis.set(key, 'no list');
  const failure = await failureOf(rig.push('after'));
  expect(failure).toBeInstanceOf(Error);
  expect(isUnavailable(failure)).toBe(false);
  await vi.waitFor(() => expect(worker.refused()).toContain('WRONGTYPE'), soon);
  await rig.redis.del(...keys);
  await rig.push('again');
  await vi.waitFor(() => expect(rig.counted).toEqual(['sent', 'sent']), soon);
  await vi.waitFor(() => expect(worker.refused()).toBeUndefined(), soon);
});
