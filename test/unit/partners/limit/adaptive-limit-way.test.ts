/**
 * The way of the limit that finds itself, where partners answer as they are told to: `32×96 64×96` are 96 calls that
 * return under a limit of 32, then 96 under 64. Each number is a decision: how far to look around, how many calls are
 * enough, how long to rest. Whoever changes one sees here what it changes.
 */
import { describe, expect, test } from 'vitest';
import { createAdaptiveLimit } from '../../../../src/partners/limit/adaptive-limit.ts';
import type { ConcurrencyLimit } from '../../../../src/partners/limit/concurrency-limit.ts';

interface Answer {
  readonly ms: number;
  /** Default false. */
  readonly failed?: boolean;
  /** Calls out, default: all that the limit allows. */
  readonly out?: number;
  /** Default false. */
  readonly awaited?: boolean;
}

/** @param call how many have returned before it. */
type Partner = (limit: number, call: number) => Answer;

/** Serves so many calls beside each other; beyond that they queue. */
const atOnce =
  (capacity: number, ms = 20): Partner =>
  (limit) => ({ ms: ms * Math.max(1, limit / capacity) });

function way(limit: ConcurrencyLimit, calls: number, partner: Partner): string {
  const steps: string[] = [];
  let at = limit.current();
  let count = 0;
  for (let call = 0; call < calls; call += 1) {
    const { ms, failed = false, out = at, awaited } = partner(at, call);
    limit.settled(failed, ms, out, ...(awaited === undefined ? [] : [awaited]));
    count += 1;
    if (limit.current() === at) continue;
    steps.push(`${String(at)}×${String(count)}`);
    at = limit.current();
    count = 0;
  }
  steps.push(`${String(at)}×${String(count)}`);
  return steps.join(' ');
}

const create = (): ConcurrencyLimit => createAdaptiveLimit({ min: 8, max: 512, initial: 32 });

/** Has found a partner's capacity. */
function settledAt(capacity: number, ms?: number): ConcurrencyLimit {
  const limit = create();
  way(limit, 1700, atOnce(capacity, ms));
  return limit;
}

describe('from the start', () => {
  test.each<[string, number, Partner, string]>([
    [
      'it doubles until answers cost half as much again, looks around far and closely, and rests for 250 ms',
      3500,
      atOnce(100),
      '32×32 64×96 128×192 256×384 74×330 135×209 88×223 113×201 100×1413 74×174 136×210 88×36',
    ],
    [
      'it rests for ten rounds where those take as long',
      3500,
      atOnce(100, 25),
      '32×32 64×96 128×192 256×384 74×330 135×209 88×223 113×201 100×1113 74×174 136×210 88×224 113×112',
    ],
    [
      'it takes one more ms for its own',
      2000,
      atOnce(40, 1),
      '32×32 64×96 128×192 29×157 54×83 35×89 46×81 40×1270',
    ],
    [
      'it never passes its upper bound, and looks closely from there',
      18_000,
      atOnce(10_000),
      '32×32 64×96 128×192 256×384 512×7424 454×966 512×7622 454×966 512×318',
    ],
    [
      'it never passes its lower bound',
      900,
      atOnce(4),
      '32×32 64×96 23×88 44×67 17×68 32×49 13×56 24×37 9×48 18×33 8×42 14×32 8×38 11×32 8×131 11×32 8×19',
    ],
    [
      'it compares again and again where one answer in seven is slow',
      3000,
      (limit, call) => ({ ms: (call % 7 === 0 ? 60 : 13.3) * Math.max(1, limit / 50) }),
      '32×32 64×96 128×192 38×166 70×178 38×108 45×83 59×163 45×149 59×163 45×149 59×163 45×149 59×163 45×149 59×163 45×104 51×630',
    ],
    [
      'it does not double while it is unused',
      250,
      (limit, call) => ({ ms: 20, out: call < 50 ? 5 : limit }),
      '32×96 64×96 128×58',
    ],
    ['it doubles where three quarters of it are used', 200, () => ({ ms: 20, out: 24 }), '32×32 64×168'],
    [
      'it doubles where three quarters of the calls are waited for',
      200,
      (_, call) => ({ ms: 20, out: 5, awaited: call % 4 !== 0 }),
      '32×32 64×96 128×72',
    ],
  ])('%s', (_name, calls, partner, expected) => {
    expect(way(create(), calls, partner)).toBe(expected);
  });
});

describe('once it is found', () => {
  test.each<[string, () => ConcurrencyLimit, number, Partner, string]>([
    [
      'a partner of a fifth: it starts from half of what answers cost',
      () => settledAt(100),
      1400,
      atOnce(20),
      '100×280 10×110 20×30 40×60 14×64 27×41 18×51 24×42 20×288 14×44 27×41 18×51 23×42 20×256',
    ],
    [
      'a partner of four times as much: it looks far, again and again',
      () => settledAt(100),
      5500,
      atOnce(400),
      '100×1380 74×174 136×210 100×236 183×283 135×318 247×382 182×429 334×516 246×580 450×696 354×296',
    ],
    [
      'answers that take twice as long are no reason to leave',
      () => settledAt(100),
      3000,
      atOnce(100, 40),
      '100×1080 74×174 136×210 88×224 113×201 100×1111',
    ],
    [
      'answers that take three times as long are',
      () => settledAt(100),
      3000,
      atOnce(100, 60),
      '100×280 17×117 34×51 68×102 136×204 272×408 74×346 135×209 88×223 113×201 100×859',
    ],
    [
      'answers that take 6 ms instead of 1 are not',
      () => settledAt(100, 1),
      3000,
      atOnce(100, 6),
      '100×3000',
    ],
    [
      'answers that take 9 ms instead of 1 are',
      () => settledAt(100, 1),
      1500,
      atOnce(100, 9),
      '100×280 8×108 16×24 32×48 64×96 128×192 256×384 74×330 135×38',
    ],
    [
      'at the lower bound nothing is sudden',
      () => settledAt(4),
      1000,
      atOnce(4, 200),
      '8×127 11×32 8×131 11×32 8×131 11×32 8×131 11×32 8×131 11×32 8×131 11×32 8×26',
    ],
    [
      'calls that fail above 120 leave it where it is, and the search goes on closely',
      () => settledAt(100),
      5000,
      (limit, call) => ({ ...atOnce(100)(limit, call), failed: limit > 120 && call % 3 === 0 }),
      '100×1380 74×174 136×210 88×224 114×202 100×1414 74×174 136×210 88×224 113×201 100×587',
    ],
    [
      'calls that fail above 105 leave it where it is, for longer',
      () => settledAt(100),
      13_000,
      (limit, call) => ({ ...atOnce(100)(limit, call), failed: limit > 105 && call % 3 === 0 }),
      '100×1380 74×174 136×210 88×224 114×202 100×10114 74×174 136×210 88×224 114×88',
    ],
    [
      'one call in five that fails at any limit is learned',
      () => settledAt(30),
      3000,
      (limit, call) => ({ ...atOnce(30)(limit, call), failed: call % 5 === 0 }),
      '34×53 19×58 36×83 23×60 31×85 23×79 31×54 21×55 41×85 26×67 34×90 30×98 27×94 24×2039',
    ],
    [
      'a demand of 110 is looked at closely alone',
      () => settledAt(100),
      4000,
      (limit, call) => ({ ...atOnce(100)(limit, call), out: Math.min(limit, 110) }),
      '100×1380 74×174 136×210 88×224 114×202 98×1388 72×170 133×205 87×47',
    ],
    [
      'a demand of 95 leaves it alone for longer',
      () => settledAt(100),
      13_000,
      (limit) => ({ ms: 20, out: Math.min(limit, 95) }),
      '100×1280 74×174 136×210 88×224 114×202 100×9714 74×174 136×210 88×224 114×202 100×386',
    ],
    [
      'a demand of 60 leaves it alone',
      () => settledAt(100),
      13_000,
      (limit) => ({ ms: 20, out: Math.min(limit, 60) }),
      '100×13000',
    ],
    [
      'calls that others keep from going out teach nothing',
      () => settledAt(100),
      10_000,
      (limit) => ({ ms: 20, out: Math.min(limit, 70), awaited: true }),
      '100×1080 74×174 136×210 100×7136 74×174 136×210 100×1016',
    ],
  ])('%s', (_name, find, calls, partner, expected) => {
    expect(way(find(), calls, partner)).toBe(expected);
  });

  test('what has not changed for a thousand rounds is never sudden', () => {
    const limits = way(settledAt(9), 38_000, atOnce(9)).matchAll(/(\d+)×/g);
    expect([...new Set(Array.from(limits, ([, limit]) => Number(limit)))]).toEqual([10, 8, 11]);
  });

  test('after an outage it begins with few, whatever returns from before it', () => {
    const limit = settledAt(100);
    limit.restart();
    const old = way(limit, 50, () => ({ ms: 2000, out: 90 }));
    expect(old).toBe('4×50');
    expect(way(limit, 200, atOnce(100))).toBe('4×8 8×12 16×24 32×48 64×96 128×12');
  });
});
