/**
 * How long an event's own failing calls are tried again. While the API is away: for as long as it takes. While it
 * answers others: until the patience is used up. Only time in which it answers others counts. It counts from the
 * event's arrival, or from when its user's calls began to fail, if that was later. So the events that wait behind a
 * failing one don't each take the whole time once more.
 */
import { createLinkedList, type Linked } from '../../runtime/collections/linked-list.ts';
import type { CallEvidence } from './call-evidence.ts';

/** An event whose calls have failed so far, from the first failure to its end. */
export interface FailingEvent extends Linked<FailingEvent> {
  readonly userId: string;
  /** From when on its patience counts. */
  readonly startMs: number;
  /** When its own first call failed. */
  readonly sinceMs: number;
  tries: number;
  error: string;
}

/** Events that wait for the API: how many, of how many users, the first of them since. */
export interface FailingCount {
  readonly events: number;
  readonly users: number;
  readonly oldestMs: number;
}

export interface CouponPatience {
  begin(userId: string, receivedAtMs: number, error: string): FailingEvent;
  end(event: FailingEvent): void;
  /** Its time is up: others are answered, and it was tried for long enough. */
  isOver(event: Pick<FailingEvent, 'startMs'>): boolean;
  /** When to ask again whether it is over, at the earliest: ms from now, ≥ 1. */
  leftMs(event: FailingEvent): number;
  /** For the dead letter. */
  explain(event: FailingEvent): string;
  /** Of events that fail while others are answered. O(failing events). */
  alone(): FailingCount;
  /** Of events that fail with everybody's, as far as is known, and of those that are held back. O(failing events). */
  withAll(held: { readonly waiting: number; readonly sinceMs: number | undefined }): FailingCount;
}

export interface CouponPatienceOptions {
  readonly patienceMs: number;
  readonly evidence: CallEvidence;
  /** Monotonic ms. */
  readonly nowMs: () => number;
}

/** Whether others are answered is known a moment later at the latest, where they call at all. */
const LOOK_AGAIN_MS = 1000;

export function createCouponPatience(options: CouponPatienceOptions): CouponPatience {
  const { patienceMs, evidence, nowMs } = options;
  const failing = createLinkedList<FailingEvent>();

  /** Somebody has been answered since, and lately. */
  function areOthersAnswered(sinceMs: number): boolean {
    return evidence.areOthersAnswered(sinceMs, nowMs());
  }

  function count(isCounted: (event: FailingEvent) => boolean): FailingCount {
    const users = new Set<string>();
    let events = 0;
    let oldestMs = 0;
    for (let event = failing.first(); event !== undefined; event = event.next) {
      if (!isCounted(event)) continue;
      events += 1;
      users.add(event.userId);
      oldestMs = Math.max(oldestMs, nowMs() - event.sinceMs);
    }
    return { events, users: users.size, oldestMs };
  }

  return {
    begin(userId, receivedAtMs, error) {
      const sinceMs = nowMs();
      const userSinceMs = evidence.failing(userId)?.sinceMs ?? sinceMs;
      const startMs = Math.max(receivedAtMs, userSinceMs);
      const event: FailingEvent = {
        ...{ userId, startMs, sinceMs, tries: 0, error },
        ...{ previous: undefined, next: undefined },
      };
      failing.append(event);
      return event;
    },
    end: (event) => failing.remove(event),
    isOver: ({ startMs }) =>
      areOthersAnswered(startMs) && evidence.answeringMs(startMs, nowMs()) >= patienceMs,
    leftMs({ startMs }) {
      const leftMs = patienceMs - evidence.answeringMs(startMs, nowMs());
      return leftMs > 0 ? Math.max(1, leftMs) : LOOK_AGAIN_MS;
    },
    explain({ error, tries, startMs }) {
      const seconds = Math.round((nowMs() - startMs) / 100) / 10;
      const times = tries === 1 ? 'at its one try' : `at the last of ${String(tries)} tries`;
      return `${error} ${times}; its user's calls have failed for ${String(seconds)} s while others were answered`;
    },
    alone: () => count(({ startMs }) => areOthersAnswered(startMs)),
    withAll({ waiting, sinceMs }) {
      const { events, users, oldestMs } = count(({ startMs }) => !areOthersAnswered(startMs));
      const heldMs = sinceMs === undefined ? 0 : performance.now() - sinceMs;
      return { events: events + waiting, users, oldestMs: Math.max(oldestMs, heldMs) };
    },
  };
}
