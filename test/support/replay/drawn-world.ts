/** Small worlds as they are drawn: a user's events, what no recording says of them, and rules. `small-world.ts` lives them. */
import fc from 'fast-check';
import type { DeliveryOutcome } from '../../../src/domain/delivery.ts';
import type { Coupon } from '../../../src/domain/coupon.ts';
import type { Ruleset } from '../../../src/pipeline/ports.ts';
import { parseRules } from '../../../src/rules/document/parse-rules.ts';

export const BEGAN_MS = Date.parse('2026-11-22T12:00:00Z');
export const MARGIN_MS = 4000;
export const MINUTE_MS = 60_000;
export const MAX_AGE_MS = 15 * MINUTE_MS;

export interface Push {
  readonly outcome: Exclude<DeliveryOutcome, 'dry_run'>;
  /** From its claim. */
  readonly afterMs: number;
}

export interface WorldEvent {
  /** From the event before. */
  readonly afterMs: number;
  readonly trigger: 'enter' | 'dwell';
  readonly ageMs: number;
  readonly pod: 0 | 1;
  /** It is the event before once more. */
  readonly isAgain: boolean;
  /** When it is recalled, from its start; before that where another event is at work then. */
  readonly recallMs: number;
  readonly push: Push;
  readonly hidden: HiddenEvent;
}

/** What a recording may not say. */
export interface HiddenEvent {
  readonly latitude: number;
  readonly coupons: readonly Coupon[];
  readonly callMs: number;
  /** What a claim takes on its way to Redis. */
  readonly claimMs: number;
}

export interface Hidden {
  readonly events: readonly HiddenEvent[];
  /** Pushes from before the recording: ms before it, and of which coupon. */
  readonly before: readonly { readonly agoMs: number; readonly coupon: Coupon }[];
  /** Ms that the pods' clocks are ahead of Redis's. */
  readonly aheadMs: readonly [number, number];
}

const around = (ms: number) => fc.integer({ min: ms - 1500, max: ms + 1500 });
const coupon = fc.integer({ min: 0, max: 5 }).map((index): Coupon => ({
  couponId: `c-${String(index)}`,
  merchantId: `m-${String(index % 3)}`,
  title: `coupon ${String(index)}`,
  discountPercent: 10 + 5 * index,
}));
const hiddenEvent: fc.Arbitrary<HiddenEvent> = fc.record({
  latitude: fc.constantFrom(-10, 10),
  coupons: fc.uniqueArray(coupon, { maxLength: 3, selector: ({ couponId }) => couponId }),
  callMs: fc.constantFrom(0, 100, 3 * MINUTE_MS),
  claimMs: fc.constantFrom(0, 1, 300),
});
export const hidden = (events: number): fc.Arbitrary<Hidden> =>
  fc.record({
    events: fc.array(hiddenEvent, { minLength: events, maxLength: events }),
    before: fc.array(
      fc.record({ agoMs: fc.integer({ min: 1, max: 50 }).map((m) => m * MINUTE_MS), coupon }),
      {
        maxLength: 2,
      },
    ),
    aheadMs: fc.tuple(fc.integer({ min: -1000, max: 1000 }), fc.integer({ min: -1000, max: 1000 })),
  });

export const worldEvent: fc.Arbitrary<WorldEvent> = fc.record({
  // Around a cap's window, where it hangs on whose clock is asked, and anywhere else.
  afterMs: fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(10, 30).chain((minutes) => around(minutes * MINUTE_MS)) },
    { weight: 2, arbitrary: fc.constantFrom(0, 1, 100, 500) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 40 * MINUTE_MS }) },
  ),
  trigger: fc.constantFrom('enter', 'dwell'),
  ageMs: fc.constantFrom(0, 4 * MINUTE_MS, 8 * MINUTE_MS),
  pod: fc.constantFrom(0, 0, 1),
  isAgain: fc.integer({ min: 0, max: 7 }).map((one) => one === 0),
  recallMs: fc.constantFrom(-800, -100, 0, 0, 1, 200),
  push: fc.record({
    outcome: fc.constantFrom('sent', 'sent', 'sent', 'rejected', 'expired', 'unknown', 'withdrawn'),
    afterMs: fc.constantFrom(50, 2000, 12 * MINUTE_MS),
  }),
  hidden: hiddenEvent,
});

const cap = fc.record({
  per: fc.constantFrom('user', 'user+merchant', 'user+coupon'),
  max: fc.integer({ min: 1, max: 2 }),
  window: fc.constantFrom('10m', '30m', '2h'),
});
/** A document in YAML (JSON is YAML). */
export const documentText = fc
  .record({
    caps: fc.array(cap, { maxLength: 3 }),
    triggers: fc.constantFrom(['enter'], ['enter', 'dwell']),
    maxAge: fc.constantFrom(undefined, '5m', '10m'),
    minDiscountPercent: fc.constantFrom(0, 0, 20),
    rule: fc.constantFrom(
      undefined,
      undefined,
      { id: 'boost-m-1', when: 'coupon.merchantId == "m-1"', then: 'boost', by: 50 },
      { id: 'in-the-north', when: 'coupon.merchantId == "m-0" && event.latitude > 0.0', then: 'exclude' },
    ),
  })
  .map(({ caps, triggers, maxAge, minDiscountPercent, rule }) =>
    JSON.stringify({
      version: 'v',
      caps,
      event: { triggers, ...(maxAge !== undefined && { maxAge }) },
      coupon: { minDiscountPercent },
      ...(rule !== undefined && { rules: [rule] }),
    }),
  );

export function rulesOf(text: string): Ruleset {
  const parsed = parseRules(text);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.rules;
}
