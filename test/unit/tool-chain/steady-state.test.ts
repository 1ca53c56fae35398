/** What the steady-state benchmark stands on: answers of the promised mix, outcomes known beforehand, parts that add up. */
import { describe, expect, it } from 'vitest';
import { parseCoupons } from '../../../src/partners/coupon/coupon-schema.ts';
import { parseRules } from '../../../src/rules/document/parse-rules.ts';
import { benchRules } from '../../bench/bench-rules.ts';
import { emptyMixedAnswers, mixedAnswerOf, mixedAnswers } from '../../bench/coupon-answers.ts';
import { marksOf, partsOf } from '../../bench/parts.ts';
import { NOW, rank } from '../rules/documents.ts';

const answers = mixedAnswers();
const parsed = answers.map((answer) => parseCoupons(Buffer.from(answer)));

describe('the answers', () => {
  it('have no coupon in 40 of 100, else 1 to 8 that keep the contract, in 300 to 4,096 bytes', () => {
    const counts = parsed.map((one) => (one.ok && one.invalid === 0 ? one.coupons.length : NaN));
    expect(counts.filter((count) => count === 0)).toHaveLength(answers.length * 0.4);
    expect([...new Set(counts)].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    const sizes = answers.map((answer) => Buffer.byteLength(answer)).filter((_, at) => counts[at] !== 0);
    expect(Math.min(...sizes)).toBeGreaterThanOrEqual(300);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(4096);
  });

  it('go to events by their number alone, all of them before one comes again', () => {
    const given = Array.from(answers, (_, event) => mixedAnswerOf(event));
    expect(new Set(given).size).toBe(answers.length);
    expect(mixedAnswerOf(answers.length + 1)).toBe(mixedAnswerOf(1));
    expect(mixedAnswers()).toEqual(answers);
  });

  it('are counted as they are given', () => {
    for (const events of [1, 999, 20_000, 20_001]) {
      const empty = Array.from({ length: events }, (_, event) => answers[mixedAnswerOf(event)]);
      expect(emptyMixedAnswers(events)).toBe(empty.filter((answer) => answer === '{"coupons":[]}').length);
    }
  });

  it('hold no coupon that the rules let through, whichever of five things excludes it', () => {
    const rules = parseRules(benchRules(new Date(NOW)));
    if (!rules.ok) expect.fail(rules.problems.map(({ message }) => message).join('\n'));
    const coupons = parsed.flatMap((one) => (one.ok ? one.coupons : []));
    const { candidates, exclusions } = rank(rules.rules, coupons);
    expect(candidates).toEqual([]);
    const by = new Set(exclusions.map(({ rule }) => rule));
    expect([...by].sort()).toEqual([
      'coupon.maxDistanceMeters',
      'coupon.minDiscountPercent',
      'coupon.validUntil',
      'merchants.deny',
      'no-tobacco',
    ]);
  });
});

describe('the parts of a run', () => {
  const mark = (answered: number, atMs: number, cpuMs: number | null, serviceMs: number, busyMs = 0) => ({
    answered,
    atMs,
    cpuMs,
    busyMs,
    serviceMs,
  });

  it('begin after 50,000 events, or after a tenth, and in the middle', () => {
    expect(marksOf(600_000)).toEqual([0, 50_000, 300_000, 600_000]);
    expect(marksOf(20_000)).toEqual([0, 2000, 10_000, 20_000]);
  });

  it('are told by what lies between their marks alone', () => {
    const parts = partsOf([
      mark(0, 1000, 500, 0, 0),
      mark(1000, 2000, 700, 3000, 300),
      mark(5000, 3000, 900, 13_000, 600),
      mark(10_000, 5000, 1200, 28_000, 2900),
    ]);
    expect(parts.first).toEqual({ perSecond: 1000, cpuMicros: 200, serviceMs: 3, otherCores: 0.1 });
    expect(parts.rest.perSecond).toBe(3000);
    expect(parts.rest.cpuMicros).toBeCloseTo(55.6, 1);
    expect(parts.secondHalf).toEqual({ perSecond: 2500, cpuMicros: 60, serviceMs: 3, otherCores: 1 });
  });

  it('say nothing of CPU where the machine does not', () => {
    const marks = marksOf(10_000).map((answered, at) => mark(answered, at, at < 2 ? null : 10, 0));
    expect(partsOf(marks).first.cpuMicros).toBeNaN();
    expect(() => partsOf(marks.slice(0, 3))).toThrow('expected four marks, not 3');
  });
});
