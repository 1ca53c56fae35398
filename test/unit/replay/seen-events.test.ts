/** An event that is delivered again is known again, and memory is bounded. */
import { describe, expect, it } from 'vitest';
import { createSeenEvents } from '../../../src/replay/seen-events.ts';

describe('events', () => {
  it('are new once', () => {
    const seen = createSeenEvents();
    expect(seen.add({ userId: 'u', eventId: 'e' })).toBe(true);
    expect(seen.add({ userId: 'u', eventId: 'e' })).toBe(false);
  });

  it('of users and ids that look alike together are apart', () => {
    const seen = createSeenEvents();
    const refs = [
      { userId: 'u', eventId: 'ae' },
      { userId: 'ua', eventId: 'e' },
      { userId: 'u', eventId: 'ea' },
    ];
    expect(refs.map(seen.add)).toEqual([true, true, true]);
  });

  it('are told apart by the hundred thousand', () => {
    const seen = createSeenEvents();
    let known = 0;
    for (let index = 0; index < 150_000; index += 1) {
      if (!seen.add({ userId: `user-${String(index % 977)}`, eventId: `event-${String(index)}` })) known += 1;
    }
    expect(known).toBe(0);
  });

  it('are forgotten once so many others have come, and not before', () => {
    const seen = createSeenEvents(3);
    const ref = (index: number) => ({ userId: 'u', eventId: String(index) });
    for (let index = 0; index < 4; index += 1) seen.add(ref(index));
    expect([0, 1, 2, 3].map((index) => seen.add(ref(index)))).toEqual([false, false, false, false]);
    for (let index = 10; index < 20; index += 1) seen.add(ref(index));
    expect(seen.add(ref(0))).toBe(true);
  });
});
