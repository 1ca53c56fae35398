/** What a simulation found, as `--json` prints it; the terminal and Markdown show a part of it. */
import { UNKNOWN_BECAUSE } from '../../../replay/answer.ts';
import {
  GROUPINGS,
  type Bounded,
  type Changed,
  type Grouping,
  type Place,
  type Side,
} from '../../../replay/comparison.ts';
import { sortedIds } from '../../../replay/event-ids.ts';
import { DEAD_LETTER_REASONS, FILTER_REASONS } from '../../../domain/outcome.ts';
import { namesOf } from '../../../runtime/names-of.ts';
import { changePercent } from './compare-on-recording.ts';
import type { Simulation } from './simulate-recording.ts';

export interface Bounds {
  readonly atLeast: number;
  readonly atMost: number;
}

export interface Change extends Bounds {
  /** By time. */
  readonly eventIds: readonly string[];
}

export interface NamedChange {
  readonly name: string;
  readonly before: Bounds;
  readonly after: Bounds;
  readonly gained: Change;
  readonly lost: Change;
}

export interface DocumentName {
  readonly version: string;
  readonly hash: string;
}

export interface FunnelRow {
  readonly place: Place;
  readonly before: number;
  readonly after: number;
}

export interface UnknownRow extends Change {
  readonly because: string;
  readonly sentence: string;
  readonly events: number;
}

export interface Report {
  readonly rules: DocumentName;
  /** Absent: compared with what pods did. */
  readonly against?: DocumentName;
  readonly recording: {
    readonly file: string;
    readonly events: number;
    readonly from: string;
    readonly until: string;
    readonly deliveries: number;
    readonly redelivered: number;
    readonly late: number;
    readonly unreadable: number;
    readonly badLines: Simulation['badLines'];
    /** That pods decided by. */
    readonly documents: readonly (DocumentName & { readonly events: number })[];
  };
  readonly funnel: readonly FunnelRow[];
  readonly pushes: Readonly<Record<Side, Bounds>> & {
    /** At the worse bound; null: from none to some. */
    readonly changePercent: number | null;
  };
  readonly gained: Change;
  readonly lost: Change;
  readonly otherCoupon: { readonly events: number; readonly eventIds: readonly string[] };
  /** Events that stand elsewhere in the funnel now. */
  readonly moves: readonly {
    readonly before: Place;
    readonly after: Place;
    readonly events: number;
    readonly eventIds: readonly string[];
  }[];
  readonly by: Readonly<Record<Grouping, readonly NamedChange[]>>;
  readonly unknown: Readonly<Record<Side, readonly UnknownRow[]>>;
  readonly pushedWhenRedelivered: Readonly<Record<Side, Bounds>>;
  /** Numbers in them are written as #. */
  readonly texts: Readonly<Record<Side, readonly { readonly text: string; readonly pushes: number }[]>>;
  readonly agreement: Readonly<Record<Side, Simulation['comparison']['agreement'][Side]>>;
}

const PLACES: readonly Place[] = [
  ...namesOf(FILTER_REASONS),
  ...namesOf(DEAD_LETTER_REASONS),
  'queued',
  'unknown',
];
const MAX_TEXTS = 20;

export function createReport(
  { comparison, deliveries, unreadable, badLines }: Simulation,
  about: { readonly file: string; readonly rules: DocumentName; readonly against: DocumentName | undefined },
): Report {
  const { file, rules, against } = about;
  const percent = changePercent(comparison);
  const cells = [...comparison.funnel.values()];
  const countAt = (side: Side, place: Place): number =>
    cells.reduce((sum, cell) => sum + (cell[side] === place ? cell.count : 0), 0);
  return {
    rules: nameOf(rules),
    ...(against !== undefined && { against: nameOf(against) }),
    recording: {
      file,
      events: comparison.events,
      from: momentOf(comparison.fromMs),
      until: momentOf(comparison.untilMs),
      deliveries,
      redelivered: comparison.redelivered,
      late: comparison.late,
      unreadable,
      badLines,
      documents: [...comparison.documents]
        .map(([name, events]) => ({ ...splitName(name), events }))
        .toSorted((a, b) => b.events - a.events),
    },
    funnel: PLACES.map((place) => ({
      place,
      before: countAt('before', place),
      after: countAt('after', place),
    })),
    pushes: {
      before: boundsOf(comparison.pushes.before),
      after: boundsOf(comparison.pushes.after),
      changePercent: Number.isFinite(percent) ? percent : null,
    },
    gained: changeOf(comparison.gained),
    lost: changeOf(comparison.lost),
    otherCoupon: { events: comparison.otherCoupon.count, eventIds: sortedIds(comparison.otherCoupon.ids) },
    moves: cells
      .filter(({ before, after }) => before !== after)
      .map(({ before, after, count, ids }) => ({ before, after, events: count, eventIds: sortedIds(ids) }))
      .toSorted((a, b) => b.events - a.events),
    by: Object.fromEntries(
      GROUPINGS.map((grouping) => [grouping, namedChanges(comparison.groups[grouping], grouping)]),
    ) as Report['by'],
    unknown: { before: unknownRows(comparison, 'before'), after: unknownRows(comparison, 'after') },
    pushedWhenRedelivered: {
      before: boundsOf(comparison.pushedLater.before),
      after: boundsOf(comparison.pushedLater.after),
    },
    texts: { before: topTexts(comparison.texts.before), after: topTexts(comparison.texts.after) },
    agreement: comparison.agreement,
  };
}

function nameOf({ version, hash }: DocumentName): DocumentName {
  return { version, hash };
}

/** A version may hold spaces, a hash holds none. */
function splitName(name: string): DocumentName {
  const at = name.lastIndexOf(' ');
  return { version: name.slice(0, at), hash: name.slice(at + 1) };
}

function momentOf(ms: number): string {
  return Number.isFinite(ms) ? new Date(ms).toISOString() : '';
}

function boundsOf({ least, most }: Bounded): Bounds {
  return { atLeast: least, atMost: most };
}

function changeOf({ ids, ...bounded }: Changed): Change {
  return { ...boundsOf(bounded), eventIds: sortedIds(ids) };
}

/** Hours in their order, others with the greatest change first. */
function namedChanges(
  groups: Simulation['comparison']['groups'][Grouping],
  grouping: Grouping,
): readonly NamedChange[] {
  const rows = [...groups].map(([name, group]) => ({
    name,
    before: boundsOf(group.before),
    after: boundsOf(group.after),
    gained: changeOf(group.gained),
    lost: changeOf(group.lost),
  }));
  const byName = (a: NamedChange, b: NamedChange): number => (a.name < b.name ? -1 : 1);
  if (grouping === 'hour') return rows.toSorted(byName);
  const size = ({ gained, lost }: NamedChange): number => gained.atMost + lost.atMost;
  return rows.toSorted((a, b) => size(b) - size(a) || byName(a, b));
}

function unknownRows({ unknown }: Simulation['comparison'], side: Side): readonly UnknownRow[] {
  return [...unknown[side]]
    .map(([because, { events, ids, least, most }]) => ({
      because,
      sentence: UNKNOWN_BECAUSE[because],
      events,
      ...changeOf({ least, most, ids }),
    }))
    .toSorted((a, b) => b.events - a.events);
}

function topTexts(texts: ReadonlyMap<string, number>): Report['texts'][Side] {
  return [...texts]
    .toSorted(([a, more], [b, fewer]) => fewer - more || (a < b ? -1 : 1))
    .slice(0, MAX_TEXTS)
    .map(([text, pushes]) => ({ text, pushes }));
}
