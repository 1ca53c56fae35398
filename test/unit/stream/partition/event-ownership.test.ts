/** Who hears that an event is no longer this pod's, and when. */
import { describe, expect, it } from 'vitest';
import { AbandonedError } from '../../../../src/runtime/errors.ts';
import type { Seat } from '../../../../src/stream/execute/places.ts';
import { createOwnershipLedger } from '../../../../src/stream/partition/event-ownership.ts';

const SEAT = {} as Seat;

function setUp() {
  const asked: string[] = [];
  const room = Promise.resolve();
  const ledger = createOwnershipLedger({
    park: (seat) => void asked.push(seat === SEAT ? 'park' : 'park another'),
    unpark: (seat) => void asked.push(seat === SEAT ? 'unpark' : 'unpark another'),
    whenRoom: () => room,
  });
  const heard: string[] = [];
  const watcher = (name: string) => ({ abandon: () => void heard.push(name) });
  return { ledger, heard, watcher, asked, room };
}

describe('an event’s ownership', () => {
  it('is there until all of its ledger are revoked, and for none that is taken later', () => {
    const { ledger } = setUp();
    const ownership = ledger.take(SEAT);
    expect([ledger.isRevoked(), ownership.isRevoked()]).toEqual([false, false]);
    expect(() => ownership.assertOwned()).not.toThrow();
    ledger.revokeAll();
    expect([ledger.isRevoked(), ownership.isRevoked(), ledger.take(SEAT).isRevoked()]).toEqual([
      true,
      true,
      true,
    ]);
    expect(() => ownership.assertOwned()).toThrow(AbandonedError);
  });

  it('tells all who watch when it is revoked, each once', () => {
    const { ledger, heard, watcher } = setUp();
    const [one, other] = [ledger.take(SEAT), ledger.take(SEAT)];
    for (const name of ['a', 'b', 'c']) one.watch(watcher(name));
    other.watch(watcher('other'));
    expect(heard).toEqual([]);
    ledger.revokeAll();
    ledger.revokeAll();
    expect(heard.toSorted()).toEqual(['a', 'b', 'c', 'other']);
  });

  it('tells who watches only after it was revoked, at once', () => {
    const { ledger, heard, watcher } = setUp();
    const ownership = ledger.take(SEAT);
    ledger.revokeAll();
    ownership.watch(watcher('late'));
    expect(heard).toEqual(['late']);
  });

  it.each([
    ['the first', ['a']],
    ['one between', ['b']],
    ['the last', ['c']],
    ['the first two', ['a', 'b']],
    ['all, backwards', ['c', 'b', 'a']],
    ['all', ['a', 'b', 'c']],
  ])('does not tell who has stopped watching: %s of three', (_which, stopped) => {
    const { ledger, heard, watcher } = setUp();
    const ownership = ledger.take(SEAT);
    const watchers = new Map(['a', 'b', 'c'].map((name) => [name, watcher(name)]));
    for (const one of watchers.values()) ownership.watch(one);
    for (const name of stopped) ownership.unwatch(watchers.get(name)!);
    ownership.unwatch(watcher('who never watched'));
    ledger.revokeAll();
    expect(heard.toSorted()).toEqual(['a', 'b', 'c'].filter((name) => !stopped.includes(name)));
  });

  it('may be watched again by one who had stopped', () => {
    const { ledger, heard, watcher } = setUp();
    const ownership = ledger.take(SEAT);
    const one = watcher('again');
    ownership.watch(one);
    ownership.unwatch(one);
    ownership.watch(one);
    ledger.revokeAll();
    expect(heard).toEqual(['again']);
  });

  it('has a signal, the same each time, that is aborted with the reason', () => {
    const { ledger, heard, watcher } = setUp();
    const ownership = ledger.take(SEAT);
    const { signal } = ownership;
    expect(ownership.signal).toBe(signal);
    ownership.watch(watcher('beside'));
    expect(signal.aborted).toBe(false);
    ledger.revokeAll();
    expect(signal.aborted).toBe(true);
    expect(signal.reason).toBeInstanceOf(AbandonedError);
    expect(heard).toEqual(['beside']);
    const late = ledger.take(SEAT);
    expect(late.signal.aborted).toBe(true);
  });

  it('does nothing to the signal of an event that has ended', () => {
    const { ledger, heard, watcher } = setUp();
    const [ended, other] = [ledger.take(SEAT), ledger.take(SEAT)];
    const { signal } = ended;
    other.watch(watcher('other'));
    ended.release();
    ledger.revokeAll();
    expect(signal.aborted).toBe(false);
    expect(heard).toEqual(['other']);
  });

  it('gives its event’s place back and asks for it, until the event has ended', () => {
    const { ledger, asked, room } = setUp();
    const ownership = ledger.take(SEAT);
    ownership.park();
    ownership.unpark();
    expect(ownership.whenRoom()).toBe(room);
    expect(asked).toEqual(['park', 'unpark']);
    ownership.release();
    ownership.park();
    ownership.unpark();
    expect(ownership.whenRoom()).toBeUndefined();
    expect(asked).toEqual(['park', 'unpark']);
  });
});
