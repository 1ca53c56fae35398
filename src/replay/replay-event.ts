/**
 * A recorded event, decided by other rules through the code that pods run (`pipeline/process-event.ts`). It is asked
 * twice where the user's pushes are not all known: counting what surely counts, and all that may. Guarantee: an answer
 * that is known is the same whatever the recording does not say; one that is not has its bounds.
 */
import type { PushSubject } from '../domain/cap.ts';
import type { Outcome } from '../domain/outcome.ts';
import type { PushEnvelope } from '../domain/push.ts';
import type { CouponAnswer, CouponQuery, PushText, Ruleset } from '../pipeline/ports.ts';
import { createProcessEvent } from '../pipeline/process-event.ts';
import type { EventCheck } from '../pipeline/steps/apply-event-filters.ts';
import { CANDIDATES_A_CLAIM } from '../pipeline/steps/claim-push.ts';
import { anyPush, isSameOutcome, type Answer, type UnknownBecause } from './answer.ts';
import { NOWHERE, OWNED, UNCOUNTED } from './given-run.ts';
import type { PushHistory } from './push-history.ts';
import type { RecordedCoupon, RecordedEvent } from './recorded-event.ts';
import { createReplayedClaims, type AskedSoFar, type End, type ReplayedCap } from './replayed-claims.ts';

export interface ReplayedDecision {
  readonly answer: Answer;
  /** What was claimed, where that is known. */
  readonly envelope: PushEnvelope | undefined;
}

/** One event at a time. */
export type ReplayEvent = (event: RecordedEvent, history: PushHistory) => Promise<ReplayedDecision>;

export interface ReplayOptions {
  /** Epoch ms until which pods waited for the event's coupons, or would have. */
  readonly waitedUntil: (event: RecordedEvent) => Waited;
  /** Hears what is asked, for whoever explains an event. */
  readonly witness?: ReplayWitness | undefined;
}

export interface ReplayWitness {
  /** An event is decided from the top: what was heard before is of no account. */
  begin(event: RecordedEvent): void;
  filter(check: EventCheck): void;
  couponsAsked(): void;
  couponsAnswered(answer: CouponAnswer): void;
  cap(check: ReplayedCap): void;
}

/** Epoch ms; both are the same where the rules that pods decided by are known. */
export interface Waited {
  readonly fromMs: number;
  readonly untilMs: number;
}

/** Ends a run whose answer hangs on what is not recorded. */
class NotRecorded extends Error {}
const NOT_RECORDED = new NotRecorded('what the coupon API would have answered is not recorded');
const NOBODY: PushHistory = { entries: [], before: undefined };

interface Run {
  /** Undefined: it hangs on what is not recorded. */
  readonly outcome: Outcome | undefined;
  readonly because: UnknownBecause | undefined;
  readonly soFar: AskedSoFar;
  readonly envelope: PushEnvelope | undefined;
}

export function createReplayEvent(rules: Ruleset, options: ReplayOptions): ReplayEvent {
  const { witness } = options;
  let now: RecordedEvent;
  let history = NOBODY;
  let isAnswered = false;
  const noted: { because: UnknownBecause | undefined } = { because: undefined };
  let claimed: PushEnvelope | undefined;

  const becauseSoFar = (): UnknownBecause | undefined => noted.because;
  const clockMs = (): number => (isAnswered ? now.atMs : now.askedAtMs);
  const claims = createReplayedClaims({
    historyOf: () => history,
    asked: (where) => ({ at: now[where], pod: now.record.pod }),
    onClaimed: (_, envelope) => {
      claimed = envelope;
    },
    noteCap: witness && ((check) => witness.cap(check)),
  });
  const processEvent = createProcessEvent({
    documents: {
      rules: () => rules,
      findMerchant: (merchantId) => now.coupons.find((coupon) => coupon.merchantId === merchantId)?.merchant,
    },
    claims,
    queue: { enqueue: () => DONE },
    coupons: {
      find: async (query) => {
        witness?.couponsAsked();
        const answer = recordedAnswerTo(query);
        witness?.couponsAnswered(answer);
        return answer;
      },
    },
    places: {
      distanceTo: (_, coupon) => (coupon as RecordedCoupon).distanceMeters,
      noteUnknown: () => {
        noted.because ??= 'coordinates';
      },
    },
    meter: {
      ...UNCOUNTED,
      ruleExcluded: ({ rule, error }) => {
        if (rule === 'rules' && error !== undefined) noted.because ??= 'time';
      },
    },
    clock: { now: clockMs, sleep: () => DONE },
    get maxEventAgeMs() {
      return now.record.maxEventAgeMs;
    },
    podAheadMs: () => now.podAheadMs,
    hearCheck: witness && ((check) => witness.filter(check)),
  });

  function recordedAnswerTo({ staleAtMs }: CouponQuery): CouponAnswer {
    const { couponApi, invalidCoupons, error = '' } = now.record;
    const { fromMs, untilMs } = options.waitedUntil(now);
    if (couponApi === 'not_asked' || couponApi === 'too_large') return giveUp('coupons');
    if (couponApi === 'stale') return staleAtMs > fromMs ? giveUp('stale') : { kind: 'stale' };
    // A call is given up when its event is too old. Only where coupons came is it recorded when that was.
    if (now.coupons.length > 0 && now.atMs > staleAtMs) return { kind: 'stale' };
    if (couponApi === 'answered' && now.coupons.length === 0 && staleAtMs < untilMs) return giveUp('call');
    isAnswered = true;
    if (couponApi !== 'answered') return { kind: couponApi, error };
    return {
      kind: 'coupons',
      coupons: now.coupons,
      ...(invalidCoupons !== undefined && { invalid: invalidCoupons }),
    };
  }

  function giveUp(reason: UnknownBecause): never {
    noted.because = reason;
    throw NOT_RECORDED;
  }

  async function run(end: End): Promise<Run> {
    const soFar = claims.countAs(end);
    witness?.begin(now);
    isAnswered = false;
    noted.because = undefined;
    claimed = undefined;
    try {
      const outcome = await processEvent({
        event: now.event,
        source: NOWHERE,
        traceparent: '',
        receivedAtMs: 0,
        ownership: OWNED,
      });
      // What comes of a condition on an unknown coordinate means nothing, and what follows from it neither.
      const because = becauseSoFar();
      return { outcome: because === undefined ? outcome : undefined, because, soFar, envelope: claimed };
    } catch (error) {
      if (error !== NOT_RECORDED) throw error;
      return { outcome: undefined, because: noted.because, soFar, envelope: undefined };
    }
  }

  return async (event, pushes) => {
    now = event;
    history = pushes;
    const least = await run('least');
    if (!least.soFar.differs && least.outcome !== undefined) {
      return { answer: knownAs(least.outcome, least.envelope), envelope: least.envelope };
    }
    const most = least.soFar.differs ? await run('most') : least;
    return between(event, least, most);
  };
}

const DONE = Promise.resolve();

function knownAs(outcome: Outcome, envelope: PushEnvelope | undefined): Answer {
  return { kind: 'known', outcome, text: envelope === undefined ? undefined : textOf(envelope) };
}

function between(event: RecordedEvent, least: Run, most: Run): ReplayedDecision {
  const [fewest, all] = [least.outcome, most.outcome];
  if (fewest !== undefined && all !== undefined && isSameOutcome(fewest, all)) {
    return { answer: knownAs(fewest, least.envelope), envelope: least.envelope };
  }
  if (least.soFar.isOwnUnsure || most.soFar.isOwnUnsure) {
    return { answer: anyPush('pushes'), envelope: undefined };
  }
  const isSure = fewest?.kind === 'queued' && all?.kind === 'queued';
  const isNone = fewest === undefined ? least.because === 'call' : fewest.kind !== 'queued';
  const answer: Answer = {
    kind: 'unknown',
    because: least.because ?? most.because ?? becauseOfCaps(least.soFar, most.soFar, fewest, all),
    isPushed: isSure ? 'surely' : isNone ? 'no' : 'maybe',
    pushes: isNone ? [] : pushesOf(event, least),
    possible: [fewest, all].filter((outcome) => outcome !== undefined),
  };
  return { answer, envelope: undefined };
}

function pushesOf({ coupons, record }: RecordedEvent, least: Run): readonly PushSubject[] | undefined {
  // What an unknown condition lets through may be any of the coupons, where they were answered.
  if (least.outcome === undefined) return record.couponApi === 'answered' ? coupons : undefined;
  // Claimed from a part of the coupons: others may come after.
  return coupons.length > CANDIDATES_A_CLAIM ? coupons : least.soFar.claimable;
}

function becauseOfCaps(
  least: AskedSoFar,
  most: AskedSoFar,
  fewest: Outcome | undefined,
  all: Outcome | undefined,
): UnknownBecause {
  const isLate = [fewest, all].some((outcome) => outcome?.kind === 'filtered' && outcome.reason === 'stale');
  if (isLate) return 'clocks';
  return least.hangsOnBefore || most.hangsOnBefore ? 'before' : 'pushes';
}

function textOf({ push: { title, body, deepLink } }: PushEnvelope): PushText {
  return { title, ...(body !== undefined && { body }), ...(deepLink !== undefined && { deepLink }) };
}
