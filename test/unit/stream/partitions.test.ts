/** What the partitions of a pod share: places, limits, the pump and the commits; and what a new assignment changes. */
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { CommitResult } from '../../../src/stream/pace/committer.ts';
import type { PartitionsOptions } from '../../../src/stream/partitions.ts';
import { MIB, setUp, START, stopAll, upTo } from './opened-partitions.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'Date'] });
});
afterEach(() => {
  stopAll();
  vi.useRealTimers();
});

describe('an assignment', () => {
  it('is none before the first join: nothing begins, nothing is committed', async () => {
    const { partitions, commits, results } = setUp();
    expect(partitions.current).toBeUndefined();
    expect(() => partitions.begin(0, START)).toThrow('a partition begins before the group was joined');
    partitions.serve();
    await partitions.committer.flush();
    expect([commits, results]).toEqual([[], []]);
  });

  it('has flows of its own; all of the one before is revoked', async () => {
    const { partitions, begin, append, chunkOf, running } = setUp();
    begin(1);
    const before = partitions.current;
    await append(0, chunkOf(0, [0]));
    const { ownership } = running.get('0:0/0')!;
    const after = partitions.assign('another', [1, 0]);
    expect(partitions.current).toBe(after);
    expect(after).toMatchObject({ memberId: 'another', partitions: [0, 1] });
    expect(after.flows.size).toBe(0);
    expect(ownership.isRevoked()).toBe(true);
    const flow = partitions.begin(0, START);
    expect(after.flows.get(0)).toBe(flow);
    expect(before?.flows.get(0)).not.toBe(flow);
  });

  it('asks whether this pod is a member still, right before an event changes anything', async () => {
    const assertMember = vi.fn<() => void>();
    const { begin, append, chunkOf, running } = setUp({ assertMember });
    begin(1);
    await append(0, chunkOf(0, [0]));
    const { ownership } = running.get('0:0/0')!;
    ownership.assertOwned();
    assertMember.mockImplementation(() => {
      throw new Error('others may have them');
    });
    expect(() => ownership.assertOwned()).toThrow('others may have them');
  });

  it('begins a partition anew where it has begun: what ran of it is revoked', async () => {
    const { partitions, begin, append, chunkOf, running } = setUp();
    begin(1);
    await append(0, chunkOf(0, [0]));
    partitions.begin(0, START);
    expect(running.get('0:0/0')?.ownership.isRevoked()).toBe(true);
  });

  it('takes in nothing before it is served, and fetches what the one before had paused', async () => {
    const { partitions, begin, append, chunkOf, running, paused } = setUp();
    begin(1);
    await append(0, chunkOf(0, [0], 20 * MIB));
    expect([...paused]).toEqual([0]);
    partitions.assign('another', [0]);
    expect([...paused]).toEqual([]);
    partitions.begin(0, START);
    running.clear();
    await append(0, chunkOf(0, [0]));
    expect(running.size).toBe(0);
    partitions.serve();
    partitions.pump.wake();
    await append(0, chunkOf(0, [1]));
    expect([...running.keys()]).toEqual(['0:0/0', '0:1/0']);
  });
});

describe('limits that partitions share', () => {
  it('events in flight: one that is stuck leaves room to others', async () => {
    const { begin, append, chunkOf, running } = setUp({ maxInFlightEvents: 16 });
    begin(2);
    await append(0, chunkOf(0, upTo(20)));
    expect(running.size).toBe(8);
    await append(1, chunkOf(1, upTo(20)));
    expect(running.size).toBeGreaterThanOrEqual(12);
    expect(running.size).toBeLessThanOrEqual(16);
  });

  it('places: 256 of them, or as many as is said', async () => {
    const one = setUp();
    one.begin(1);
    await one.append(0, one.chunkOf(0, upTo(600)));
    expect([one.running.size, one.partitions.executor.waiting]).toEqual([256, 128]);
    const few = setUp({ maxRunningEvents: 4 });
    few.begin(1);
    await few.append(0, few.chunkOf(0, upTo(600)));
    expect([few.running.size, few.partitions.executor.waiting]).toEqual([4, 8]);
  });

  it('… of which one that is stuck leaves some to others', async () => {
    const { begin, append, chunkOf, running } = setUp({ maxRunningEvents: 12 });
    begin(2);
    await append(0, chunkOf(0, upTo(100)));
    expect(running.size).toBe(10);
    await append(1, chunkOf(1, upTo(100)));
    expect(running.size).toBe(12);
  });

  it('… of which several have their parts, and are ready ahead for their parts', async () => {
    const { begin, append, chunkOf, partitions } = setUp({ maxRunningEvents: 40 });
    begin(2);
    partitions.executor.pause();
    await append(0, chunkOf(0, upTo(100)));
    await append(1, chunkOf(1, upTo(100)));
    expect([0, 1].map((partition) => partitions.executor.readyOf(partition))).toEqual([10, 10]);
    partitions.executor.resume();
    expect(partitions.executor.running).toBe(20);
  });

  it('bytes: eight MiB, of which one may be a fetch that is under way', async () => {
    const { begin, append, chunkOf, paused } = setUp();
    begin(1);
    await append(0, chunkOf(0, [0], 7 * MIB - 1));
    expect([...paused]).toEqual([]);
    await append(0, chunkOf(0, [1], 1));
    expect([...paused]).toEqual([0]);
  });

  it('… or as many as is said, and all partitions together no more than 32 MiB, or as many as is said', async () => {
    const pausedOf = async (given: Partial<PartitionsOptions>, heldBytes: number): Promise<boolean> => {
      const { begin, append, chunkOf, paused } = setUp({ maxInFlightBytes: 4 * MIB, ...given });
      begin(41);
      for (let partition = 0; partition < 40; partition += 1)
        await append(partition, chunkOf(partition, [0], heldBytes));
      // The last one holds nothing.
      return paused.has(40);
    };
    expect(await pausedOf({}, 0.75 * MIB)).toBe(false);
    expect(await pausedOf({}, 0.85 * MIB)).toBe(true);
    expect(await pausedOf({ mostHeldBytes: 16 * MIB }, 0.45 * MIB)).toBe(true);
  });

  it('bytes of events that are cut from large records: enough for usual ones', async () => {
    const { begin, append, chunkOf, running } = setUp();
    begin(1);
    const packed = gzipSync(
      Array(300)
        .fill(`{"pad":"${'x'.repeat(1000)}"}`)
        .join('\n'),
    );
    await append(0, chunkOf(0, [0], packed.length, packed, { 'content-encoding': 'gzip' }));
    await vi.waitFor(() => expect(running.size).toBe(256));
  });

  it('bytes of unpacked records: several have room beside each other', async () => {
    // No time goes by: none has to go for having been idle.
    const stopped = vi.spyOn(performance, 'now').mockReturnValue(performance.now());
    const { begin, append, chunkOf, running } = setUp({ maxInFlightEvents: 8 });
    begin(2);
    const packed = gzipSync(
      Array(300)
        .fill(`{"pad":"${'x'.repeat(1000)}"}`)
        .join('\n'),
    );
    const headers = { 'content-encoding': 'gzip' };
    await append(0, chunkOf(0, [0], packed.length, packed, headers));
    await vi.waitFor(() => expect(running.has('0:0/0')).toBe(true));
    await append(1, chunkOf(1, [0], packed.length, packed, headers));
    await vi.waitFor(() => expect(running.has('1:0/0')).toBe(true), { timeout: 4000 });
    stopped.mockRestore();
  });

  it('passes over what is of the other lane, and counts it', async () => {
    const { begin, partitions, settle, passedOver } = setUp();
    begin(1);
    partitions.current?.flows.get(0)?.append([{ kind: 'skip', next: 9, passedOver: 5 }], 9);
    partitions.pump.wake();
    await settle();
    expect([passedOver(), partitions.current?.flows.get(0)?.watermark]).toEqual([5, 9]);
  });
});

describe('commits', () => {
  it('are of the current assignment, and how they ended is told', async () => {
    const { partitions, begin, commits, results } = setUp({}, ['ok', 'nothing', 'failed']);
    begin(1);
    for (let count = 0; count < 3; count += 1) await partitions.committer.flush();
    expect(commits).toHaveLength(3);
    for (const assignment of commits) expect(assignment).toBe(partitions.current);
    expect(results).toEqual(['ok', 'failed']);
  });

  it.each<CommitResult>(['ok', 'partial'])(
    'that end with %s let more be taken in at once',
    async (result) => {
      let answer: () => void = () => undefined;
      const { partitions, begin, append, chunkOf, running, end, settle } = setUp({
        maxUncommittedEvents: 2,
        commit: ({ flows }) =>
          new Promise((resolve) => {
            answer = () => {
              for (const flow of flows.values()) flow.committed = flow.watermark;
              resolve(result);
            };
          }),
      });
      begin(1);
      await append(0, chunkOf(0, upTo(4)));
      partitions.committer.hurry();
      await end('0:0/0');
      await end('0:1/0');
      expect(running.size).toBe(0);
      answer();
      await settle();
      expect([...running.keys()]).toEqual(['0:2/0', '0:3/0']);
    },
  );

  it('begin with the count, or with the interval', async () => {
    const { begin, append, chunkOf, end, commits, settle } = setUp({ commitMaxEvents: 2 });
    begin(1);
    await append(0, chunkOf(0, upTo(4)));
    await end('0:0/0');
    expect(commits).toHaveLength(0);
    await end('0:1/0');
    expect(commits).toHaveLength(1);
    await end('0:2/0');
    vi.advanceTimersByTime(1000);
    await settle();
    expect(commits).toHaveLength(2);
  });
});
