/** What a partition says of itself, and what it takes in. */
import { describe, expect, it } from 'vitest';
import { createPartitionShares } from '../../../../src/stream/partition/partition-shares.ts';
import { openFlow } from './flow-rig.ts';

it('says where it begins, and where the next batch must', () => {
  const { flow, append, skip } = openFlow({ startOffset: 5, committed: undefined, highWaterMark: 90 });
  expect(flow).toMatchObject({
    ...{ partition: 3, startOffset: 5, committed: undefined, watermark: 5, fetchPosition: 5 },
    ...{ highWaterMark: 90, lastStableOffset: 90, inFlight: 0, heldBytes: 0 },
  });
  append({ 5: {}, 6: {} });
  expect(flow.fetchPosition).toBe(7);
  skip(20);
  expect(flow.fetchPosition).toBe(20);
  flow.committed = 6;
  expect(flow.committed).toBe(6);
});

it('passes over what is none of ours: the offsets may be committed, and the other lane’s records are counted', async () => {
  const { flow, skip, append, admitAll, counts, end } = openFlow();
  skip(10, 7);
  skip(12);
  append({ 12: {} });
  skip(15, 1);
  await admitAll();
  expect([flow.watermark, counts.passedOver]).toEqual([12, [7, 1]]);
  expect(counts.finished).toBe(3);
  await end('12/0');
  expect(flow.watermark).toBe(15);
});

describe('no more is taken in', () => {
  it('than all events that may be in flight', async () => {
    const { append, admitAll, end } = openFlow({ eventShares: createPartitionShares(2, 1) });
    append({ 0: {}, 1: {}, 2: {} });
    expect(await admitAll()).toEqual(['0/0', '1/0']);
    await end('1/0');
    expect(await admitAll()).toEqual(['2/0']);
  });

  it('than is ready ahead; events of a user who has one at work are not ready', async () => {
    const { append, admitAll, end, executor } = openFlow({ maxRunning: 1, readyAhead: 2 });
    append({ 0: { user: 'u' }, 1: { user: 'u' }, 2: {}, 3: {}, 4: {} });
    await admitAll();
    expect([executor.waiting, executor.readyOf(3)]).toEqual([3, 2]);
    await end('0/0');
    await admitAll();
    expect([executor.waiting, executor.readyOf(3)]).toEqual([2, 2]);
  });

  it('than may be uncommitted: the commit is hurried only where it would free some', async () => {
    const { flow, append, admitAll, end, counts } = openFlow({ maxUncommittedEvents: 2 });
    append({ 0: {}, 1: {}, 2: {} });
    expect(await admitAll()).toEqual(['0/0', '1/0']);
    await end('1/0');
    expect(await admitAll()).toEqual([]);
    expect(counts.hurried).toBe(0);
    await end('0/0');
    expect(await admitAll()).toEqual([]);
    expect(counts.hurried).toBeGreaterThan(0);
    flow.committed = flow.watermark;
    expect(await admitAll()).toEqual(['2/0']);
  });

  it('before the start is committed, where that comes first; nobody hurries where nothing waits', async () => {
    const { flow, append, admitAll, counts } = openFlow({ committed: undefined, isCommittedFirst: true });
    await admitAll();
    expect(counts.hurried).toBe(0);
    append({ 0: {} });
    expect(await admitAll()).toEqual([]);
    expect(counts.hurried).toBeGreaterThan(0);
    flow.committed = 0;
    expect(await admitAll()).toEqual(['0/0']);
  });
});

describe('the age of the oldest undecided event', () => {
  it('is none where there is none', () => {
    expect(openFlow().flow.oldestUndecidedMs).toBeUndefined();
  });

  it('is that of its record, whatever its events say of when they occurred', async () => {
    const { flow, append, admitAll, end } = openFlow();
    append({ 0: [{ atMs: 700 }, {}] });
    append({ 1: { atMs: 10 } }, 1200);
    expect(flow.oldestUndecidedMs).toBe(1000);
    await admitAll();
    expect(flow.oldestUndecidedMs).toBe(1000);
    await end('0/0', '0/1');
    expect(flow.oldestUndecidedMs).toBe(1200);
    await end('1/0');
    expect(flow.oldestUndecidedMs).toBeUndefined();
  });

  describe('where records do not say when they were written', () => {
    it('is not known before their events say it, nor where they don’t', async () => {
      const { flow, append, admitAll, end } = openFlow();
      append({ 0: { atMs: 700 }, 1: {} }, -1);
      expect(flow.oldestUndecidedMs).toBeUndefined();
      await admitAll();
      expect(flow.oldestUndecidedMs).toBe(700);
      await end('0/0');
      expect(flow.oldestUndecidedMs).toBeUndefined();
    });

    it('is that of the oldest of a record’s events, and of all records', async () => {
      const { flow, append, admitAll, end } = openFlow();
      append({ 0: [{ atMs: 900 }, { atMs: 800 }, { atMs: 850 }], 1: { atMs: 950 }, 2: { atMs: 1200 } }, -1);
      await admitAll();
      expect(flow.oldestUndecidedMs).toBe(800);
      await end('0/0', '0/1', '0/2');
      expect(flow.oldestUndecidedMs).toBe(950);
      await end('1/0');
      expect(flow.oldestUndecidedMs).toBe(1200);
      append({ 3: {} });
      expect(flow.oldestUndecidedMs).toBe(1000);
    });
  });

  it('is not known of offsets that are passed over', () => {
    const { flow, skip } = openFlow();
    skip(10);
    expect(flow.oldestUndecidedMs).toBeUndefined();
  });
});
