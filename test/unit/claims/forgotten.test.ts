/** Caps of the forgotten: each step that puts something away, or gives it back, also limits how long it is kept. */
import { beforeEach, expect, it } from 'vitest';
import {
  createRestore,
  forgottenField,
  forgottenKey,
  forgottenValue,
} from '../../../src/claims/forgotten.ts';
import { beginKeep, dropKept } from '../../../src/cli/forget/keep-caps.ts';
import { MAX_CAP_WINDOW_MS } from '../../../src/domain/cap.ts';
import type { RedisClient } from '../../../src/redis/connection.ts';

const PREFIX = 'test';
const NOW_MS = Date.parse('2026-11-27T10:00:00Z');
const KEY = forgottenKey(PREFIX);
const ref = { userId: 'u-1', eventId: 'e-2' };

/** The hash of the forgotten; and of each step on a history which commands are in it. */
let hash: Map<string, string>;
let expiresInMs: number | undefined;
let steps: (readonly string[])[];
let redis: RedisClient;

beforeEach(() => {
  hash = new Map();
  expiresInMs = undefined;
  steps = [];
  const fake = {
    ...{ status: 'ready', isCluster: false },
    time: async () => [String(NOW_MS / 1000), '0'],
    zrangebyscoreBuffer: async () => ['member', String(NOW_MS - 1000)].map((text) => Buffer.from(text)),
    hgetall: async () => Object.fromEntries(hash),
    hget: async (_: string, field: string) => hash.get(field) ?? null,
    exists: async () => (hash.size > 0 ? 1 : 0),
    hset: async (_: string, field: string, value: string) => void hash.set(field, value),
    hsetnx: async (_: string, field: string, value: string) => {
      if (!hash.has(field)) hash.set(field, value);
    },
    hdel: async (_: string, field: string) => {
      hash.delete(field);
      if (hash.size === 0) expiresInMs = undefined;
    },
    pexpire: async (key: string, ms: number) => {
      if (key !== KEY) steps.push(['PEXPIRE']);
      else if (hash.size > 0) expiresInMs = ms;
    },
    zadd: async () => void steps.push(['ZADD']),
    defineCommand(name: string, { lua }: { readonly lua: string }) {
      const commands = [...lua.matchAll(/redis\.call\('([A-Z]+)'/g)].map(([, command = '']) => command);
      Reflect.set(fake, name, async () => {
        steps.push(commands);
        return [];
      });
    },
  };
  redis = fake as unknown as RedisClient;
});

const options = { prefix: PREFIX, userId: 'u-1', clock: { sleep: async () => undefined } };

it('what is kept lives no longer than it may count, also where it is put away once more', async () => {
  const keep = await beginKeep({ redis, ...options });
  expect(keep.isAny()).toBe(true);
  expect(expiresInMs).toBe(MAX_CAP_WINDOW_MS);

  const again = await keep.write();
  await redis.hdel(KEY, forgottenField('u-1'));
  expect(expiresInMs).toBeUndefined();
  await again();
  expect(hash.size).toBe(1);
  expect(expiresInMs).toBe(MAX_CAP_WINDOW_MS);
});

it('what was kept of one user goes where caps are to begin anew, and nobody else’s', async () => {
  await beginKeep({ redis, ...options });
  await beginKeep({ redis, ...options, userId: 'u-2' });
  await dropKept({ redis, ...options });
  expect([...hash.keys()]).toEqual([forgottenField('u-2')]);
});

it('a history that gets entries back gets its time to live in the same step', async () => {
  const pushes = [{ member: 'member', event: 'event', atMs: NOW_MS - 1000 }];
  hash.set(forgottenField(ref.userId), forgottenValue(pushes, null));
  await createRestore(redis, PREFIX)(ref);
  const giving = steps.filter((commands) => commands.includes('ZADD'));
  expect(giving).toHaveLength(1);
  for (const commands of giving) expect(commands).toContain('PEXPIRE');
  expect(hash.size).toBe(0);
});
