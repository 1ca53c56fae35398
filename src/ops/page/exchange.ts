/**
 * How pods hear each other's numbers: each notes its own in Redis, and reads the others' only while somebody watches it.
 * Numbers are noted at each look, the hour only as often as a slot is over. A Redis that is away costs the others'
 * numbers and nothing else: then the pod knows itself alone, and why.
 */
import { isUnavailable } from '../../runtime/errors.ts';
import { shortError } from '../../runtime/error-text.ts';
import type { Note, PodNotes } from '../pod-notes.ts';
import type { LivePod } from '../pods.ts';
import type { Fleet, SeenPod, SilentPod } from './fleet.ts';
import { mergeHours, parseHour, sinceTold, SLOT_MS, type HourWindow } from './hour.ts';
import { parseSnapshot } from './parse-snapshot.ts';
import type { PodSnapshot } from './snapshot.ts';

/** Numbers are forgotten then: their pod has ended, or can't reach Redis. */
export const SNAPSHOT_KEEP_MS = 5000;
export const HOUR_KEEP_MS = 3_600_000;

export interface ExchangeOptions {
  readonly pod: string;
  readonly snapshots: PodNotes;
  readonly hours: PodNotes;
  /** The live pods; undefined until Redis may be used. */
  readonly livePods: () => readonly LivePod[] | undefined;
}

/** What the pod says at one moment. */
export interface OwnNumbers {
  readonly snapshot: PodSnapshot;
  readonly hour: () => HourWindow;
  /** Epoch ms, and ms of a clock that never goes back. */
  readonly nowMs: number;
  readonly monotonicMs: number;
}

export interface Exchange {
  /** Notes the own numbers; hears the others' where `isWatched`. One at a time. Never rejects. */
  turn(own: OwnNumbers, isWatched: boolean): Promise<void>;
  /** All pods as known now. */
  fleet(own: OwnNumbers): Fleet;
}

interface Heard {
  readonly notes: readonly Note[];
  readonly atMs: number;
}

export function createExchange({ pod, snapshots, hours, livePods }: ExchangeOptions): Exchange {
  let heard: Heard | undefined;
  /** Of lives that are over, too. */
  let others: readonly (readonly [life: string, hour: HourWindow])[] = [];
  let hoursHeardAtMs: number | undefined;
  let hourNotedAtMs: number | undefined;
  let fault: string | undefined;
  let turning: Promise<void> | undefined;

  async function talk(own: OwnNumbers, isWatched: boolean): Promise<void> {
    const { snapshot, hour, monotonicMs } = own;
    if (livePods() === undefined) return;
    const text = JSON.stringify(snapshot);
    if (isWatched) heard = { notes: await snapshots.exchange(pod, text), atMs: monotonicMs };
    else await snapshots.write(pod, text);
    const isOld = (atMs: number | undefined): boolean => atMs === undefined || monotonicMs - atMs >= SLOT_MS;
    const { life } = snapshot;
    if (isWatched && isOld(hoursHeardAtMs)) {
      const notes = await hours.exchange(life, JSON.stringify(hour()));
      others = notes.flatMap((note) => {
        const read = note.by === life ? undefined : parseHour(note.text);
        return read === undefined ? [] : [[note.by, read]];
      });
      hoursHeardAtMs = hourNotedAtMs = monotonicMs;
    } else if (isOld(hourNotedAtMs)) {
      await hours.write(life, JSON.stringify(hour()));
      hourNotedAtMs = monotonicMs;
    }
  }

  async function turn(own: OwnNumbers, isWatched: boolean): Promise<void> {
    try {
      await talk(own, isWatched);
      fault = undefined;
    } catch (error) {
      fault = isUnavailable(error)
        ? 'Redis can’t be used'
        : `the pods’ numbers can’t be exchanged: ${shortError(error)}`;
    }
  }

  function whyAlone(monotonicMs: number): string | undefined {
    if (livePods() === undefined) return 'Redis has not been reached yet';
    if (fault !== undefined) return fault;
    return heard === undefined || monotonicMs - heard.atMs > SNAPSHOT_KEEP_MS
      ? 'Redis has not answered yet'
      : undefined;
  }

  return {
    turn: (own, isWatched) =>
      (turning ??= turn(own, isWatched).finally(() => {
        turning = undefined;
      })),
    fleet({ snapshot, hour, nowMs, monotonicMs }) {
      const alone = whyAlone(monotonicMs);
      const self: SeenPod = { snapshot, ageSeconds: 0 };
      const sinceHeardMs = monotonicMs - (heard?.atMs ?? monotonicMs);
      const pods = alone === undefined && heard !== undefined ? seen(heard.notes, sinceHeardMs, pod) : [];
      const all = [self, ...pods].sort((a, b) => (a.snapshot.pod < b.snapshot.pod ? -1 : 1));
      return {
        ...{ nowMs, own: pod, pods: all, alone },
        silent: alone === undefined ? silentOf(livePods() ?? [], all, nowMs) : [],
        hour: mergeHours(
          [hour(), ...others.map(([, told]) => told), ...laterThan(others, pods, nowMs)],
          nowMs,
        ),
      };
    },
  };
}

function seen(notes: readonly Note[], sinceHeardMs: number, own: string): SeenPod[] {
  return notes.flatMap(({ by, text, ageMs }) => {
    const isOver = ageMs + sinceHeardMs > SNAPSHOT_KEEP_MS;
    const snapshot = by === own || isOver ? undefined : parseSnapshot(text);
    return snapshot === undefined ? [] : [{ snapshot, ageSeconds: (ageMs + sinceHeardMs) / 1000 }];
  });
}

/** The others tell their hours seldom, and their counts at each look: what lies between the two. */
function laterThan(
  hours: readonly (readonly [life: string, hour: HourWindow])[],
  pods: readonly SeenPod[],
  nowMs: number,
): HourWindow[] {
  const counts = new Map(pods.map(({ snapshot }) => [snapshot.life, snapshot.counts]));
  return hours.flatMap(([life, told]) => {
    const now = counts.get(life);
    return now === undefined ? [] : [sinceTold(told, now, nowMs)];
  });
}

function silentOf(live: readonly LivePod[], seenPods: readonly SeenPod[], nowMs: number): SilentPod[] {
  const known = new Set(seenPods.map(({ snapshot }) => snapshot.pod));
  return live
    .filter(({ pod }) => !known.has(pod))
    .map(({ pod, version, seenAt }) => ({
      ...{ pod, version },
      silentSeconds: Math.max(0, nowMs - Date.parse(seenAt)) / 1000,
    }));
}
