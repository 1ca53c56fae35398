/**
 * The whole business in one screen: what happens to a valid event, in order. Each step returns what the next
 * one needs or the event's outcome. A thrown error means "not decided": running this again from the top is
 * always safe, because the event's own record answers first.
 */
import type { LocationEvent } from '../domain/event.ts';
import { passFailpoint } from '../runtime/failpoints.ts';
import type { Outcome } from '../domain/outcome.ts';
import type { EventSource } from '../domain/record.ts';
import type {
  Claims,
  CouponAnswer,
  CouponQuery,
  CouponSource,
  Documents,
  FlowMeter,
  PushQueue,
  Ruleset,
  Stage,
} from './ports.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Ownership } from '../domain/ownership.ts';
import { applyRules } from './steps/apply-rules.ts';
import { claimPush } from './steps/claim-push.ts';
import { judgeAnswer } from './steps/require-coupons.ts';
import { queuedAs } from './steps/step.ts';
import { takeUpAgain } from './steps/resume-claim.ts';
import { refuseEarly, staleAt } from './steps/apply-event-filters.ts';

export interface ProcessPorts {
  readonly documents: Documents;
  readonly claims: Claims;
  readonly queue: PushQueue;
  readonly coupons: CouponSource;
  readonly meter: FlowMeter;
  readonly clock: Clock;
  /** Ms; the ceiling on an event's age, whatever the rules say. */
  readonly maxEventAgeMs: number;
  /**
   * Ms that this pod's clock is ahead of Redis's, negative where it is behind. An event is too old or too far ahead
   * only if both say so. Default: they agree.
   */
  readonly podAheadMs?: () => number;
}

export interface EventContext {
  readonly source: EventSource;
  readonly traceparent: string;
  /** When it came into the pod, `performance.now()`. */
  readonly receivedAtMs: number;
  /** Set while a large answer's coupons are held: to be called once this run has ended, whatever with. */
  letGo?: (() => void) | undefined;
}

/**
 * @throws UnavailableError where a service is away, AbandonedError where ownership is revoked before the claim;
 * anything else is a defect of ours.
 */
export async function processEvent(
  event: LocationEvent,
  context: EventContext,
  ownership: Ownership,
  ports: ProcessPorts,
): Promise<Outcome> {
  const { source, traceparent, receivedAtMs } = context;
  const { clock, meter, documents } = ports;
  let rules = documents.rules();
  const atFirst = staleAt(event, rules, ports);

  const lap = startLaps(meter);
  // Also peeks at the user's caps, which only saves coupon calls: the claim decides.
  const recalled = await ports.claims.recall(event, rules.caps);
  if (recalled.kind === 'known') {
    const outcome = await takeUpAgain(event, recalled, ownership, ports.queue);
    lap('recall');
    return outcome;
  }
  lap('recall');

  const timeZone =
    event.timeZone ??
    (event.merchantId === undefined ? undefined : documents.findMerchant(event.merchantId)?.timeZone);
  const early = { nowMs: clock.now(), timeZone, staleAt: atFirst, fullCap: recalled.fullCap };
  const refused = refuseEarly(event, rules, early);
  if (refused.ended) return refused.outcome;

  const { partition } = source;
  const query = { event, traceparent, staleAtMs: atFirst.atMs, receivedAtMs, partition };
  let answer = await ports.coupons.find(query, ownership);
  if (answer.kind === 'stale') answer = await askOnWhileFresh(query, rules, ownership, ports);
  if (answer.kind === 'coupons') context.letGo = answer.release;
  const found = judgeAnswer(answer, rules, atFirst);
  lap('coupons');
  if (found.ended) return found.outcome;

  // The call may have been waited out for minutes: what is true now counts, by the rules that are in force now.
  rules = documents.rules();
  const nowMs = clock.now();
  const inForce = { ...early, nowMs, staleAt: staleAt(event, rules, ports) };
  const undisturbed = refuseEarly(event, rules, inForce);
  if (undisturbed.ended) return undisturbed.outcome;

  const inRules = { nowMs, timeZone, findMerchant: documents.findMerchant };
  const ranking = applyRules(event, found.value, rules, inRules, meter);
  const ranked = ranking instanceof Promise ? await ranking : ranking;
  lap('rules');
  if (ranked.ended) return ranked.outcome;

  // By Redis's clock, as the record is kept: where that is ahead, the event is accepted for so much longer.
  const acceptableUntilMs =
    event.occurredAtMs + ports.maxEventAgeMs + Math.max(0, -(ports.podAheadMs?.() ?? 0));
  const inClaim = { source, traceparent, quietFromMs: undisturbed.value.quietFromMs, acceptableUntilMs };
  const claimed = await claimPush(event, ranked.value, rules, inClaim, ownership, ports.claims);
  lap('claim');
  if (claimed.ended) return claimed.outcome;

  ownership.assertOwned();
  await ports.queue.enqueue(event);
  passFailpoint('enqueue.done', event);
  lap('enqueue');
  return queuedAs(claimed.value);
}

/** A clock that was set while the call was waited for makes nothing stale that the other clock does not. */
async function askOnWhileFresh(
  query: CouponQuery,
  rules: Ruleset,
  ownership: Ownership,
  ports: ProcessPorts,
): Promise<CouponAnswer> {
  for (let { staleAtMs } = query; ;) {
    const { atMs } = staleAt(query.event, rules, ports);
    if (atMs <= staleAtMs || ports.clock.now() >= atMs) return { kind: 'stale' };
    staleAtMs = atMs;
    const answer = await ports.coupons.find({ ...query, staleAtMs }, ownership);
    if (answer.kind !== 'stale') return answer;
  }
}

/** Tells the meter how long a step took: from the last call (or the start) to this one. */
function startLaps(meter: FlowMeter): (stage: Stage) => void {
  let sinceMs = performance.now();
  return (stage) => {
    const nowMs = performance.now();
    meter.stage(stage, nowMs - sinceMs);
    sinceMs = nowMs;
  };
}
