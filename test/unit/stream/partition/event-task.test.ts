/** What the end of an event means for its partition: decided, given up with the partition, or a defect. */
import { describe, expect, it } from 'vitest';
import { AbandonedError } from '../../../../src/runtime/errors.ts';
import { openFlow } from './flow-rig.ts';

describe('an event', () => {
  it('that is decided lets its offset be committed, and is in flight no more', async () => {
    const { flow, append, admitAll, end, eventShares, counts, executor } = openFlow();
    append({ 0: {}, 1: {} });
    expect(await admitAll()).toEqual(['0/0', '1/0']);
    expect([flow.watermark, flow.inFlight, eventShares.total()]).toEqual([0, 2, 2]);
    expect(flow.heldBytes).toBeGreaterThan(0);
    const { woken, finished } = counts;
    await end('0/0');
    expect([flow.watermark, flow.inFlight, eventShares.total()]).toEqual([1, 1, 1]);
    // The pump may take in another one, and the committer has one more to commit.
    expect([counts.woken - woken, counts.finished - finished]).toEqual([1, 1]);
    await end('1/0');
    expect([flow.watermark, flow.inFlight, flow.heldBytes, executor.keys]).toEqual([2, 0, 0, 0]);
  });

  it('of a user who has another at work waits for it, and is told that it is next', async () => {
    const { append, admitAll, end, log, executor } = openFlow();
    append({ 0: { user: 'u' }, 1: { user: 'u' }, 2: { user: 'v' } });
    expect(await admitAll()).toEqual(['0/0', 'ahead 1/0', '2/0']);
    expect(executor.readyOf(3)).toBe(0);
    await end('0/0');
    expect(log.at(-1)).toBe('1/0');
  });

  it('that is given up after its partition was lost is no defect, and stays to be read again', async () => {
    const { flow, append, admitAll, fail, faults, counts } = openFlow();
    append({ 0: {}, 1: {} });
    await admitAll();
    flow.lose();
    await fail('0/0', new AbandonedError());
    expect(faults).toEqual([]);
    expect([flow.watermark, flow.inFlight, counts.finished]).toEqual([0, 1, 0]);
  });

  it.each<[string, unknown]>([
    ['is given up although the partition is here', new AbandonedError()],
    ['fails', new Error('a defect')],
  ])('that %s is a defect: its offset is never committed', async (_how, error) => {
    const { flow, append, admitAll, end, fail, faults } = openFlow();
    append({ 0: {}, 1: {} });
    await admitAll();
    await fail('0/0', error);
    await end('1/0');
    expect(faults).toEqual([error]);
    expect([flow.watermark, flow.inFlight]).toEqual([0, 0]);
  });

  it('that fails after its partition was lost is a defect, too', async () => {
    const { flow, append, admitAll, fail, faults } = openFlow();
    append({ 0: {} });
    await admitAll();
    flow.lose();
    const error = new Error('a defect');
    await fail('0/0', error);
    expect(faults).toEqual([error]);
  });

  it('that has not been started when its partition is lost is given up instead', async () => {
    const { flow, append, admitAll, end, log, faults, executor } = openFlow({ maxRunning: 1 });
    append({ 0: {}, 1: {} });
    await admitAll();
    flow.lose();
    await end('0/0');
    expect(log).toEqual(['0/0', 'abandoned 1/0']);
    expect([faults, flow.watermark, flow.inFlight, executor.keys]).toEqual([[], 1, 0, 0]);
  });

  it('that is dropped before its start is given up', async () => {
    const { flow, append, admitAll, log, executor, eventShares } = openFlow({ maxRunning: 1 });
    append({ 0: {}, 1: {} });
    await admitAll();
    expect(executor.dropWaiting()).toBe(1);
    expect(log).toEqual(['0/0', 'abandoned 1/0']);
    expect([flow.watermark, flow.inFlight, eventShares.total()]).toEqual([0, 1, 1]);
  });

  it('that has ended has no place any more that it could give back', async () => {
    const { append, admitAll, end, ownershipOf, executor } = openFlow({ maxRunning: 1 });
    append({ 0: { user: 'u' }, 1: { user: 'u' } });
    await admitAll();
    const ownership = ownershipOf('0/0');
    await end('0/0');
    ownership.park();
    expect(executor).toMatchObject({ running: 1, parked: 0 });
    expect(ownership.whenRoom()).toBeUndefined();
    ownershipOf('1/0').park();
    ownership.unpark();
    expect(executor).toMatchObject({ running: 0, parked: 1 });
  });
});
