/** Rule documents, events and coupons for tests: small, valid, and changed one thing at a time. */
import { expect, vi } from 'vitest';
import type { Coupon } from '../../../src/domain/coupon.ts';
import type { LocationEvent } from '../../../src/domain/event.ts';
import type { Merchant } from '../../../src/domain/merchant.ts';
import type { RankContext, Ranking, Ruleset } from '../../../src/pipeline/ports.ts';
import { coordinates } from '../../../src/rules/distance.ts';
import { parseRules } from '../../../src/rules/document/parse-rules.ts';

/** A Sunday, 13:00 in Berlin. */
export const NOW = Date.parse('2026-11-22T12:00:00Z');

const event: LocationEvent = {
  eventId: 'e-1',
  userId: 'u-1',
  occurredAtMs: NOW - 90_000,
  latitude: 52.52,
  longitude: 13.405,
  trigger: 'enter',
  pushConsent: true,
};

export function coupon(couponId: string, changes: Partial<Coupon> = {}): Coupon {
  return { couponId, merchantId: 'm-1', title: `Title of ${couponId}`, discountPercent: 20, ...changes };
}

/** A minimal document and, below it, what the test is about. */
export function document(sections = ''): string {
  return `version: "v1"\ncaps: [{ per: user, max: 1, window: 24h }]\n${sections}`;
}

export function rules(sections = ''): Ruleset {
  const parsed = parseRules(document(sections));
  if (!parsed.ok) expect.fail(parsed.problems.map((problem) => problem.message).join('\n'));
  return parsed.rules;
}

/** `line:column path`, and the message, of every problem of a document. */
export function problems(text: string): readonly (readonly [where: string, message: string])[] {
  const parsed = parseRules(text);
  if (parsed.ok) return [];
  return parsed.problems.map(({ line, column, path, message }) => [
    `${String(line)}:${String(column)} ${path}`,
    message,
  ]);
}

export interface Scene extends Partial<RankContext> {
  readonly event?: Partial<LocationEvent>;
  readonly merchants?: readonly Merchant[];
}

export function rank(ruleset: Ruleset, coupons: readonly Coupon[], scene: Scene = {}): Ranking {
  const { event: changes, merchants = [], ...context } = scene;
  // Ranked at once, however busy the machine is: no time passes meanwhile.
  const stopped = vi.spyOn(performance, 'now').mockReturnValue(performance.now());
  try {
    const ranking = ruleset.rank({ ...event, ...changes }, coupons, {
      nowMs: NOW,
      timeZone: 'Europe/Berlin',
      findMerchant: (merchantId) => merchants.find((merchant) => merchant.merchantId === merchantId),
      places: coordinates,
      ...context,
    });
    if (ranking instanceof Promise) expect.fail('so little is ranked at once');
    return ranking;
  } finally {
    stopped.mockRestore();
  }
}

/** The remaining coupons' ids, best first. */
export function ranked(ruleset: Ruleset, coupons: readonly Coupon[], scene?: Scene): readonly string[] {
  return rank(ruleset, coupons, scene).candidates.map((candidate) => candidate.coupon.couponId);
}

/** What excluded each coupon. */
export function excluded(
  ruleset: Ruleset,
  coupons: readonly Coupon[],
  scene?: Scene,
): Record<string, string> {
  return Object.fromEntries(
    rank(ruleset, coupons, scene).exclusions.map(({ couponId, rule }) => [couponId, rule]),
  );
}
