/**
 * A decision as a line of JSON for the decision topic (`domain/decision.ts` has its form). Written without objects in
 * between, as every event has one: about 1.5 µs a coupon. What is '', 0 or false is left out, as a reader fills it in. A
 * line has at most 256 Ki characters: coupons beyond that are left out as a whole, so that no event's line holds the
 * event loop for longer than some ms, and none is larger than brokers take by default.
 */
import type { Coupon } from '../domain/coupon.ts';
import type { RecordedAnswer } from '../domain/decision.ts';
import type { LocationEvent } from '../domain/event.ts';
import type { Merchant } from '../domain/merchant.ts';
import type { CouponAnswer, Decision, DecisionSeen, DescribeDecision } from '../pipeline/ports.ts';
import { instantText } from '../runtime/instant-text.ts';
import { coordinates } from './distance.ts';
import { couponVariables, eventVariables, merchantVariables } from './language/variables.ts';

const MAX_LINE_LENGTH = 256 * 1024;
const MAX_ERROR_LENGTH = 500;
/** What JSON writes otherwise than it is. */
// eslint-disable-next-line no-control-regex -- they are what is looked for
const ESCAPED = /["\\\u0000-\u001F\uD800-\uDFFF]/;

export interface DecisionLineOptions {
  readonly pod: string;
  /** Ms; the pod's ceiling on an event's age. */
  readonly maxEventAgeMs: number;
}

export function createDescribeDecision({ pod, maxEventAgeMs }: DecisionLineOptions): DescribeDecision {
  const constant = `,"maxEventAgeMs":${String(maxEventAgeMs)},"pod":${quoted(pod)}`;
  /** Of a document's records, which stay the same objects while it is in force. */
  const merchantTexts = new WeakMap<Merchant, string>();

  function merchantText(merchantId: string, merchant: Merchant | undefined): string {
    if (merchant === undefined) return writeMerchant(merchantId, undefined);
    let text = merchantTexts.get(merchant);
    if (text === undefined) {
      text = writeMerchant(merchantId, merchant);
      merchantTexts.set(merchant, text);
    }
    return text;
  }

  /** @returns undefined where they are too many for one line. */
  function couponsText(event: LocationEvent, nowMs: number, seen: DecisionSeen): string | undefined {
    const { answer, merchants } = seen;
    if (answer?.kind !== 'coupons') return '';
    let text =
      answer.invalid === undefined || answer.invalid === 0 ? '' : `,"invalidCoupons":${answer.invalid}`;
    text += ',"coupons":[';
    for (const [at, coupon] of answer.coupons.entries()) {
      if (at > 0) text += ',';
      text += `${writeCoupon(coupon, event, nowMs)},"merchant":${merchantText(coupon.merchantId, merchants[at])}}`;
      if (text.length > MAX_LINE_LENGTH) return undefined;
    }
    return `${text}]`;
  }

  return (decision, withoutCoupons = false) => {
    const { event, seen, endedAtMs } = decision;
    const nowMs = seen.lastAskedMs ?? endedAtMs;
    const coupons = withoutCoupons ? undefined : couponsText(event, nowMs, seen);
    const couponApi = coupons === undefined ? 'too_large' : answerWord(seen.answer);
    return `${head(event, seen, nowMs)}${writeEvent(event, seen, nowMs)}${writeOutcome(decision)}${constant},"couponApi":"${couponApi}"${coupons ?? ''}}`;
  };
}

function head(
  { userId, eventId }: LocationEvent,
  { firstAskedMs, podAheadMs, recalledMs, claimedMs }: DecisionSeen,
  nowMs: number,
): string {
  let text = `{"userId":${quoted(userId)},"eventId":${quoted(eventId)},"kind":"decision","v":1,"at":"${instantText(nowMs)}"`;
  if (firstAskedMs !== undefined && firstAskedMs !== nowMs)
    text += `,"askedAt":"${instantText(firstAskedMs)}"`;
  if (recalledMs !== undefined) text += `,"recalledAt":"${instantText(recalledMs)}"`;
  if (claimedMs !== undefined) text += `,"claimedAt":"${instantText(claimedMs)}"`;
  if (podAheadMs !== 0) text += `,"podAheadMs":${podAheadMs}`;
  return text;
}

function answerWord(answer: CouponAnswer | undefined): RecordedAnswer {
  if (answer === undefined) return 'not_asked';
  return answer.kind === 'coupons' ? 'answered' : answer.kind;
}

function writeEvent(event: LocationEvent, { rules, timeZone }: DecisionSeen, nowMs: number): string {
  const local = rules.localTime(timeZone, nowMs);
  const seen = eventVariables(event, { nowMs, timeZoneKnown: timeZone !== undefined, local });
  let text = `,"event":{"trigger":"${seen.trigger}","occurredAt":"${instantText(event.occurredAtMs)}"`;
  text += `,"ageSeconds":${seen.ageSeconds},"localHour":${seen.localHour},"localWeekday":${seen.localWeekday}`;
  text += `,"timeZoneKnown":${seen.timeZoneKnown},"pushConsent":${event.pushConsent}`;
  if (timeZone !== undefined) text += `,"timeZone":${quoted(timeZone)}`;
  if (seen.hasAccuracy) text += `,"hasAccuracy":true,"accuracyMeters":${seen.accuracyMeters}`;
  if (seen.merchantId !== '') text += `,"merchantId":${quoted(seen.merchantId)}`;
  if (seen.locale !== '') text += `,"locale":${quoted(seen.locale)}`;
  return `${text}}`;
}

/** Without its end, before which its merchant goes. */
function writeCoupon(coupon: Coupon, event: LocationEvent, nowMs: number): string {
  const seen = couponVariables(coupon, coordinates.distanceTo(event, coupon), nowMs);
  let text = `{"couponId":${quoted(seen.couponId)},"merchantId":${quoted(seen.merchantId)},"title":${quoted(seen.title)}`;
  if (seen.body !== '') text += `,"body":${quoted(seen.body)}`;
  if (seen.category !== '') text += `,"category":${quoted(seen.category)}`;
  if (seen.deepLink !== '') text += `,"deepLink":${quoted(seen.deepLink)}`;
  if (seen.hasDiscountPercent) text += `,"hasDiscountPercent":true,"discountPercent":${seen.discountPercent}`;
  if (seen.hasLocation) text += `,"hasLocation":true,"distanceMeters":${seen.distanceMeters}`;
  if (seen.hasValidFrom) text += `,"hasValidFrom":true,"validFrom":"${seen.validFrom}"`;
  if (seen.hasValidUntil) {
    text += `,"hasValidUntil":true,"validUntil":"${seen.validUntil}","remainingSeconds":${seen.remainingSeconds}`;
  }
  return text;
}

function writeMerchant(merchantId: string, merchant: Merchant | undefined): string {
  const seen = merchantVariables(merchantId, merchant);
  let text = `{"merchantId":${quoted(seen.merchantId)}`;
  if (seen.known) text += ',"known":true';
  if (seen.name !== '') text += `,"name":${quoted(seen.name)}`;
  if (seen.tier !== '') text += `,"tier":${quoted(seen.tier)}`;
  if (seen.category !== '') text += `,"category":${quoted(seen.category)}`;
  if (seen.timeZone !== '') text += `,"timeZone":${quoted(seen.timeZone)}`;
  if (seen.active) text += ',"active":true';
  return `${text}}`;
}

function writeOutcome({ outcome, seen }: Decision): string {
  const { kind, couponId, merchantId } = outcome;
  const { rulesVersion = seen.rules.version } = outcome;
  // Where the outcome names its rules, it names its rules' hash, or a pod chose it that knew none.
  const rulesHash = outcome.rulesVersion === undefined ? seen.rules.hash : (outcome.rulesHash ?? '');
  let text = `,"outcome":"${kind}","rulesVersion":${quoted(rulesVersion)},"rulesHash":${quoted(rulesHash)}`;
  if (kind !== 'queued') text += `,"reason":"${outcome.reason}"`;
  if (kind === 'filtered') text += `,"rule":${quoted(outcome.rule)}`;
  if (kind === 'dead_lettered') text += `,"error":${quoted(outcome.error.slice(0, MAX_ERROR_LENGTH))}`;
  if (couponId !== undefined) text += `,"couponId":${quoted(couponId)}`;
  if (merchantId !== undefined) text += `,"merchantId":${quoted(merchantId)}`;
  return text;
}

function quoted(text: string): string {
  return ESCAPED.test(text) ? JSON.stringify(text) : `"${text}"`;
}
