/** What a pod tells of itself is what /status says, bounded, and without anybody's data. */
import { describe, expect, it } from 'vitest';
import { createSnapshots, LARGEST_SNAPSHOT, slowestFirst } from '../../../../src/ops/page/snapshot.ts';
import type { Status } from '../../../../src/ops/status.ts';
import { createMask } from '../../../../src/runtime/mask-secrets.ts';
import { deliveryCounts, eventCounts, NOW_MS, partition, statusWith } from './example-fleet.ts';

function open(status: () => Status, notReady: readonly string[] = [], mask = (text: string) => text) {
  const known = { lane: 'all', dryRun: false, life: 'pod-1@1' };
  return createSnapshots({ status, notReady: () => notReady, ...known, mask });
}

const place = { committed: 1, highWaterMark: 9, heldByTransactions: 0, lost: 0, resets: 0 };

it('tells every count of /status under its name', () => {
  const status = statusWith({
    events: eventCounts({ received: 10, queued: 3, 'filtered.stale': 4, 'dead_lettered.invalid': 2 }),
    deliveries: deliveryCounts({ 'delivered.sent': 2 }),
  });
  expect(open(() => status)(NOW_MS, 0).counts).toMatchObject({
    received: 10,
    queued: 3,
    abandoned: 0,
    'filtered.stale': 4,
    'dead_lettered.invalid': 2,
    'delivered.sent': 2,
  });
});

it('counts what is late, and what may have broken a promise: also of a partition that has gone', () => {
  let partitions = [{ ...partition(), ...place, lost: 7 }];
  const redis = { ...statusWith().redis, dataLost: 2 };
  const take = open(() => statusWith({ decidedLate: 5, redis, partitions }));
  expect(take(NOW_MS, 0).counts).toMatchObject({ late: 5, breaches: 9 });
  partitions = [];
  expect(take(NOW_MS + 1000, 1000).counts).toMatchObject({ breaches: 9 });
});

it('notes when it last saw a dead letter of each reason', () => {
  let letters = 0;
  const take = open(() => statusWith({ events: eventCounts({ 'dead_lettered.invalid': letters }) }));
  expect(take(NOW_MS, 0).deadLetteredAtMs).toEqual({});
  letters = 1;
  expect(take(NOW_MS + 1000, 1000).deadLetteredAtMs).toEqual({ invalid: NOW_MS + 1000 });
  expect(take(NOW_MS + 2000, 2000).deadLetteredAtMs).toEqual({ invalid: NOW_MS + 1000 });
});

it('tells the partitions that are furthest behind, and how many there are', () => {
  const partitions = Array.from({ length: 500 }, (_, number) => ({
    ...partition({ partition: number, lag: number, behindSeconds: number }),
    ...place,
  }));
  const told = open(() => statusWith({ partitions }))(NOW_MS, 0);
  expect(told.partitionCount).toBe(500);
  expect(told.lag).toBe((499 * 500) / 2);
  expect(told.partitions).toHaveLength(64);
  expect(told.partitions[0]).toEqual(partition({ partition: 499, lag: 499, behindSeconds: 499 }));
});

describe('order', () => {
  it('is what can’t be read, then time, then lag, then name', () => {
    const rows = [
      partition({ partition: 11 }),
      partition({ partition: 2 }),
      partition({ partition: 3, lag: 9 }),
      partition({ partition: 4, behindSeconds: 7 }),
      partition({ partition: 5, behindSeconds: null, fault: 'no leader' }),
    ];
    expect(slowestFirst(rows).map((row) => row.partition)).toEqual([5, 4, 3, 2, 11]);
  });
});

it('is bounded, whatever there is to say', () => {
  const long = '“ü\n'.repeat(10_000);
  const many = Array.from({ length: 2000 }, () => long);
  const flag = { why: long, by: long, since: long };
  const status = statusWith({
    away: many,
    reasons: many,
    waiting: many.map((text) => ({ for: text, events: 1, oldestSeconds: 1 })),
    partitions: many.map((fault, number) => ({ ...partition({ partition: number, fault }), ...place })),
    rules: { version: long, etag: long, hash: 'abc', loadedAt: null, lastError: long },
    killSwitch: { document: false, flag: true, set: flag },
    pushApi: { inFlight: 0, recentCalls: 1, recentFailures: 1, lastError: long },
    redis: { dataLost: 0, serverChanged: 0, faults: many, warnings: many },
  });
  const text = JSON.stringify(open(() => status, many)(NOW_MS, 0));
  expect(Buffer.byteLength(text)).toBeLessThan(LARGEST_SNAPSHOT);
  expect(LARGEST_SNAPSHOT).toBeLessThan(128 * 1024);
});

it('holds no secret, wherever in a text it stands', () => {
  const secret = 'planted-hunter2';
  const mask = createMask([secret]);
  for (const before of [0, 190, 195, 250]) {
    const told = `${'x'.repeat(before)} ${secret}`;
    const flag = { why: told, by: told, since: told };
    const status = statusWith({
      ...{ away: [told], reasons: [told], waiting: [{ for: told, events: 1, oldestSeconds: 1 }] },
      partitions: [{ ...partition({ fault: told }), ...place }],
      rules: { version: told, etag: null, hash: 'abc', loadedAt: null, lastError: told },
      killSwitch: { document: false, flag: true, set: flag },
      pushApi: { inFlight: 0, recentCalls: 1, recentFailures: 1, lastError: told },
      redis: { dataLost: 0, serverChanged: 0, faults: [told], warnings: [told] },
    });
    const text = JSON.stringify(open(() => status, [told], mask)(NOW_MS, 0));
    // Nor its beginning: what a cut leaves of it is no longer recognised.
    expect(text).not.toContain(secret.slice(0, 3));
  }
});
