/** Which sides of a document's points examples have shown. */
import type { FilterReason, Outcome } from '../../domain/outcome.ts';
import { capName } from '../../pipeline/steps/apply-event-filters.ts';
import { durationMs } from '../../rules/document/duration.ts';
import { formatPath } from '../../rules/document/problem.ts';
import type { RulesDocument } from '../../rules/document/schema.ts';
import type { RulesWitness } from '../../rules/witness.ts';
import type { Decision } from '../decide.ts';
import type { Given } from './situation.ts';
import { listPoints, type Point, type Side } from './coverage-points.ts';

export interface Coverage {
  readonly sides: number;
  readonly shown: number;
  readonly missing: readonly Missing[];
}

export interface Missing {
  readonly point: Point;
  readonly side: Side;
}

export interface CoverageWatch {
  /** For the ruleset that the examples are tried with. */
  readonly witness: RulesWitness;
  /** After each example. */
  note(given: Given, decision: Decision): void;
  read(): Coverage;
}

/** The settings that stop an event before the coupons, in the order in which they are asked. */
const FILTERS = [
  'event.maxAge',
  'event.triggers',
  'event.maxAccuracyMeters',
  'rollout',
  'quietHours',
] as const;
/** No settings of the document, or none that lets anything pass; what stands behind them is not asked. */
const UNTOLD = ['enabled', 'pushConsent', 'MAX_EVENT_AGE_MS'];
const PAST_THEM: readonly FilterReason[] = ['cooldown', 'no_coupons', 'rules_excluded'];
const DEFAULT_TTL = '30m';

export function watchCoverage(document: RulesDocument): CoverageWatch {
  const shown = new Set<string>();
  const show = (path: string, side: Side): unknown => shown.add(`${path} ${side}`);

  /** @returns whether the event has passed all of them. */
  function noteFilters({ event }: Given, outcome: Outcome): boolean {
    const hasAccuracy = event.accuracyMeters !== undefined;
    const stop = outcome.kind === 'filtered' && !PAST_THEM.includes(outcome.reason) ? outcome : undefined;
    if (stop !== undefined && UNTOLD.includes(stop.rule)) return false;
    const at = FILTERS.findIndex((filter) => filter === stop?.rule);
    // A push whose time would be over has passed them all.
    if (at === -1 || (stop?.reason === 'stale' && stop.rule === 'quietHours')) {
      notePassed(FILTERS, hasAccuracy);
      return true;
    }
    show(FILTERS[at] as string, 'cutting');
    notePassed(FILTERS.slice(0, at), hasAccuracy);
    return false;
  }

  /** An event without an accuracy has not shown that the limit lets any pass. */
  function notePassed(filters: readonly (typeof FILTERS)[number][], hasAccuracy: boolean): void {
    for (const filter of filters) {
      if (filter !== 'event.maxAccuracyMeters' || hasAccuracy) show(filter, 'passing');
    }
  }

  function noteZone({ event, findMerchant }: Given, outcome: Outcome): void {
    const known = event.timeZone ?? findMerchant(event.merchantId ?? '')?.timeZone;
    const isAsked =
      outcome.kind !== 'filtered' || outcome.rule === 'quietHours' || PAST_THEM.includes(outcome.reason);
    if (isAsked && known === undefined) show('quietHours.unknownTimeZone', 'used');
  }

  return {
    witness: {
      limit: (path, _couponId, isBroken) => void show(path, isBroken ? 'cutting' : 'passing'),
      rule: (index, _couponId, holds) => void show(`rules[${String(index)}]`, holds ? 'true' : 'false'),
      text: (path) => void show(path, 'used'),
    },
    note(given, { outcome, caps, push }) {
      const hasPassed = noteFilters(given, outcome);
      noteZone(given, outcome);
      // Also asked, to save a round trip, of events that are filtered then.
      for (const { cap, counted } of hasPassed ? caps : []) {
        show(capName(cap), counted >= (document.caps[cap]?.max ?? 0) ? 'cutting' : 'passing');
      }
      const ttlMs = durationMs(document.push?.ttl ?? DEFAULT_TTL);
      if (push?.expiresAtMs === given.nowMs + ttlMs) show('push.ttl', 'used');
    },
    read() {
      const points = listPoints(document);
      const missing = points.flatMap((point) =>
        point.sides
          .filter((side) => !shown.has(`${formatPath(point.path)} ${side}`))
          .map((side) => ({ point, side })),
      );
      const sides = points.reduce((sum, point) => sum + point.sides.length, 0);
      return { sides, shown: sides - missing.length, missing };
    },
  };
}
