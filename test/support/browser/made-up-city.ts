/**
 * Three pods of a city that does not exist, for pictures of the page: a calm hour, and one whose last 90 s the coupon API
 * is away. The numbers fit each other, and are the same in every run but for the time of day.
 */
import { COUNTERS, type CounterName } from '../../../src/ops/page/counters.ts';
import type { Fleet } from '../../../src/ops/page/fleet.ts';
import { SLOT_MS, SLOTS, type HourWindow } from '../../../src/ops/page/hour.ts';
import type { PodSnapshot } from '../../../src/ops/page/snapshot.ts';
import { counts, partition, snapshot } from '../../unit/ops/page/example-fleet.ts';

export type Hour = 'calm' | 'coupon-api-away';

const PODS = ['notifier-7d9f-2kqzx', 'notifier-7d9f-8hw4m', 'notifier-7d9f-tnc7p'];
const PARTITIONS_EACH = 4;
/** The outage's slots, and what is still decided then: what ends before the coupons are asked. */
const AWAY_SLOTS = 9;
const STILL_DECIDED: readonly CounterName[] = [
  'filtered.cooldown',
  'filtered.quiet_hours',
  'filtered.no_consent',
];

/** Of all pods, a slot of ten seconds. */
const A_SLOT: Readonly<Partial<Record<CounterName, number>>> = {
  queued: 412,
  'filtered.cooldown': 5034,
  'filtered.no_coupons': 1408,
  'filtered.rules_excluded': 641,
  'filtered.quiet_hours': 312,
  'filtered.inaccurate': 190,
  'filtered.no_consent': 61,
  'filtered.stale': 11,
  'dead_lettered.invalid': 0.4,
  'dead_lettered.malformed': 0.03,
  'delivered.sent': 398,
  'delivered.expired': 0.2,
  'delivered.unknown': 0.04,
};
const PUSHES: readonly CounterName[] = ['delivered.sent', 'delivered.expired', 'delivered.unknown'];

/** Between 0.85 and 1.15: a day's unrest, the same at the same time. */
const unrest = (slot: number, pace: number): number =>
  1 + 0.08 * Math.sin(slot * 0.05 * pace) + 0.05 * Math.sin(slot * 0.7 * pace) + 0.02 * Math.sin(slot * 2.3);

/** Whole events, spread evenly where there are fewer than one a slot. */
const whole = (perSlot: number, slot: number): number =>
  perSlot >= 1
    ? Math.round(perSlot)
    : Number(Math.floor(slot * perSlot) !== Math.floor((slot - 1) * perSlot));

export function madeUpFleet(hour: Hour, nowMs: number): Fleet {
  const isAway = hour === 'coupon-api-away';
  return {
    ...{ nowMs, own: PODS[0] ?? '', silent: [], alone: undefined },
    pods: PODS.map((pod, at) => ({ snapshot: podOf(pod, at, isAway, nowMs), ageSeconds: 0.4 * at })),
    hour: hourOf(isAway, nowMs),
  };
}

function hourOf(isAway: boolean, nowMs: number): HourWindow {
  const end = Math.floor(nowMs / SLOT_MS);
  const firstSlot = end - SLOTS + 1;
  const column = (of: (slot: number, isOut: boolean) => number): number[] =>
    Array.from({ length: SLOTS }, (_, at) => of(firstSlot + at, isAway && at >= SLOTS - AWAY_SLOTS));
  const amount = (name: CounterName, slot: number, isOut: boolean): number => {
    const perSlot = (A_SLOT[name] ?? 0) * unrest(slot, PUSHES.includes(name) ? 2 : 1);
    return whole(isOut && !STILL_DECIDED.includes(name) ? 0 : perSlot * (isOut ? 0.6 : 1), slot);
  };
  const decided = COUNTERS.filter((name) => !PUSHES.includes(name));
  return {
    firstSlot,
    slots: SLOTS,
    columns: {
      ...Object.fromEntries(
        COUNTERS.map((name) => [name, column((slot, isOut) => amount(name, slot, isOut))]),
      ),
      // Events that wait have been received, too.
      received: column((slot) => decided.reduce((sum, name) => sum + amount(name, slot, false), 0)),
      behindSeconds: column((slot, isOut) =>
        isOut ? 10 * (slot - end + AWAY_SLOTS) - 5 : Math.round(4 * unrest(slot, 3)) / 10,
      ),
      couponP99Ms: column((slot, isOut) => (isOut ? 2000 : Math.round(140 * unrest(slot, 2) ** 3))),
    },
  };
}

function podOf(pod: string, at: number, isAway: boolean, nowMs: number): PodSnapshot {
  const ago = (seconds: number): string => new Date(nowMs - 1000 * seconds).toISOString();
  const partitions = Array.from({ length: PARTITIONS_EACH }, (_, of) =>
    partition({
      ...{ topic: 'location-events', partition: PARTITIONS_EACH * at + of, etaSeconds: isAway ? null : 1 },
      lag: isAway ? 5900 + 131 * of + 57 * at : 21 + 7 * of,
      behindSeconds: isAway ? 84.6 - 2.2 * of - at : 0.4 + 0.1 * of,
    }),
  );
  const rates = Object.entries(A_SLOT).map(([name, perSlot]) => {
    const isStill = STILL_DECIDED.some((still) => still === name);
    return [name, (perSlot / SLOT_MS / PODS.length) * 1000 * (isAway ? (isStill ? 0.6 : 0) : 1)];
  });
  const perSecond = counts(Object.fromEntries(rates) as Partial<Record<CounterName, number>>);
  return snapshot({
    ...{
      pod,
      version: '0.1.0',
      uptimeSeconds: 92_340 - 71 * at,
      partitions,
      partitionCount: partitions.length,
    },
    inFlight: isAway ? 3300 + 20 * at : 148 + 13 * at,
    counts: counts({ received: 24_870_456 + 12_341 * at }),
    rates: { ...perSecond, received: isAway ? 214 : 269 },
    lag: partitions.reduce((sum, { lag }) => sum + (lag ?? 0), 0),
    couponApi: isAway
      ? { inFlight: 1, breaker: 'open', p50Ms: 41, p99Ms: 2000 }
      : { inFlight: 38 + at, breaker: 'closed', p50Ms: 41 + at, p99Ms: 139 + 4 * at },
    pushApi: { inFlight: isAway ? 0 : 9, recentCalls: 64, recentFailures: 1, lastError: 'HTTP 503' },
    queue: { waiting: isAway ? 0 : 12, active: isAway ? 0 : 27, delayed: 3, failed: 0 },
    deadLetteredAtMs: { invalid: nowMs - 64_000 - 9000 * at, malformed: nowMs - 384_000 },
    rules: { version: '2026-11-22.1', hash: '8e40f2a9c1d7', loadedAt: ago(18_000), lastError: null },
    merchants: { version: '2026-11-20', hash: 'aa40f2a9c1d7', loadedAt: ago(180_000), lastError: null },
    ...(isAway && {
      ...{ away: ['coupon API'], condition: 'degraded' as const },
      waiting: [{ for: 'coupon API', events: 3288 + 20 * at, oldestSeconds: 84.6 - at }],
    }),
  });
}
