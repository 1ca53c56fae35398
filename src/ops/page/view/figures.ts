/** What several of the page's parts are made of: the pods' numbers, brought together. Pure. */
import type { WaitingFor } from '../../health/waits.ts';
import { decidedOf, tableOf, type Counts } from '../counters.ts';
import type { Fleet } from '../fleet.ts';
import { totalOf } from '../hour.ts';
import { slowestFirst, type PodSnapshot, type SnapshotPartition } from '../snapshot.ts';
import { couponApiState, pushApiState, type CouponApiState, type PushApiState } from './partner-state.ts';

/** Less than this behind is what a commit's interval and a fetch take. */
const ORDINARY_SECONDS = 10;

export interface PlacedPartition extends SnapshotPartition {
  /** Such as `location-events-3`. */
  readonly name: string;
  readonly pod: string;
}

export interface Figures {
  /** Per second, over the last 10 s. */
  readonly rates: Counts;
  readonly decidedPerSecond: number;
  readonly hour: Counts;
  readonly inFlight: number;
  readonly lag: number;
  /** Slowest first. */
  readonly partitions: readonly PlacedPartition[];
  readonly partitionCount: number;
  /** Of the partition that is furthest behind; null where that is not known of any. */
  readonly behindSeconds: number | null;
  readonly backlog: Backlog;
  /** Most events first. */
  readonly waiting: readonly WaitingFor[];
  /** Sorted, each once. */
  readonly away: readonly string[];
  readonly coupons: CouponApiState;
  readonly pushes: PushApiState;
}

/** `none`: nothing is behind by more than an ordinary moment. */
export type Backlog =
  | { readonly kind: 'none' }
  | { readonly kind: 'shrinks'; readonly etaSeconds: number; readonly slowest: PlacedPartition }
  /** It grows, stands, or its pace is not known yet. */
  | { readonly kind: 'stays'; readonly slowest: PlacedPartition };

export function figuresOf(fleet: Fleet): Figures {
  const pods = fleet.pods.map(({ snapshot }) => snapshot);
  const sum = (of: (pod: PodSnapshot) => number): number => pods.reduce((total, pod) => total + of(pod), 0);
  const rates = tableOf((name) => sum((pod) => pod.rates[name]));
  const partitions = slowestFirst(pods.flatMap(placed));
  const known = partitions.flatMap(({ behindSeconds }) => (behindSeconds === null ? [] : [behindSeconds]));
  return {
    rates,
    decidedPerSecond: decidedOf(rates),
    hour: totalOf(fleet.hour),
    inFlight: sum(({ inFlight }) => inFlight),
    lag: sum(({ lag }) => lag),
    partitions,
    partitionCount: sum(({ partitionCount }) => partitionCount),
    behindSeconds: known.length === 0 ? null : Math.max(...known),
    backlog: backlogOf(partitions),
    waiting: waitingOf(pods),
    away: [...new Set(pods.flatMap(({ away }) => away))].sort(),
    ...{ coupons: couponApiState(pods), pushes: pushApiState(pods) },
  };
}

/** By more than an ordinary moment, with something left to commit. */
export function isBehind({ lag, behindSeconds }: SnapshotPartition): boolean {
  return (lag ?? 0) > 0 && (behindSeconds ?? 0) > ORDINARY_SECONDS;
}

function placed({ pod, partitions }: PodSnapshot): PlacedPartition[] {
  return partitions.map((row) => ({ ...row, pod, name: `${row.topic}-${String(row.partition)}` }));
}

function backlogOf(partitions: readonly PlacedPartition[]): Backlog {
  const behind = partitions.filter(isBehind);
  const stays = behind.find(({ etaSeconds }) => etaSeconds === null);
  if (stays !== undefined) return { kind: 'stays', slowest: stays };
  const [first, ...others] = behind;
  if (first === undefined) return { kind: 'none' };
  const slowest = others.reduce((last, one) => (eta(one) > eta(last) ? one : last), first);
  return { kind: 'shrinks', etaSeconds: eta(slowest), slowest };
}

const eta = ({ etaSeconds }: PlacedPartition): number => etaSeconds ?? 0;

function waitingOf(pods: readonly PodSnapshot[]): WaitingFor[] {
  const byName = new Map<string, WaitingFor>();
  for (const row of pods.flatMap(({ waiting }) => waiting)) {
    const old = byName.get(row.for);
    byName.set(row.for, {
      for: row.for,
      events: row.events + (old?.events ?? 0),
      oldestSeconds: Math.max(row.oldestSeconds, old?.oldestSeconds ?? 0),
    });
  }
  return [...byName.values()].sort((a, b) => b.events - a.events || b.oldestSeconds - a.oldestSeconds);
}
