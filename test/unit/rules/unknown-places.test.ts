/** Where distances stand for coordinates, as in a recording: what goes by distance holds, and reading a coordinate is told. */
import { describe, expect, it } from 'vitest';
import { coupon, excluded, rank, ranked, rules } from './documents.ts';

const near = coupon('near');
const far = coupon('far');
const nowhere = coupon('nowhere');
const METERS: Readonly<Record<string, number>> = { near: 100, far: 2000 };

function unknownPlaces() {
  let read = 0;
  return {
    places: {
      distanceTo: (_: unknown, { couponId }: { couponId: string }) => METERS[couponId],
      noteUnknown: () => void (read += 1),
    },
    timesRead: () => read,
  };
}

function when(condition: string): string {
  return `rules: [{ id: r, when: '${condition}', then: exclude }]`;
}

describe('distances that are given', () => {
  it('decide the score, the limit and conditions, and nobody reads a coordinate', () => {
    const { places, timesRead } = unknownPlaces();
    const judged = rules(
      `coupon: { maxDistanceMeters: 1500 }\n${when('coupon.hasLocation && coupon.distanceMeters > 500.0')}`,
    );
    expect(ranked(judged, [far, near, nowhere], { places })).toEqual(['nowhere', 'near']);
    expect(excluded(judged, [far], { places })).toEqual({ far: 'coupon.maxDistanceMeters' });
    expect(timesRead()).toBe(0);
  });
});

describe('a coordinate that is not known', () => {
  it.each(['event.latitude', 'event.longitude', 'coupon.latitude', 'coupon.longitude'])(
    '%s: reading is told',
    (name) => {
      const { places, timesRead } = unknownPlaces();
      rank(rules(when(`${name} > 50.0`)), [near], { places });
      expect(timesRead()).toBe(1);
    },
  );

  it('is not told of while the condition does not come to it', () => {
    const { places, timesRead } = unknownPlaces();
    rank(rules(when('coupon.couponId == "other" && event.latitude > 50.0')), [near], { places });
    expect(timesRead()).toBe(0);
  });
});
