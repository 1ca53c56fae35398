/**
 * What two sides made of the events of a recording, counted: before (what pods did, or other rules) and after (the rules
 * that are tried). Guarantee: each event counts once; what is not known is counted apart, with bounds. Parts that were
 * counted apart can be put together (`merge.ts`).
 */
import type { DeadLetterReason, FilterReason, Outcome } from '../domain/outcome.ts';
import type { UnknownBecause } from './answer.ts';
import type { EventIds } from './event-ids.ts';

export type Side = 'before' | 'after';
/** Where an event stands in a funnel. */
export type Place = FilterReason | DeadLetterReason | 'queued' | 'unknown';

/** How many, at least and at most. */
export interface Bounded {
  least: number;
  most: number;
}

export interface Changed extends Bounded {
  readonly ids: EventIds;
}

export interface Group {
  readonly before: Bounded;
  readonly after: Bounded;
  readonly gained: Changed;
  readonly lost: Changed;
}

/** By what gained and lost pushes are told. */
export const GROUPINGS = ['rule', 'merchant', 'hour', 'locale'] as const;
export type Grouping = (typeof GROUPINGS)[number];

export interface Cell {
  readonly before: Place;
  readonly after: Place;
  count: number;
  readonly ids: EventIds;
}

export interface UnknownGroup extends Bounded {
  events: number;
  readonly ids: EventIds;
}

export interface Disagreement {
  readonly eventId: string;
  readonly userId: string;
  readonly at: string;
  readonly recorded: Outcome;
  readonly simulated: Outcome;
}

/** Of the events that pods decided by the very document that is simulated. */
export interface Agreement {
  events: number;
  known: number;
  agreed: number;
  readonly disagreements: Disagreement[];
}

export interface Comparison {
  events: number;
  /** Epoch ms of the first event's decision and of the last one's; Infinity and −Infinity of none. */
  fromMs: number;
  untilMs: number;
  /** Records of events that had one before. */
  redelivered: number;
  /** Pushes of events that were not pushed when they came first; in `pushes`, but not in the funnel. */
  readonly pushedLater: Record<Side, Bounded>;
  /** Records that came too late to be put in order. */
  late: number;
  /** Documents that pods decided by: events by `version hash`. */
  readonly documents: Map<string, number>;
  readonly funnel: Map<string, Cell>;
  readonly pushes: Record<Side, Bounded>;
  /** Pushes that one side makes and the other does not, whatever is in them. */
  readonly gained: Changed;
  readonly lost: Changed;
  /** Both push, surely another coupon. */
  readonly otherCoupon: { count: number; readonly ids: EventIds };
  readonly unknown: Record<Side, Map<UnknownBecause, UnknownGroup>>;
  readonly groups: Record<Grouping, Map<string, Group>>;
  /** How often a push says this, numbers written as #. */
  readonly texts: Record<Side, Map<string, number>>;
  readonly agreement: Record<Side, Agreement>;
}

/** Stands for a merchant, or for what decided, where it is not known. */
export const NOT_KNOWN = 'not known';
export const MAX_DISAGREEMENTS = 1000;

export function createComparison(): Comparison {
  const agreement = (): Agreement => ({ events: 0, known: 0, agreed: 0, disagreements: [] });
  return {
    events: 0,
    fromMs: Infinity,
    untilMs: -Infinity,
    redelivered: 0,
    pushedLater: { before: bounded(), after: bounded() },
    late: 0,
    documents: new Map(),
    funnel: new Map(),
    pushes: { before: bounded(), after: bounded() },
    gained: changed(),
    lost: changed(),
    otherCoupon: { count: 0, ids: { ids: [], atMs: [] } },
    unknown: { before: new Map(), after: new Map() },
    groups: { rule: new Map(), merchant: new Map(), hour: new Map(), locale: new Map() },
    texts: { before: new Map(), after: new Map() },
    agreement: { before: agreement(), after: agreement() },
  };
}

export function newGroup(): Group {
  return { before: bounded(), after: bounded(), gained: changed(), lost: changed() };
}

function bounded(): Bounded {
  return { least: 0, most: 0 };
}

function changed(): Changed {
  return { ...bounded(), ids: { ids: [], atMs: [] } };
}

export function addBounds(to: Bounded, { least, most }: Bounded): void {
  to.least += least;
  to.most += most;
}
