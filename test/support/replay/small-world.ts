/**
 * Small worlds for a replay: some minutes of one user, of which everything is known here and only a part is recorded.
 * They are lived through exactly, by the pipeline and the claims in memory: with the rules that were live, which gives
 * the recording, and with other rules, which gives what would have been. Two pods, each with a clock of its own, take the
 * user's events, so that decisions overlap; each takes one after the other, and recalls the next one ahead.
 */
import type { DecisionRecord, DeliveryRecord } from '../../../src/domain/decision.ts';
import type { Cap } from '../../../src/domain/cap.ts';
import type { Ending } from '../../../src/domain/delivery.ts';
import type { EventRef, LocationEvent } from '../../../src/domain/event.ts';
import type { Outcome } from '../../../src/domain/outcome.ts';
import type { PushEnvelope } from '../../../src/domain/push.ts';
import type { Coupon } from '../../../src/domain/coupon.ts';
import type { Claims, Recalled, Ruleset } from '../../../src/pipeline/ports.ts';
import { createProcessEvent } from '../../../src/pipeline/process-event.ts';
import { NOWHERE, OWNED, UNCOUNTED } from '../../../src/replay/given-run.ts';
import { createInMemoryClaims, type InMemoryClaims } from '../claims/in-memory-claims.ts';
import {
  BEGAN_MS,
  MAX_AGE_MS,
  MINUTE_MS,
  type Hidden,
  type HiddenEvent,
  type Push,
  type WorldEvent,
} from './drawn-world.ts';
import { createTimeline, type Timeline } from './timeline.ts';

const USER = 'u-1';

export interface Lived {
  /** In the order of the events. */
  readonly records: readonly DecisionRecord[];
  /** The same in the order in which they were written. */
  readonly written: readonly DecisionRecord[];
  readonly deliveries: readonly DeliveryRecord[];
  readonly outcomes: readonly Outcome[];
  /** The runs that claimed a push. */
  readonly pushed: ReadonlySet<number>;
}

/** One run of an event, from its start to its record. */
interface WorldRun {
  readonly index: number;
  readonly eventId: string;
  readonly startMs: number;
  /** Until the pod's next one starts. */
  readonly roomMs: number;
}

/**
 * @param pushedBefore which runs claimed a push of the pods: these pushes end as they did, others are sent when they are
 * claimed. Undefined: these are the pods.
 */
export async function live(
  events: readonly WorldEvent[],
  unseen: Hidden,
  rules: Ruleset,
  pushedBefore?: ReadonlySet<number>,
): Promise<Lived> {
  const timeline = createTimeline(BEGAN_MS - 60 * MINUTE_MS);
  const memory = createInMemoryClaims({ now: timeline.now });
  const records: DecisionRecord[] = [];
  const written: DecisionRecord[] = [];
  const deliveries: DeliveryRecord[] = [];
  const outcomes: Outcome[] = [];
  const pushed = new Set<number>();
  const pods = [0, 1].map(() => createPod(memory.claims, timeline));

  for (const { agoMs, coupon: of, index } of before(unseen)) {
    timeline.start(BEGAN_MS - agoMs, async () => {
      const ref = { userId: USER, eventId: `before-${String(index)}` };
      const { couponId, merchantId, title } = of;
      const push = { ...ref, couponId, merchantId, title, collapseKey: '', rulesVersion: '' };
      const envelope: PushEnvelope = { push, source: NOWHERE, traceparent: '' };
      const candidates = [{ envelope, notAfterMs: undefined }];
      await memory.claims.claim({ ref, candidates, caps: [], ttlMs: MINUTE_MS, acceptableUntilMs: 0 });
      await end(memory, ref.eventId, 'sent');
    });
  }

  async function decide(run: WorldRun): Promise<void> {
    const { index, eventId, startMs, roomMs } = run;
    const world = events[index] as WorldEvent;
    const { latitude, coupons, ...wanted } = unseen.events[index] as HiddenEvent;
    const pod = pods[world.pod] as WorldPod;
    const podMs = (): number => timeline.now() + unseen.aheadMs[world.pod];
    // An event is decided at its recorded moments, whatever the calls before it would have taken.
    const recallMs = Math.min(Math.max(0, world.recallMs), Math.floor(roomMs / 3));
    const claimMs = Math.min(wanted.claimMs, Math.floor(roomMs / 3));
    const callMs = Math.min(wanted.callMs, roomMs - recallMs - claimMs);
    const event: LocationEvent = {
      ...{ eventId, userId: USER, occurredAtMs: originOf(events, index).startMs - world.ageMs },
      ...{ latitude, longitude: 0, trigger: world.trigger, pushConsent: true },
    };
    const seen: Mutable<Seen> = {
      couponApi: 'not_asked',
      coupons,
      rules,
      pod: world.pod,
      askedMs: 0,
      atMs: 0,
    };
    const processEvent = createProcessEvent({
      documents: { rules: () => rules, findMerchant: () => undefined },
      claims: {
        recall: async (ref, caps) => {
          await timeline.until(startMs + recallMs);
          const { answer, atMs } = await pod.recall(ref, caps);
          seen.recalledMs = atMs;
          seen.askedMs = seen.atMs = podMs();
          return answer;
        },
        claim: async (request) => {
          await timeline.until(timeline.now() + claimMs);
          seen.claimedMs = timeline.now();
          const answer = await pod.claim(request);
          if (answer.kind === 'claimed') notePush(run, world.push);
          return answer;
        },
      },
      queue: { enqueue: async () => undefined },
      coupons: {
        find: async ({ staleAtMs }) => {
          if (podMs() + callMs > staleAtMs) {
            await timeline.until(timeline.now() + Math.max(0, staleAtMs - podMs()));
            seen.couponApi = 'stale';
            return { kind: 'stale' };
          }
          await timeline.until(timeline.now() + callMs);
          seen.couponApi = 'answered';
          // The filters are asked again only where there are coupons.
          if (coupons.length > 0) seen.atMs = podMs();
          return { kind: 'coupons', coupons };
        },
      },
      places: { distanceTo: () => undefined },
      meter: UNCOUNTED,
      clock: { now: podMs, sleep: async () => undefined },
      maxEventAgeMs: MAX_AGE_MS,
    });
    const outcome = await processEvent({
      ...{ event, source: NOWHERE, traceparent: '', receivedAtMs: 0, ownership: OWNED },
    });
    outcomes[index] = outcome;
    const record = recordOf(event, seen, outcome);
    records[index] = record;
    written.push(record);
  }

  function notePush({ index, eventId }: WorldRun, { outcome, afterMs }: Push): void {
    pushed.add(index);
    const isOfPods = pushedBefore === undefined || pushedBefore.has(index);
    timeline.start(timeline.now() + (isOfPods ? afterMs : 0), async () => {
      const ended = await end(memory, eventId, isOfPods ? outcome : 'sent');
      if (!isOfPods) return;
      const at = new Date(ended.atMs).toISOString();
      deliveries.push({ kind: 'delivery', v: 1, userId: USER, eventId, at, outcome: ended.outcome });
    });
  }

  for (const run of runsOf(events)) {
    const world = events[run.index] as WorldEvent;
    const pod = pods[world.pod] as WorldPod;
    timeline.start(run.startMs + world.recallMs, () =>
      pod.ahead({ userId: USER, eventId: run.eventId }, rules.caps),
    );
    timeline.start(run.startMs, () => pod.inTurn(() => decide(run)));
  }
  await timeline.play();
  return { records, written, deliveries, outcomes, pushed };
}

function before({ before: pushes }: Hidden) {
  return pushes.map((push, index) => ({ ...push, index }));
}

function originOf(events: readonly WorldEvent[], index: number): WorldRun {
  const runs = runsOf(events);
  const { eventId } = runs[index] as WorldRun;
  return runs.find((run) => run.eventId === eventId) as WorldRun;
}

function runsOf(events: readonly WorldEvent[]): readonly WorldRun[] {
  let startMs = BEGAN_MS;
  let named = 0;
  const starts = events.map((world, index) => {
    startMs += world.afterMs;
    if (!world.isAgain) named = index;
    return { index, eventId: `e-${String(named)}`, startMs };
  });
  return starts.map((run) => {
    const isNext = (other: { readonly index: number }): boolean =>
      other.index > run.index && events[other.index]?.pod === events[run.index]?.pod;
    const next = starts.find(isNext);
    return { ...run, roomMs: (next?.startMs ?? Infinity) - run.startMs };
  });
}

interface WorldPod {
  /** Looks the next event up while another one is at work. */
  ahead(ref: EventRef, caps: readonly Cap[]): Promise<void>;
  recall(ref: EventRef, caps: readonly Cap[]): Promise<TimedRecall>;
  readonly claim: Claims['claim'];
  inTurn(run: () => Promise<void>): Promise<void>;
}

interface TimedRecall {
  readonly answer: Recalled;
  readonly atMs: number;
}

/** What a pod does for one user: as `recall-ahead.ts` and the executor do it. */
function createPod(claims: Claims, { now }: Timeline): WorldPod {
  let ahead: ({ readonly eventId: string } & TimedRecall) | undefined;
  let hasRecalled = false;
  let last = Promise.resolve();
  const ask = async (ref: EventRef, caps: readonly Cap[]): Promise<TimedRecall> => ({
    ...{ answer: await claims.recall(ref, caps), atMs: now() },
  });
  return {
    async ahead(ref, caps) {
      if (hasRecalled) ahead = { eventId: ref.eventId, ...(await ask(ref, caps)) };
    },
    async recall(ref, caps) {
      const found = ahead;
      ahead = undefined;
      hasRecalled = true;
      return found?.eventId === ref.eventId && now() - found.atMs <= 1000 ? found : ask(ref, caps);
    },
    async claim(request) {
      ahead = undefined;
      return claims.claim(request);
    },
    inTurn(run) {
      last = last.then(async () => {
        await run();
        hasRecalled = false;
      });
      return last;
    },
  };
}

interface Ended {
  readonly outcome: Push['outcome'];
  readonly atMs: number;
}

async function end({ store }: InMemoryClaims, eventId: string, outcome: Push['outcome']): Promise<Ended> {
  const ref = { userId: USER, eventId };
  const made = (how: Push['outcome'], ending: Ending): Ended => {
    if (ending.kind !== 'done') throw new Error(`${eventId} can't end: ${ending.kind}`);
    return { outcome: how, atMs: ending.endedAtMs };
  };
  if (outcome === 'expired' || outcome === 'withdrawn')
    return made(outcome, await store.release(ref, outcome));
  const permission = await store.permit(ref, eventId);
  // Its time was over before.
  if (permission.kind !== 'granted') return made('expired', await store.release(ref, 'expired'));
  const { attempt } = permission;
  if (outcome === 'rejected') return made(outcome, await store.release(ref, outcome, attempt));
  return made(outcome, await store.settle(ref, attempt, outcome));
}

interface Seen {
  /** By the pod's clock. */
  readonly askedMs: number;
  readonly atMs: number;
  /** By Redis's clock. */
  readonly recalledMs?: number;
  readonly claimedMs?: number;
  readonly couponApi: DecisionRecord['couponApi'];
  readonly coupons: readonly Coupon[];
  readonly rules: Ruleset;
  readonly pod: number;
}
type Mutable<T> = { -readonly [Field in keyof T]: T[Field] };

const textOf = (atMs: number): string => new Date(atMs).toISOString();

function recordOf(event: LocationEvent, seen: Seen, outcome: Outcome): DecisionRecord {
  const { rules } = seen;
  const { couponId, merchantId } = outcome;
  return {
    kind: 'decision',
    v: 1,
    userId: event.userId,
    eventId: event.eventId,
    at: textOf(seen.atMs),
    ...(seen.atMs !== seen.askedMs && { askedAt: textOf(seen.askedMs) }),
    ...(seen.recalledMs !== undefined && { recalledAt: textOf(seen.recalledMs) }),
    ...(seen.claimedMs !== undefined && { claimedAt: textOf(seen.claimedMs) }),
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
    pod: `pod-${String(seen.pod)}`,
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
