/** Why an example ended as it did: the check that decided, with the values that it saw. A few lines of plain words. */
import type { Coupon } from '../../domain/coupon.ts';
import type { FilterReason } from '../../domain/outcome.ts';
import type { Exclusion } from '../../pipeline/ports.ts';
import { coordinates } from '../../rules/distance.ts';
import { formatDuration } from '../../rules/document/duration.ts';
import type { RulesDocument } from '../../rules/document/schema.ts';
import { couponVariables, eventVariables, merchantVariables } from '../../rules/language/variables.ts';
import { createLocalTime } from '../../rules/local-time.ts';
import { rolloutPosition } from '../../rules/rollout.ts';
import { utcOffsetMs } from '../../rules/time-zone.ts';
import type { Decision } from '../decide.ts';
import type { Given } from './situation.ts';

export function explain(document: RulesDocument, given: Given, decision: Decision): readonly string[] {
  const { outcome, ranking } = decision;
  if (outcome.kind === 'dead_lettered') return [outcome.error];
  if (outcome.kind === 'filtered' && outcome.reason !== 'rules_excluded') {
    return [SAYS[outcome.reason]({ document, given, decision, rule: outcome.rule })];
  }
  return [
    ...(ranking?.candidates ?? []).map(
      ({ coupon, score }) => `${coupon.couponId}: score ${String(Number(score.toFixed(3)))}`,
    ),
    ...(ranking?.exclusions ?? []).map((exclusion) => sayExclusion(document, given, exclusion)),
  ];
}

interface Scene {
  readonly document: RulesDocument;
  readonly given: Given;
  readonly decision: Decision;
  readonly rule: string;
}

const SAYS: Readonly<Record<Exclude<FilterReason, 'rules_excluded'>, (scene: Scene) => string>> = {
  disabled: () => 'enabled: false pushes nothing',
  no_consent: () => 'the event says pushConsent: false',
  stale: ({ given: { nowMs, event, maxEventAgeMs }, document, rule }) =>
    rule === 'event.maxAge' || rule === 'MAX_EVENT_AGE_MS'
      ? `the event is ${formatDuration(nowMs - event.occurredAtMs)} old, ${rule} is ${document.event?.maxAge ?? formatDuration(maxEventAgeMs)}`
      : `the push’s time would be over at once: ${rule}`,
  trigger: ({ given: { event }, document }) =>
    `the trigger is ${event.trigger}, event.triggers are ${(document.event?.triggers ?? []).join(', ')}`,
  inaccurate: ({ given: { event }, document }) =>
    `accuracyMeters is ${String(event.accuracyMeters)}, event.maxAccuracyMeters is ${String(document.event?.maxAccuracyMeters)}`,
  not_in_rollout: ({ given: { event }, document: { rollout } }) =>
    `${event.userId} stands at ${rolloutPosition(rollout?.salt ?? '', event.userId).toFixed(2)} of 100, rollout.percent is ${String(rollout?.percent)}`,
  quiet_hours: ({ given, document: { quietHours } }) =>
    `it is ${wallClock(given, quietHours?.unknownTimeZone)}, quietHours are ${quietHours?.from ?? ''} to ${quietHours?.to ?? ''}`,
  cooldown: ({ decision, document, rule }) => {
    const index = Number(/\d+/.exec(rule)?.[0]);
    const cap = document.caps[index];
    const asked = decision.caps.filter((check) => check.cap === index);
    const most = Math.max(0, ...asked.map(({ counted }) => counted));
    return `${rule}: ${String(most)} of at most ${String(cap?.max)} per ${cap?.per ?? ''} in ${cap?.window ?? ''} are taken`;
  },
  no_coupons: () => 'there are no coupons',
};

function wallClock({ event, nowMs, findMerchant }: Given, unknownTimeZone: string | undefined): string {
  const own = event.timeZone ?? findMerchant(event.merchantId ?? '')?.timeZone;
  const zone = own ?? unknownTimeZone;
  if (zone === undefined || zone === 'suppress') return 'an unknown time zone';
  const wall = new Date(nowMs + utcOffsetMs(zone, nowMs)).toISOString().slice(11, 16);
  return `${wall} in ${zone}${own === undefined ? ' (unknownTimeZone)' : ''}`;
}

function sayExclusion(document: RulesDocument, given: Given, { couponId, rule, error }: Exclusion): string {
  const broken = document.rules?.find(({ id }) => id === rule);
  const coupons = given.coupons.kind === 'coupons' ? given.coupons.coupons : [];
  const coupon = coupons.find((one) => one.couponId === couponId);
  if (error !== undefined) return `${couponId}: excluded, as ${rule} failed: ${error}`;
  if (coupon === undefined) return `${couponId}: excluded by ${rule}`;
  const values = valuesOf(broken?.when ?? LIMIT_VALUES[rule] ?? '', document, given, coupon);
  return `${couponId}: excluded by ${rule}${broken === undefined ? '' : ` (${broken.when})`}${values === '' ? '' : `: ${values}`}`;
}

/** The variables that a built-in limit looks at. */
const LIMIT_VALUES: Readonly<Record<string, string>> = {
  'merchants.deny': 'coupon.merchantId',
  'merchants.allow': 'coupon.merchantId',
  'merchant.active': 'merchant.active',
  'coupon.validFrom': 'coupon.validFrom',
  'coupon.validUntil': 'coupon.validUntil',
  'coupon.minDiscountPercent': 'coupon.discountPercent',
  'coupon.maxDistanceMeters': 'coupon.distanceMeters',
  'coupon.minRemaining': 'coupon.remainingSeconds',
};

function valuesOf(condition: string, document: RulesDocument, given: Given, coupon: Coupon): string {
  const { event, nowMs, findMerchant } = given;
  const timeZone = event.timeZone ?? findMerchant(event.merchantId ?? '')?.timeZone;
  const local = createLocalTime(document.quietHours)(timeZone, nowMs);
  const distance = coordinates.distanceTo(event, coupon);
  const variables: Readonly<Record<string, object>> = {
    event: eventVariables(event, { nowMs, timeZoneKnown: timeZone !== undefined, local }),
    coupon: couponVariables(coupon, distance, nowMs),
    merchant: merchantVariables(coupon.merchantId, findMerchant(coupon.merchantId)),
  };
  const names = new Set(condition.match(/\b(?:event|coupon|merchant)\.\w+/g));
  return [...names]
    .map((name) => {
      const [of = '', field = ''] = name.split('.');
      return `${name} is ${JSON.stringify(Reflect.get(variables[of] ?? {}, field))}`;
    })
    .join(', ');
}
