/**
 * Small worlds for a replay: some minutes of one user, of which everything is known here and only a part is recorded.
 * They are lived through exactly, by the pipeline and the claims in memory: with the rules that were live, which gives
 * the recording, and with other rules, which gives what would have been.
 */
import fc from 'fast-check';
import type { DecisionRecord, DeliveryRecord } from '../../../src/domain/decision.ts';
import type { DeliveryOutcome } from '../../../src/domain/delivery.ts';
import type { LocationEvent } from '../../../src/domain/event.ts';
import type { Outcome } from '../../../src/domain/outcome.ts';
import type { PushEnvelope } from '../../../src/domain/push.ts';
import type { Coupon } from '../../../src/domain/coupon.ts';
import type { Ruleset } from '../../../src/pipeline/ports.ts';
import { createProcessEvent } from '../../../src/pipeline/process-event.ts';
import { NOWHERE, OWNED, UNCOUNTED } from '../../../src/replay/given-run.ts';
import { parseRules } from '../../../src/rules/document/parse-rules.ts';
import { createInMemoryClaims, type InMemoryClaims } from '../claims/in-memory-claims.ts';

export const BEGAN_MS = Date.parse('2026-11-22T12:00:00Z');
export const MARGIN_MS = 4000;
const MINUTE_MS = 60_000;
const USER = 'u-1';
const MAX_AGE_MS = 15 * MINUTE_MS;

export interface Push {
  readonly outcome: Exclude<DeliveryOutcome, 'dry_run'>;
  /** From its claim. */
  readonly afterMs: number;
  /** What its report is early or late. */
  readonly reportedMs: number;
}

export interface WorldEvent {
  /** From the event before. */
  readonly afterMs: number;
  readonly trigger: 'enter' | 'dwell';
  readonly ageMs: number;
  readonly push: Push;
  readonly hidden: HiddenEvent;
}

/** What a recording may not say. */
export interface HiddenEvent {
  readonly latitude: number;
  readonly coupons: readonly Coupon[];
  readonly callMs: number;
}

export interface Hidden {
  readonly events: readonly HiddenEvent[];
  /** Pushes from before the recording: ms before it, and of which coupon. */
  readonly before: readonly { readonly agoMs: number; readonly coupon: Coupon }[];
  /** Ms that Redis's clock is ahead of the pods'. */
  readonly aheadMs: number;
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
    aheadMs: fc.integer({ min: -1000, max: 1000 }),
  });

export const worldEvent: fc.Arbitrary<WorldEvent> = fc.record({
  // Around a cap's window, where it hangs on whose clock is asked, and anywhere else.
  afterMs: fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(10, 30).chain((minutes) => around(minutes * MINUTE_MS)) },
    { weight: 1, arbitrary: fc.constantFrom(0, 500) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 40 * MINUTE_MS }) },
  ),
  trigger: fc.constantFrom('enter', 'dwell'),
  ageMs: fc.constantFrom(0, 4 * MINUTE_MS, 8 * MINUTE_MS),
  push: fc.record({
    outcome: fc.constantFrom('sent', 'sent', 'sent', 'rejected', 'expired', 'unknown', 'withdrawn'),
    afterMs: fc.constantFrom(50, 2000, 12 * MINUTE_MS),
    reportedMs: fc.integer({ min: -1000, max: 1000 }),
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

export interface Lived {
  readonly records: readonly DecisionRecord[];
  readonly deliveries: readonly DeliveryRecord[];
  readonly outcomes: readonly Outcome[];
}

/** What is due to happen, at a moment of the pods' clock. */
interface Due {
  readonly atMs: number;
  readonly run: () => Promise<unknown>;
}

/**
 * @param pushedBefore ids of events that pods pushed: these end as they did, others are sent when they are claimed.
 * Undefined: these are the pods.
 */
export async function live(
  events: readonly WorldEvent[],
  unseen: Hidden,
  rules: Ruleset,
  pushedBefore?: ReadonlySet<string>,
): Promise<Lived> {
  let nowMs = BEGAN_MS;
  const memory = createInMemoryClaims({ now: () => nowMs + unseen.aheadMs });
  const due: Due[] = [];
  const passTo = async (toMs: number): Promise<void> => {
    for (;;) {
      const next = due.filter(({ atMs }) => atMs <= toMs).toSorted((a, b) => a.atMs - b.atMs)[0];
      if (next === undefined) break;
      due.splice(due.indexOf(next), 1);
      nowMs = next.atMs;
      await next.run();
    }
    nowMs = toMs;
  };

  for (const [index, { agoMs, coupon: of }] of unseen.before
    .toSorted((a, b) => b.agoMs - a.agoMs)
    .entries()) {
    nowMs = BEGAN_MS - agoMs;
    const ref = { userId: USER, eventId: `before-${String(index)}` };
    const { couponId, merchantId, title } = of;
    const push = { ...ref, couponId, merchantId, title, collapseKey: '', rulesVersion: '' };
    const envelope: PushEnvelope = { push, source: NOWHERE, traceparent: '' };
    const candidates = [{ envelope, notAfterMs: undefined }];
    await memory.claims.claim({ ref, candidates, caps: [], ttlMs: MINUTE_MS, acceptableUntilMs: 0 });
    await end(memory, ref.eventId, 'sent');
  }

  const records: DecisionRecord[] = [];
  const deliveries: DeliveryRecord[] = [];
  const outcomes: Outcome[] = [];
  let atMs = BEGAN_MS;
  for (const [index, world] of events.entries()) {
    atMs += world.afterMs;
    await passTo(atMs);
    const eventId = `e-${String(index)}`;
    const event: LocationEvent = {
      eventId,
      userId: USER,
      occurredAtMs: atMs - world.ageMs,
      latitude: (unseen.events[index] as HiddenEvent).latitude,
      longitude: 0,
      trigger: world.trigger,
      pushConsent: true,
    };
    const { coupons, callMs: wantedMs } = unseen.events[index] as HiddenEvent;
    // An event is decided at its recorded moment, whatever the calls before it would have taken.
    const callMs = Math.min(wantedMs, events[index + 1]?.afterMs ?? Infinity);
    const call: { became: DecisionRecord['couponApi'] } = { became: 'not_asked' };
    const processEvent = createProcessEvent({
      documents: { rules: () => rules, findMerchant: () => undefined },
      claims: memory.claims,
      queue: { enqueue: async () => undefined },
      coupons: {
        find: async ({ staleAtMs }) => {
          if (nowMs + callMs > staleAtMs) {
            await passTo(Math.max(nowMs, staleAtMs));
            call.became = 'stale';
            return { kind: 'stale' };
          }
          await passTo(nowMs + callMs);
          call.became = 'answered';
          return { kind: 'coupons', coupons };
        },
      },
      places: { distanceTo: () => undefined },
      meter: UNCOUNTED,
      clock: { now: () => nowMs, sleep: async () => undefined },
      maxEventAgeMs: MAX_AGE_MS,
    });
    const outcome = await processEvent({
      event,
      source: NOWHERE,
      traceparent: '',
      receivedAtMs: 0,
      ownership: OWNED,
    });
    outcomes.push(outcome);
    // The filters are asked again only where there are coupons.
    const { became: couponApi } = call;
    const wasAnswered = couponApi === 'answered' && coupons.length > 0;
    const seenMs = wasAnswered ? nowMs : atMs;
    records.push(recordOf(event, { askedAtMs: atMs, atMs: seenMs, couponApi, coupons, outcome, rules }));
    if (outcome.kind !== 'queued') continue;
    const { outcome: how, afterMs, reportedMs } = world.push;
    if (pushedBefore === undefined || pushedBefore.has(eventId)) {
      const endsMs = nowMs + afterMs;
      due.push({ atMs: endsMs, run: () => end(memory, eventId, how) });
      const at = new Date(endsMs + reportedMs).toISOString();
      deliveries.push({ kind: 'delivery', v: 1, userId: USER, eventId, at, outcome: how });
    } else {
      await end(memory, eventId, 'sent');
    }
  }
  return { records, deliveries, outcomes };
}

async function end({ store }: InMemoryClaims, eventId: string, outcome: Push['outcome']): Promise<void> {
  const ref = { userId: USER, eventId };
  if (outcome === 'expired' || outcome === 'withdrawn') {
    await store.release(ref, outcome);
    return;
  }
  const permission = await store.permit(ref, eventId);
  // Its time was over before.
  if (permission.kind !== 'granted') await store.release(ref, 'expired');
  else if (outcome === 'rejected') await store.release(ref, outcome, permission.attempt);
  else await store.settle(ref, permission.attempt, outcome);
}

interface Seen {
  readonly askedAtMs: number;
  readonly atMs: number;
  readonly couponApi: DecisionRecord['couponApi'];
  readonly coupons: readonly Coupon[];
  readonly outcome: Outcome;
  readonly rules: Ruleset;
}

function recordOf(event: LocationEvent, seen: Seen): DecisionRecord {
  const { outcome, rules } = seen;
  const { couponId, merchantId } = outcome;
  return {
    kind: 'decision',
    v: 1,
    userId: event.userId,
    eventId: event.eventId,
    at: new Date(seen.atMs).toISOString(),
    ...(seen.atMs !== seen.askedAtMs && { askedAt: new Date(seen.askedAtMs).toISOString() }),
    event: {
      trigger: event.trigger,
      accuracyMeters: 0,
      hasAccuracy: false,
      ageSeconds: (seen.atMs - event.occurredAtMs) / 1000,
      localHour: 0,
      localWeekday: 0,
      timeZoneKnown: false,
      occurredAt: new Date(event.occurredAtMs).toISOString(),
      pushConsent: event.pushConsent,
    },
    maxEventAgeMs: MAX_AGE_MS,
    couponApi: seen.couponApi,
    ...(seen.couponApi === 'answered' && { coupons: seen.coupons.map(recordedCoupon) }),
    outcome: outcome.kind,
    ...(outcome.kind !== 'queued' && { reason: outcome.reason }),
    ...(outcome.kind === 'filtered' && { rule: outcome.rule }),
    ...(couponId !== undefined && { couponId }),
    ...(merchantId !== undefined && { merchantId }),
    rulesVersion: rules.version,
    rulesHash: rules.hash,
    pod: 'pod-1',
  };
}

function recordedCoupon({ couponId, merchantId, title, discountPercent = 0 }: Coupon) {
  return {
    couponId,
    merchantId,
    title,
    discountPercent,
    hasDiscountPercent: true,
    hasLocation: false,
    distanceMeters: 0,
    hasValidFrom: false,
    hasValidUntil: false,
    remainingSeconds: 0,
    merchant: { merchantId, known: false, active: true },
  };
}
