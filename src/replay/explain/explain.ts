/**
 * An event's decision in words, stage by stage. Every verdict is what the deciding code did, as the trace heard it; the
 * values are those that it was given.
 */
import type { LocationEvent } from '../../domain/event.ts';
import type { FilterReason, Outcome } from '../../domain/outcome.ts';
import type { PushText, Ruleset } from '../../pipeline/ports.ts';
import type { RulesDocument } from '../../rules/document/schema.ts';
import { explainCaps } from './explain-caps.ts';
import { explainCoupon, type CouponScene } from './explain-coupon.ts';
import { explainFilters, zoneOf } from './explain-filters.ts';
import type { Check, ExplainedCoupon, Explanation } from './explanation.ts';
import type { Trace } from './trace.ts';
import { countText, momentText } from './words.ts';

export interface Decided {
  readonly document: RulesDocument;
  readonly rules: Pick<Ruleset, 'version' | 'hash'>;
  readonly event: LocationEvent;
  /** Epoch ms. */
  readonly nowMs: number;
  readonly trace: Trace;
  /** Undefined: it hangs on what is not given. */
  readonly outcome: Outcome | undefined;
  readonly push?: (PushText & { readonly expiresAtMs?: number }) | undefined;
  /** Coordinates are not known. */
  readonly hidesPlaces?: boolean;
  /** What is taken for granted, or not known. */
  readonly notes?: readonly string[];
}

export function explainDecision(decided: Decided): Explanation {
  const { document, rules, event, nowMs, trace, outcome, push, notes = [] } = decided;
  const zone = localZone(decided);
  const stoppedBy = outcome?.kind === 'filtered' ? outcome.reason : undefined;
  const filters = explainFilters(trace.checks, { document, event, stoppedBy });
  const scene: CouponScene = {
    ...{ document, trace, outcome, zone },
    locale: event.locale,
    hidesPlaces: decided.hidesPlaces ?? false,
  };
  const coupons = couponsOf(decided, scene);
  const checks: readonly Check[] = [
    { name: 'validation', verdict: 'passed', says: 'every field keeps to its rule' },
    ...filters,
    ...explainUserCaps(decided, zone),
    explainAnswer(trace),
  ];
  const { says, needs } = sayEnd({ decided, checks, coupons, zone });
  return {
    rules: { version: rules.version, hash: rules.hash },
    event: { userId: event.userId, eventId: event.eventId },
    at: new Date(nowMs).toISOString(),
    ...(zone !== undefined && { localTime: momentText(nowMs, zone) }),
    outcome,
    summary: says,
    ...(needs !== undefined && { needs }),
    ...(push !== undefined && {
      push: {
        title: push.title,
        ...(push.body !== undefined && { body: push.body }),
        ...(push.deepLink !== undefined && { deepLink: push.deepLink }),
      },
    }),
    notes,
    checks,
    coupons,
  };
}

/** An event that validation refused. */
export function explainRefused(
  rules: Pick<Ruleset, 'version' | 'hash'>,
  refused: { readonly eventId: string; readonly userId: string | undefined; readonly outcome: Outcome },
): Explanation {
  const { eventId, userId, outcome } = refused;
  const says = outcome.kind === 'dead_lettered' ? outcome.error : '';
  const needs = 'an event whose fields are as deploy/README.md says';
  return {
    rules: { version: rules.version, hash: rules.hash },
    event: { userId, eventId },
    at: undefined,
    outcome,
    summary: `No push: pods take it for no event, and put it into the dead-letter topic: ${says}`,
    needs,
    notes: [],
    checks: [{ name: 'validation', verdict: 'stopped', says, needs }],
    coupons: [],
  };
}

/** Whose clock the user has, as far as the filters came to it. */
function localZone({ document, event, trace }: Decided): string | undefined {
  const asked = trace.checks.find(({ reason }) => reason === 'quiet_hours');
  const own = asked?.reason === 'quiet_hours' ? asked.timeZone : event.timeZone;
  return zoneOf(own, document.quietHours?.unknownTimeZone);
}

function couponsOf({ trace }: Decided, scene: CouponScene): readonly ExplainedCoupon[] {
  const { ranking, answer } = trace;
  const judged = trace.coupons.map((traced) => explainCoupon(traced, scene));
  const inOrder = judged.toSorted((a, b) => (a.place ?? Infinity) - (b.place ?? Infinity));
  if (ranking === undefined || answer?.kind !== 'coupons') return inOrder;
  // They have their turns in order; once the time is over, none of the rest has one.
  const left = answer.coupons.slice(trace.coupons.length);
  return [
    ...inOrder,
    ...left.map((coupon) =>
      explainCoupon(
        {
          judged: { coupon, merchant: undefined, distanceMeters: undefined, nowMs: 0 },
          ...{ limits: [], rules: [], score: undefined, texts: [] },
        },
        scene,
      ),
    ),
  ];
}

/** They are looked at before the filters, and count where the event has come past the others. */
function explainUserCaps({ document, trace }: Decided, zone: string | undefined): readonly Check[] {
  const caps = explainCaps(
    document,
    trace.caps.filter(({ couponId }) => couponId === undefined),
    zone,
  );
  if (trace.checks.some(({ reason }) => reason === 'cooldown')) return caps;
  return caps.map(({ name }): Check => ({ name, verdict: 'not_asked', says: '' }));
}

function explainAnswer({ wasApiAsked, answer }: Trace): Check {
  const name = 'coupons';
  if (!wasApiAsked) return { name, verdict: 'not_asked', says: '' };
  if (answer === undefined) {
    return {
      name,
      verdict: 'not_known',
      says: 'which coupons the API has for this place is not known',
      needs: '`coupons` beside `event`, as examples have them',
    };
  }
  switch (answer.kind) {
    case 'coupons': {
      const { coupons, invalid = 0 } = answer;
      const broken = invalid === 0 ? '' : `, and ${numberOf(invalid)} that broke the schema`;
      if (coupons.length > 0) {
        return { name, verdict: 'passed', says: `the API answered ${numberOf(coupons.length)}${broken}` };
      }
      const says =
        invalid === 0
          ? 'the API has none for this place'
          : `the API answered none that keeps to its schema${broken}`;
      return { name, verdict: 'stopped', says, needs: 'a coupon for this place' };
    }
    case 'stale':
      return {
        name,
        verdict: 'stopped',
        says: 'the API had not answered when the event was too old',
        needs: 'an earlier answer',
      };
    case 'rejected':
    case 'failed':
      return {
        name,
        verdict: 'stopped',
        says: `the API ${answer.kind === 'rejected' ? 'refused the call' : 'failed'}: ${answer.error}`,
        needs: 'an answer with coupons',
      };
  }
}

function numberOf(count: number): string {
  return countText(count, 'coupon');
}

interface End {
  readonly decided: Decided;
  readonly checks: readonly Check[];
  readonly coupons: readonly ExplainedCoupon[];
  readonly zone: string | undefined;
}

interface SaidEnd {
  readonly says: string;
  readonly needs: string | undefined;
}

/** A check stopped the event as a whole. */
const byCheck = ({ checks }: End): SaidEnd => {
  const stop = checks.find(({ verdict }) => verdict === 'stopped');
  return { says: stop === undefined ? '' : `${stop.name}: ${stop.says}`, needs: stop?.needs };
};
/** Each coupon fell out for itself. */
const byCoupons = ({ coupons }: End): SaidEnd => {
  const [first] = coupons;
  const only = coupons.length === 1 ? first : undefined;
  if (only !== undefined) return { says: `the only coupon ${only.couponId} ${only.says}`, needs: only.needs };
  const says = coupons.slice(0, 3).map(({ couponId, says: why }) => `${couponId} ${why}`);
  const more = coupons.length > 3 ? `; and ${numberOf(coupons.length - 3)} more` : '';
  return { says: `none of ${numberOf(coupons.length)} is left: ${says.join('; ')}${more}`, needs: undefined };
};
const byCheckOrCoupons = (end: End): SaidEnd =>
  end.checks.some(({ verdict }) => verdict === 'stopped') ? byCheck(end) : byCoupons(end);

const ENDS: Readonly<Record<FilterReason, (end: End) => SaidEnd>> = {
  disabled: byCheck,
  no_consent: byCheck,
  stale: byCheckOrCoupons,
  trigger: byCheck,
  inaccurate: byCheck,
  not_in_rollout: byCheck,
  quiet_hours: byCheck,
  cooldown: byCheckOrCoupons,
  no_coupons: byCheck,
  rules_excluded: byCoupons,
};

function sayEnd(end: End): SaidEnd {
  const { outcome, push } = end.decided;
  if (outcome === undefined) {
    const open = end.checks.find(({ verdict }) => verdict === 'not_known');
    return { says: `Not known${open === undefined ? '' : `: ${open.says}`}`, needs: open?.needs };
  }
  if (outcome.kind === 'queued') {
    const until =
      push?.expiresAtMs === undefined ? '' : `, to be sent by ${momentText(push.expiresAtMs, end.zone)}`;
    return {
      says: `A push: coupon ${outcome.couponId ?? ''} of ${outcome.merchantId ?? ''}${until}`,
      needs: undefined,
    };
  }
  if (outcome.kind === 'dead_lettered') {
    const { says, needs } = byCheck(end);
    return { says: `No push: ${says === '' ? outcome.error : says}`, needs };
  }
  const { says, needs } = ENDS[outcome.reason](end);
  return { says: `No push: ${says}`, needs };
}
