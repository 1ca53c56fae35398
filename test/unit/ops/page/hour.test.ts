/** An hour is what was counted in it: whatever the moments of looking, and however many pods there are. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  createHour,
  mergeHours,
  parseHour,
  sinceTold,
  SLOT_MS,
  SLOTS,
  totalOf,
} from '../../../../src/ops/page/hour.ts';
import { counts } from './example-fleet.ts';

const NONE = { behindSeconds: null, couponP99Ms: null };
const T0 = 1_000_000 * SLOT_MS;
const received = (value: number) => counts({ received: value });

describe('a pod’s hour', () => {
  it('puts what was counted into the slot of its look, and what was counted before the first into that', () => {
    const hour = createHour();
    hour.note(T0, received(5), NONE);
    hour.note(T0 + 9999, received(7), NONE);
    hour.note(T0 + 2 * SLOT_MS, received(10), NONE);
    expect(hour.window(T0 + 3 * SLOT_MS)).toEqual({
      firstSlot: T0 / SLOT_MS,
      slots: 4,
      columns: { received: [7, 0, 3, 0] },
      counted: received(10),
    });
  });

  it('keeps the largest of a gauge, and takes what is not known for nothing', () => {
    const hour = createHour();
    hour.note(T0, counts(), { behindSeconds: 3.04, couponP99Ms: null });
    hour.note(T0 + 1, counts(), { behindSeconds: 1, couponP99Ms: 80 });
    hour.note(T0 + SLOT_MS, counts(), NONE);
    expect(hour.window(T0 + SLOT_MS).columns).toEqual({ behindSeconds: [3, 0], couponP99Ms: [80, 0] });
  });

  it('forgets what is older than an hour', () => {
    const hour = createHour();
    hour.note(T0, received(5), NONE);
    expect(totalOf(hour.window(T0 + (SLOTS - 1) * SLOT_MS)).received).toBe(5);
    expect(totalOf(hour.window(T0 + SLOTS * SLOT_MS)).received).toBe(0);
    // The same place in the ring, an hour later.
    hour.note(T0 + SLOTS * SLOT_MS, received(6), NONE);
    expect(hour.window(T0 + SLOTS * SLOT_MS)).toMatchObject({ slots: 1, columns: { received: [1] } });
  });

  it('is never more than an hour, however often it is looked at', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(3_000_000), { maxLength: 50 }), fc.nat(5), (steps, each) => {
        const hour = createHour();
        const noted: (readonly [slot: number, value: number])[] = [];
        let nowMs = T0;
        let all = 0;
        for (const step of steps) {
          nowMs += step;
          all += each;
          hour.note(nowMs, received(all), NONE);
          noted.push([Math.floor(nowMs / SLOT_MS), each]);
        }
        const window = hour.window(nowMs);
        const end = Math.floor(nowMs / SLOT_MS);
        const inTime = noted
          .filter(([slot]) => slot > end - SLOTS)
          .reduce((sum, [, value]) => sum + value, 0);
        expect(window.slots).toBeLessThanOrEqual(SLOTS);
        expect(totalOf(window).received).toBe(inTime);
      }),
    );
  });
});

describe('the hour of several pods', () => {
  const window = (fromSlot: number, ...values: number[]) => ({
    firstSlot: T0 / SLOT_MS + fromSlot,
    slots: values.length,
    columns: { received: values, behindSeconds: values },
  });

  it('adds counts and takes the largest gauge, slot by slot', () => {
    const merged = mergeHours([window(0, 1, 2), window(1, 10, 20)], T0 + 2 * SLOT_MS);
    expect(merged).toEqual({
      firstSlot: T0 / SLOT_MS,
      slots: 3,
      columns: { received: [1, 12, 20], behindSeconds: [1, 10, 20] },
    });
  });

  it('of a pod that has died ends with the hour', () => {
    const dead = window(0, 7, 8);
    const at = (slots: number) => totalOf(mergeHours([dead], T0 + slots * SLOT_MS)).received;
    expect(at(SLOTS - 1)).toBe(15);
    expect(at(SLOTS)).toBe(8);
    expect(at(SLOTS + 1)).toBe(0);
  });

  it('is not moved by a pod whose clock is ahead', () => {
    const merged = mergeHours([window(0, 1, 2), window(1, 3, 4)], T0 + SLOT_MS);
    expect(merged.slots).toBe(2);
    expect(merged.columns.received).toEqual([1, 5]);
  });

  it('of nobody is empty', () => {
    expect(mergeHours([], T0)).toMatchObject({ slots: 0, columns: {} });
  });
});

describe('what a pod has counted since it told its hour', () => {
  const told = { firstSlot: 1, slots: 1, columns: {}, counted: received(5) };

  it('belongs to now', () => {
    expect(sinceTold(told, received(8), T0)).toMatchObject({ firstSlot: T0 / SLOT_MS, slots: 1 });
    expect(totalOf(sinceTold(told, received(8), T0)).received).toBe(3);
  });

  it('is nothing where it counts less than it told: that was another', () => {
    expect(totalOf(sinceTold(told, received(4), T0)).received).toBe(0);
  });
});

describe('an hour as text', () => {
  it('is read as it was written', () => {
    const hour = createHour();
    hour.note(T0, counts({ received: 5, 'filtered.stale': 2 }), NONE);
    expect(parseHour(JSON.stringify(hour.window(T0)))).toEqual(hour.window(T0));
  });

  it.each([
    '',
    'null',
    '{}',
    '{"firstSlot":1,"slots":361,"columns":{}}',
    '{"firstSlot":0.5,"slots":1,"columns":{}}',
  ])('is nothing where it is not one: %s', (text) => {
    expect(parseHour(text)).toBeUndefined();
  });

  it('leaves out what this version does not count, and what is no number', () => {
    const text = '{"firstSlot":1,"slots":2,"columns":{"received":[1,"x",3],"filtered.new":[1,1]}}';
    expect(parseHour(text)?.columns).toEqual({ received: [1, 0] });
  });
});
