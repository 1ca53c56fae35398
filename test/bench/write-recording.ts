/**
 * A recording such as pods would have left: some days of a city's events, most of which end before the coupons are asked,
 * with answers of 0 to 8 coupons and pushes that are delivered. What pods did is what the given rules come to.
 */
import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { finished } from 'node:stream/promises';
import type { DecisionCoupon, DecisionRecord, DeliveryRecord } from '../../src/domain/decision.ts';
import type { Outcome } from '../../src/domain/outcome.ts';
import type { Ruleset } from '../../src/pipeline/ports.ts';
import { readRecordedEvent } from '../../src/replay/recorded-event.ts';
import { createUserReplay } from '../../src/replay/replay-user.ts';
import { localTime } from '../../src/rules/time-zone.ts';

export interface RecordingShape {
  readonly events: number;
  readonly users: number;
  readonly days: number;
  readonly beganMs: number;
}

const LOCALES = ['de-DE', 'de-DE', 'de-AT', 'en-GB', 'fr-FR', undefined] as const;
const CATEGORIES = ['coffee', 'bakery', 'alcohol', 'fashion', 'books', 'groceries'] as const;
const MERCHANTS = 400;
const ZONE = 'Europe/Berlin';

export async function writeRecording(file: string, rules: Ruleset, shape: RecordingShape): Promise<void> {
  const { events, users, days, beganMs } = shape;
  const random = seeded(7);
  const pods = createUserReplay({ rules, against: undefined, beganMs, nothingBefore: true, marginMs: 0 });
  const out = createWriteStream(file);
  const stepMs = (days * 86_400_000) / events;
  const late: { readonly atMs: number; readonly line: string }[] = [];
  const write = async (line: string): Promise<void> => {
    if (!out.write(`${line}\n`)) await once(out, 'drain');
  };
  for (let index = 0; index < events; index += 1) {
    const atMs = Math.floor(beganMs + index * stepMs);
    while (late[0] !== undefined && late[0].atMs <= atMs)
      await write((late.shift() as { line: string }).line);
    // Some users are out far more than others.
    const userId = `user-${String(Math.floor(users * random() ** 2)).padStart(8, '0')}`;
    const seen = makeRecord(random, { userId, eventId: eventIdOf(index), atMs, rules });
    const { after } = await pods.decision(readRecordedEvent(seen, 0), false);
    if (after.kind !== 'known') throw new Error(`${seen.eventId}: ${after.because}`);
    const record = withOutcome(seen, after.outcome);
    await write(JSON.stringify(record));
    if (after.outcome.kind !== 'queued') continue;
    const delivery: DeliveryRecord = {
      kind: 'delivery',
      v: 1,
      userId,
      eventId: seen.eventId,
      at: new Date(Date.parse(seen.at) + 300).toISOString(),
      outcome: 'sent',
    };
    late.push({ atMs: atMs + 1500, line: JSON.stringify(delivery) });
  }
  for (const { line } of late) await write(line);
  out.end();
  await finished(out);
}

const BEFORE_COUPONS = ['disabled', 'no_consent', 'trigger', 'inaccurate', 'not_in_rollout', 'quiet_hours'];

function withOutcome(seen: DecisionRecord, outcome: Outcome): DecisionRecord {
  const { couponId, merchantId } = outcome;
  const reason = outcome.kind === 'queued' ? undefined : outcome.reason;
  const isAsked =
    outcome.kind === 'queued' || !(BEFORE_COUPONS.includes(reason ?? '') || reason === 'cooldown');
  const { coupons, claimedAt, ...rest } = seen;
  const wasClaimed = outcome.kind === 'queued' || (isAsked && reason === 'cooldown');
  return {
    ...rest,
    ...(wasClaimed && claimedAt !== undefined && { claimedAt }),
    couponApi: isAsked ? 'answered' : 'not_asked',
    ...(isAsked && coupons !== undefined && { coupons }),
    outcome: outcome.kind,
    ...(reason !== undefined && { reason }),
    ...(outcome.kind === 'filtered' && { rule: outcome.rule }),
    ...(couponId !== undefined && { couponId }),
    ...(merchantId !== undefined && { merchantId }),
  };
}

interface About {
  readonly userId: string;
  readonly eventId: string;
  readonly atMs: number;
  readonly rules: Ruleset;
}

function makeRecord(random: () => number, { userId, eventId, atMs, rules }: About): DecisionRecord {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const locale = pick(LOCALES);
  const ageMs = Math.floor(random() * 20_000);
  const callMs = 20 + Math.floor(random() * 80);
  const local = localTime(ZONE, atMs);
  return {
    kind: 'decision',
    v: 1,
    userId,
    eventId,
    at: new Date(atMs + callMs).toISOString(),
    askedAt: new Date(atMs).toISOString(),
    recalledAt: new Date(atMs).toISOString(),
    claimedAt: new Date(atMs + callMs + 1).toISOString(),
    event: {
      trigger: pick(['enter', 'enter', 'dwell', 'exit']),
      accuracyMeters: Math.floor(random() * 300),
      hasAccuracy: true,
      ageSeconds: ageMs / 1000,
      localHour: local.hour,
      localWeekday: local.weekday,
      timeZoneKnown: true,
      timeZone: ZONE,
      ...(locale !== undefined && { locale }),
      occurredAt: new Date(atMs - ageMs).toISOString(),
      pushConsent: random() > 0.03,
    },
    maxEventAgeMs: 900_000,
    couponApi: 'answered',
    coupons: Array.from({ length: Math.floor(random() * 9) }, () => makeCoupon(random, atMs + callMs)),
    outcome: 'filtered',
    rulesVersion: rules.version,
    rulesHash: rules.hash,
    pod: `coupon-notifier-${String(Math.floor(random() * 3))}`,
  };
}

function makeCoupon(random: () => number, nowMs: number): DecisionCoupon {
  const merchant = Math.floor(random() * MERCHANTS);
  const merchantId = `merchant-${String(merchant)}`;
  const category = CATEGORIES[merchant % CATEGORIES.length] as string;
  const untilMs = nowMs + Math.floor(random() * 12 * 3_600_000);
  return {
    couponId: `${merchantId}-${String(Math.floor(random() * 5))}`,
    merchantId,
    title: `${category}: one for you, one for a friend`,
    body: 'Show this at the till. Not together with other offers.',
    category,
    deepLink: `https://shop.example/${merchantId}/offer`,
    discountPercent: 5 * Math.floor(random() * 12),
    hasDiscountPercent: true,
    hasLocation: true,
    distanceMeters: random() * 2000,
    hasValidFrom: false,
    validUntil: new Date(untilMs).toISOString(),
    hasValidUntil: true,
    remainingSeconds: (untilMs - nowMs) / 1000,
    merchant: {
      merchantId,
      known: true,
      name: `Shop number ${String(merchant)}`,
      ...(merchant % 10 === 0 && { tier: 'gold' }),
      category,
      timeZone: ZONE,
      active: true,
    },
  };
}

function eventIdOf(index: number): string {
  return `0190a5e2-7c00-7000-8000-${index.toString(16).padStart(12, '0')}`;
}

/** Mulberry32. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
