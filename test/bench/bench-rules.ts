/** Rules with everything on, that refuse no event before its call: what a real pod evaluates for each event. */

const HOUR_MS = 3_600_000;

/**
 * Quiet hours lie twelve hours away from `now`, so that they are asked and never apply.
 *
 * @param perCap pushes that each cap lets through in its window.
 */
export function benchRules(now: Date, perCap = 1): string {
  const hour = (hours: number): string =>
    new Date(now.getTime() + hours * HOUR_MS).toISOString().slice(11, 16);
  return JSON.stringify({
    version: 'bench',
    caps: [
      { per: 'user', max: perCap, window: '24h' },
      { per: 'user+merchant', max: perCap, window: '7d' },
    ],
    quietHours: { from: hour(12), to: hour(13), unknownTimeZone: 'UTC' },
    event: { maxAge: '24h', maxAccuracyMeters: 250, triggers: ['enter', 'dwell'] },
    coupon: { minDiscountPercent: 10, maxDistanceMeters: 1500, minRemaining: '30m' },
    merchants: { allow: [], deny: ['m-closed'] },
    rollout: { percent: 100, salt: 'bench' },
    rules: [
      { id: 'no-alcohol', when: 'coupon.category == "alcohol" && event.localHour < 12', then: 'exclude' },
      { id: 'no-tobacco', when: 'coupon.category == "tobacco"', then: 'exclude' },
      { id: 'gold-first', when: 'merchant.tier == "gold"', then: 'boost', by: 20 },
    ],
  });
}
