/** `coupon-notifier forget` on a real Redis: after it no key holds the user's id, whatever pods do meanwhile. */
import { expect, it } from 'vitest';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClaims } from '../../../src/claims/claims.ts';
import { LOOK_EVERY_MS } from '../../../src/claims/forgotten.ts';
import { forgetCommand } from '../../../src/cli/forget/command.ts';
import { claimOne } from '../../support/claims/claims-harness.ts';
import type { Answer } from '../../support/cli/run-command.ts';
import { DAILY, openUserWorld, type UserWorld } from '../../support/cli/user-world.ts';

const USER = 'user-to-forget';
const LONG_USER = `user to forget ${'x'.repeat(60)}`;

/** A world of each case's own, side by side: the command waits until pods have written for the last time. */
const user = it.extend<{
  readonly world: UserWorld;
  readonly forget: (...args: readonly string[]) => Promise<Answer>;
}>({
  // eslint-disable-next-line no-empty-pattern -- vitest reads the names from it
  world: async ({}, use) => {
    const world = await openUserWorld();
    await use(world);
    await world.close();
  },
  forget: async ({ world }, use) => {
    await use((...args) => world.run(forgetCommand, args));
  },
});

user.concurrent.for([USER, LONG_USER])(
  'erases every trace of %s, withdraws what waits, and touches nobody else',
  { timeout: 120_000 },
  async (userId, { world, forget }) => {
    await world.queue({ userId, eventId: 'waits' });
    await world.queue({ userId, eventId: `waits, too ${'y'.repeat(50)}` });
    await world.deliver({ userId, eventId: 'was sent' });
    for (const eventId of ['waits', 'was sent']) await world.queue({ userId: 'somebody', eventId });
    const others = (await world.dump()).filter((line) => line.includes('{somebody}'));
    expect((await world.dump()).some((line) => line.includes(userId))).toBe(true);

    const { code, said } = await forget('--user', userId, '--wait', '20s');
    expect(said).toMatch(/^erased from Redis: 4 keys, 2 jobs .* 2 pushes were withdrawn/);
    expect(said).toMatch(/caps begin anew/);
    expect(said).toMatch(/ {2}location-events: how long is not known/);
    expect(code).toBe(0);
    const left = await world.dump();
    expect(left.filter((line) => line.includes(userId))).toEqual([]);
    expect(left.filter((line) => line.includes('{somebody}'))).toEqual(others);
    expect(await forget('--user', userId)).toMatchObject({
      code: 0,
      said: expect.stringMatching(/: 0 keys, 0 jobs/) as string,
    });
  },
);

user.concurrent(
  'keeps caps without the id where that is asked for, until the user’s next claim',
  async ({ world, forget }) => {
    await world.deliver({ userId: USER, eventId: 'was sent' });
    await world.queue({ userId: USER, eventId: 'waits' });
    const pod = createClaims(world);
    expect(await claimOne({ claims: pod }, { userId: 'x', eventId: 'y' })).toMatchObject({ kind: 'claimed' });
    const { code, said } = await forget('--user', USER, '--keep-caps', '--wait', '20s');
    expect([code, said]).toEqual([0, expect.stringMatching(/caps go on/) as string]);
    expect(await world.redis.pttl(`${world.prefix}:forgotten`)).toBeGreaterThan(0);
    expect((await world.dump()).filter((line) => line.includes(USER))).toEqual([]);

    const two = { ...DAILY, max: 2 };
    expect(await claimOne({ claims: pod }, { userId: USER, eventId: 'next' }, [DAILY])).toMatchObject({
      kind: 'no_room',
      cap: 0,
    });
    expect(await claimOne({ claims: pod }, { userId: USER, eventId: 'next' }, [two])).toMatchObject({
      kind: 'claimed',
    });
    expect(await claimOne({ claims: pod }, { userId: USER, eventId: 'third' }, [two])).toMatchObject({
      kind: 'no_room',
    });
    expect(await world.redis.exists(`${world.prefix}:forgotten`)).toBe(0);
  },
  120_000,
);

user.concurrent(
  'without that the caps begin anew',
  async ({ world, forget }) => {
    await world.deliver({ userId: USER, eventId: 'was sent' });
    await forget('--user', USER);
    expect(await world.queue({ userId: USER, eventId: 'next' }, [DAILY])).toMatchObject({ kind: 'claimed' });
  },
  120_000,
);

user.concurrent(
  'nor do they go on where an earlier command has kept them',
  async ({ world, forget }) => {
    await world.deliver({ userId: USER, eventId: 'was sent' });
    await forget('--user', USER, '--keep-caps');
    await forget('--user', USER);
    expect(await world.queue({ userId: USER, eventId: 'next' }, [DAILY])).toMatchObject({ kind: 'claimed' });
  },
  120_000,
);

user.concurrent(
  'waits for a push that is being sent, and says where it is not done',
  async ({ world, forget }) => {
    const ref = { userId: USER, eventId: 'at work' };
    await world.queue(ref);
    const permission = await world.store.permit(ref, 'token');
    const first = await forget('--user', USER, '--wait', '1s');
    expect(first).toMatchObject({
      code: 1,
      complained: expect.stringMatching(/not done: 1 events are still there/) as string,
    });
    expect((await world.dump()).some((line) => line.includes(USER))).toBe(true);

    const second = forget('--user', USER, '--wait', '30s');
    await sleep(500);
    const attempt = permission.kind === 'granted' ? permission.attempt : 0;
    expect(await world.store.settle(ref, attempt, 'sent')).toMatchObject({ kind: 'done' });
    expect((await second).code).toBe(0);
    expect((await world.dump()).filter((line) => line.includes(USER))).toEqual([]);
  },
  120_000,
);

user.concurrent(
  'goes on until pods that work on the user’s events have written for the last time',
  async ({ world, forget }) => {
    await world.queue({ userId: USER, eventId: 'e-0' });
    let isOver = false;
    const pods = (async () => {
      for (let n = 1; !isOver; n += 1) {
        await world.queue({ userId: USER, eventId: `e-${String(n)}` });
        await sleep(300);
      }
    })();
    const forgetting = forget('--user', USER, '--wait', '60s');
    await sleep(2 * LOOK_EVERY_MS);
    isOver = true;
    await pods;
    expect((await forgetting).code).toBe(0);
    expect((await world.dump()).filter((line) => line.includes(USER))).toEqual([]);
  },
  120_000,
);

user.concurrent('says what is missing', async ({ world, forget }) => {
  expect(await world.run(forgetCommand, ['--user', USER], { REDIS_URL: '' })).toMatchObject({
    ...{ code: 78, complained: 'REDIS_URL: required, but not set' },
  });
  expect(await forget()).toMatchObject({ code: 1, complained: expect.stringMatching(/--user/) as string });
  expect(await world.run(forgetCommand, ['--user', 'u'], { REDIS_URL: 'redis://127.0.0.1:1' })).toMatchObject(
    {
      ...{ code: 1, complained: expect.stringMatching(/^Redis \(REDIS_URL\) can't be reached/) as string },
    },
  );
});
