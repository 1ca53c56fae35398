/** What the service knows of one user, put together: what Redis keeps, the queue's jobs, the outcomes that were told. */
import type { Cap } from '../../domain/cap.ts';
import type { EventRef } from '../../domain/event.ts';
import { capStates, memberOfEvent, type KeptEvent, type UserReader } from '../../claims/read-user.ts';
import { capName } from '../../pipeline/steps/apply-event-filters.ts';
import type { JobState } from '../../push/queued-job.ts';
import type { RecentOutcomes, Told } from './outcomes.ts';

export interface Known {
  readonly userId: string;
  /** Epoch ms by Redis's clock. */
  readonly nowMs: number;
  /** Undefined where the rules are not known. */
  readonly caps: readonly CapReport[] | undefined;
  /** Newest first. */
  readonly events: readonly EventReport[];
  /** Pushes that count and whose event nobody names any more: when they were sent, newest first; null: not yet. */
  readonly otherPushes: readonly (string | null)[];
  readonly outcomes: RecentOutcomes | undefined;
}

export interface CapReport {
  readonly name: string;
  readonly per: Cap['per'];
  readonly max: number;
  readonly windowMs: number;
  readonly subjects: readonly {
    /** Of the merchant or coupon that it counts by, where an event names it. */
    readonly of: string | null;
    readonly count: number;
    readonly roomAt: string | null;
  }[];
}

export interface EventReport {
  readonly eventId: string;
  /** Undefined where nothing is kept of it: it was not claimed, or long ago. */
  readonly kept: KeptEvent | undefined;
  readonly job: JobState;
  /** Newest first. */
  readonly told: readonly Told[];
}

export interface Sources {
  readonly user: UserReader;
  readonly stateOf: (ref: EventRef) => Promise<JobState>;
  /** The user's pushes whose end is not told yet. */
  readonly openEvents: readonly string[];
  readonly outcomes: RecentOutcomes | undefined;
  readonly caps: readonly Cap[] | undefined;
}

/** Most events whose records are asked for. */
const MOST_EVENTS = 50;

export async function gather(
  { userId, eventId }: { readonly userId: string; readonly eventId: string | undefined },
  { user, stateOf, openEvents, outcomes, caps }: Sources,
): Promise<Known> {
  const [pushes, nowMs] = await Promise.all([user.pushes(userId), user.nowMs()]);
  const told = Map.groupBy(outcomes?.outcomes ?? [], (one) => one.eventId);
  const named = eventId === undefined ? [...openEvents, ...told.keys()] : [eventId];
  const ids = [...new Set(named)].slice(0, MOST_EVENTS);
  const events = await Promise.all(
    ids.map(async (id): Promise<EventReport> => {
      const ref = { userId, eventId: id };
      const [kept, job] = await Promise.all([user.event(ref), stateOf(ref)]);
      return { eventId: id, kept, job, told: told.get(id) ?? [] };
    }),
  );
  const byDigest = new Map(events.map((event) => [memberOfEvent(event.eventId), event]));
  const subjectOf = (per: Cap['per'], digest: string): string | null => {
    const event = byDigest.get(digest);
    const push = event?.kept?.envelope.push ?? event?.told.find(({ couponId }) => couponId !== undefined);
    if (per === 'user') return null;
    return (per === 'user+merchant' ? push?.merchantId : push?.couponId) ?? null;
  };
  const others = pushes.filter(({ event }) => !byDigest.has(event));
  return {
    ...{ userId, nowMs, events, outcomes },
    caps: caps?.map((cap, at) => ({
      ...{ name: capName(at), per: cap.per, max: cap.max, windowMs: cap.windowMs },
      subjects: capStates(cap, pushes, nowMs).map(({ count, roomAtMs, pushes: some }) => ({
        of: some.map(({ event }) => subjectOf(cap.per, event)).find((one) => one !== null) ?? null,
        count,
        roomAt: roomAtMs === undefined ? null : new Date(roomAtMs).toISOString(),
      })),
    })),
    otherPushes: others
      .map(({ atMs }) => (atMs === undefined ? null : new Date(atMs).toISOString()))
      .reverse(),
  };
}
