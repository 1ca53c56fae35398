/** What pods note for each other, on a real Redis: read by all, replaced, forgotten in time, and bounded. */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, expect, inject, it, vi } from 'vitest';
import { createPodNotes, type PodNotes } from '../../../src/ops/pod-notes.ts';
import { UnavailableError } from '../../../src/runtime/errors.ts';

let redis: Redis;
let prefix: string;

beforeEach(async () => {
  redis = new Redis(inject('services')['REDIS_URL'] ?? '');
  prefix = `pod-notes-${randomUUID()}`;
  await once(redis, 'ready');
});
afterEach(() => {
  redis.disconnect();
});

const open = (keepMs = 60_000, kind = 'numbers'): PodNotes => createPodNotes(redis, { prefix, kind, keepMs });
const read = async (notes: PodNotes) =>
  (await notes.exchange('reader', 'r')).map(({ by, text }) => [by, text]).toSorted();

it('each hears what all have noted last, with its age', async () => {
  const notes = open();
  await notes.write('a', 'one');
  await notes.write('a', 'two “ü”');
  await notes.write('b', '');
  expect(await read(notes)).toEqual([
    ['a', 'two “ü”'],
    ['b', ''],
    ['reader', 'r'],
  ]);
  const [oldest] = await notes.exchange('reader', 'r');
  expect(oldest?.ageMs).toBeGreaterThanOrEqual(0);
  expect(oldest?.ageMs).toBeLessThan(60_000);
});

it('kinds know nothing of each other', async () => {
  await open(60_000, 'numbers').write('a', 'one');
  expect(await read(open(60_000, 'hours'))).toEqual([['reader', 'r']]);
});

it('what is not noted again is forgotten, and with the last one everything', async () => {
  const notes = open(500);
  await notes.write('a', 'one');
  await vi.waitFor(
    async () => {
      expect(await read(notes)).toEqual([['reader', 'r']]);
    },
    { timeout: 30_000, interval: 50 },
  );
  await vi.waitFor(
    async () => {
      expect(await redis.keys(`${prefix}*`)).toEqual([]);
    },
    { timeout: 30_000, interval: 50 },
  );
});

it('texts are bounded in number: those noted longest ago go first', async () => {
  const notes = open();
  for (let pod = 0; pod < 205; pod += 1) await notes.write(`pod-${String(pod)}`, 'x');
  const [at, texts] = [`${prefix}:{pods}:numbers:at`, `${prefix}:{pods}:numbers`];
  expect([await redis.zcard(at), await redis.hlen(texts)]).toEqual([200, 200]);
  expect(await redis.hexists(texts, 'pod-204')).toBe(1);
});

it('and in size', async () => {
  await expect(open().write('a', 'x'.repeat(128 * 1024 + 1))).rejects.toThrow(RangeError);
});

it('a Redis that is away is named as such', async () => {
  redis.disconnect();
  await expect(open().write('a', 'one')).rejects.toThrow(UnavailableError);
});
