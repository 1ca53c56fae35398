/** What one pod leaves undecided, and what the next one does again of it: that, and nothing else. */
import { describe, expect, it } from 'vitest';
import {
  decodeIncompleteOffsets,
  type InheritedOffsets,
} from '../../../../src/stream/partition/incomplete-offsets.ts';
import type { Progress } from '../../../../src/stream/partition/progress.ts';
import { openFlow, type RigEvent } from './flow-rig.ts';

const progress = (until: number, ...undecided: readonly number[]): Progress => ({
  until,
  undecided: new Set(undecided),
});

/** What a flow leaves to the next one, as that one reads it. */
function left({ flow }: Pick<ReturnType<typeof openFlow>, 'flow'>): InheritedOffsets | undefined {
  return decodeIncompleteOffsets(flow.encodeIncompleteOffsets(), flow.watermark);
}

const next = (inherited: InheritedOffsets | undefined, startOffset = 0) =>
  openFlow({ inherited, startOffset, committed: startOffset });

const three: Record<number, RigEvent | RigEvent[]> = { 0: {}, 1: [{}, {}, {}], 2: {}, 3: {} };

describe('a partition that is handed over', () => {
  it('with nothing decided leaves nothing to tell', async () => {
    const rig = openFlow();
    expect(rig.flow.encodeIncompleteOffsets()).toBe('');
    rig.append(three);
    await rig.admitAll();
    expect(rig.flow.encodeIncompleteOffsets()).toBe('');
  });

  it('is done again where it was undecided, and only there', async () => {
    const rig = openFlow();
    rig.append(three);
    await rig.admitAll();
    await rig.end('1/1', '3/0');
    const after = next(left(rig));
    after.append({ ...three, 4: {} });
    expect(await after.admitAll()).toEqual(['0/0', '1/0', '1/2', '2/0', '4/0']);
    const { finished } = after.counts;
    await after.end('0/0', '1/0', '1/2', '2/0');
    expect(after.flow.watermark).toBe(4);
    expect(after.counts.finished - finished).toBe(4);
  });

  it('before it has read all that it was told leaves that to the next one, too', async () => {
    const rig = openFlow();
    rig.append({ ...three, 4: {}, 5: [{}, {}] });
    await rig.admitAll();
    await rig.end('1/1', '3/0', '5/0');
    const short = next(left(rig));
    short.append({ 0: {} });
    await short.admitAll();
    const last = next(left(short));
    last.append({ ...three, 4: {}, 5: [{}, {}], 6: {} });
    expect(await last.admitAll()).toEqual(['0/0', '1/0', '1/2', '2/0', '4/0', '5/1', '6/0']);
  });

  it('begins behind what was committed: what was told of offsets before says nothing', async () => {
    const after = next({ until: 4, undecided: new Map([[2, progress(0)]]) }, 1);
    after.append({ 1: {}, 2: {}, 3: {}, 4: {} });
    expect(await after.admitAll()).toEqual(['2/0', '4/0']);
    expect(after.flow.watermark).toBe(2);
    // What was passed moves the position, too.
    expect(after.counts.finished).toBe(2);
  });

  it('in the middle of a record leaves the pieces that were taken in and not decided, and those beyond', async () => {
    const events = Array.from({ length: 40 }, () => ({}));
    const rig = openFlow({ maxUncommittedEvents: 5 });
    rig.append({ 0: {}, 1: events });
    await rig.admitAll();
    await rig.end('1/1', '1/2');
    rig.flow.close();
    await rig.end('1/0', '1/3');
    const after = next(left(rig));
    after.append({ 0: {}, 1: events });
    const done = (await after.admitAll()).filter((name) => name.startsWith('1/'));
    expect(done).toEqual(Array.from({ length: 36 }, (_, index) => `1/${String(index + 4)}`));
  });

  it('in the middle of a record that was so before leaves what either pod has not done', async () => {
    const events = Array.from({ length: 6 }, () => ({}));
    const inherited = {
      until: 2,
      undecided: new Map([
        [0, progress(0)],
        [1, progress(5, 0, 2, 3)],
      ]),
    };
    const rig = openFlow({ inherited, maxUncommittedEvents: 3 });
    rig.append({ 0: {}, 1: events });
    expect(await rig.admitAll()).toEqual(['0/0', '1/0']);
    await rig.end('1/0');
    const after = next(left(rig));
    after.append({ 0: {}, 1: events });
    expect(await after.admitAll()).toEqual(['0/0', '1/2', '1/3', '1/5']);
  });

  it('says no more of a record with one event than that it is undecided', async () => {
    const rig = openFlow();
    rig.append({ 0: {}, 1: [{}, {}] });
    await rig.admitAll();
    await rig.end('1/1');
    const said = Buffer.from([2, 2, 0, 0, 0, 2, 1, 0]).toString('base64url');
    expect(rig.flow.encodeIncompleteOffsets()).toBe(`open:2:0:${said}`);
  });

  it('does a piece again that this pod can not read, as it may stand for the whole record here', async () => {
    const after = next({
      until: 2,
      undecided: new Map([
        [0, progress(1)],
        [1, progress(1)],
      ]),
    });
    after.append({ 0: 'not json', 1: {} });
    expect(await after.admitAll()).toEqual(['0/0']);
    await after.end('0/0');
    expect(after.flow.watermark).toBe(2);
  });

  it('ends a record of which no piece is left to do', async () => {
    const after = next({ until: 1, undecided: new Map([[0, progress(3)]]) });
    after.append({ 0: [{}, {}, {}] });
    expect(await after.admitAll()).toEqual([]);
    expect([after.flow.watermark, after.flow.inFlight, after.flow.heldBytes]).toEqual([1, 0, 0]);
    expect(after.counts.finished).toBe(3);
  });

  it('leaves no more than may be said beside an offset', async () => {
    const rig = openFlow();
    rig.append(Object.fromEntries(Array.from({ length: 100 }, (_, offset) => [offset, {}])));
    await rig.admitAll();
    await rig.end(...Array.from({ length: 50 }, (_, n) => `${String(2 * n + 1)}/0`));
    const all = rig.flow.encodeIncompleteOffsets();
    const some = rig.flow.encodeIncompleteOffsets(60);
    expect(all.length).toBeGreaterThan(60);
    expect(some.length).toBeLessThanOrEqual(60);
    expect(decodeIncompleteOffsets(some, 0)?.until).toBeGreaterThan(10);
  });
});

describe('a partition that is closed', () => {
  it('takes in nothing more, while what runs may end', async () => {
    const { flow, append, skip, admitAll, end } = openFlow();
    append({ 0: {} });
    await admitAll();
    append({ 1: {} });
    flow.close();
    flow.close();
    append({ 2: {} });
    skip(9);
    expect(await admitAll()).toEqual([]);
    await end('0/0');
    expect([flow.watermark, flow.heldBytes, flow.inFlight]).toEqual([1, 0, 0]);
    expect(flow.fetchPosition).toBe(2);
  });

  it('… which is still this pod’s, unless the partition is lost', async () => {
    const { flow, append, admitAll, ownershipOf } = openFlow();
    append({ 0: {} });
    await admitAll();
    flow.close();
    expect(ownershipOf('0/0').isRevoked()).toBe(false);
    flow.lose();
    expect(ownershipOf('0/0').isRevoked()).toBe(true);
  });
});
