/**
 * What can be known of a user's pushes of which a recording has no record: those from before it began. Nobody says how
 * many there were. But pods that decided an event by rules that are known have looked: an event that came past the caps
 * shows how many pushes there were at most, one that ended as `cooldown` how many at least. Guarantee: the bounds hold.
 */
import { capFields, countsEveryPush, type Cap, type CapSubject, type PushSubject } from '../domain/cap.ts';
import type { Span } from './moments.ts';

/** Ms. A push waits no longer than this: its ttl and what the sweep takes. */
export const LONGEST_WAIT_MS = 60 * 60 * 1000;

/** Where in an event's decision a cap was asked. */
export type AskedAt = 'recall' | 'claim';

export interface PushesBefore {
  /** How many of them may count. @param push undefined: of a cap that counts every push. */
  most(cap: Cap, push: PushSubject | undefined, at: Span): number;
  /** How many of them surely count for the event that is decided now. */
  least(cap: Cap, push: PushSubject | undefined, asked: AskedAt): number;
}

/** A cap that pods have asked. */
export interface Seen {
  readonly at: Span;
  readonly windowMs: number;
  readonly per: CapSubject;
  /** Undefined: of a cap that counts every push. */
  readonly push: PushSubject | undefined;
  readonly count: number;
  /** Of which event. */
  readonly turn: number;
}

/** What was seen of one user's caps. */
export type SeenCaps = Seen[];

export interface LearningBefore extends PushesBefore {
  /** The next event is decided: of the user of whom this was seen. It is written to. */
  nextEvent(seen: SeenCaps): void;
  /** A cap was asked and had room: at most `count` pushes of which there is no record were in its window. */
  atMost(cap: Cap, push: PushSubject | undefined, count: number, at: Span): void;
  /** A cap was full: there were at least `count`. Holds for the event that is decided now. */
  atLeast(cap: Cap, push: PushSubject | undefined, count: number, asked: AskedAt): void;
}

/**
 * For one event after the other.
 *
 * @param beganMs when the recording began, epoch ms.
 * @param marginMs how far the clocks of two pods may be apart.
 */
export function createPushesBefore(beganMs: number, marginMs: number): LearningBefore {
  const goneMs = beganMs + LONGEST_WAIT_MS + marginMs;
  let seen: SeenCaps = [];
  let turn = 0;
  let full: (Omit<Seen, 'at' | 'turn'> & { readonly asked: AskedAt })[] = [];

  return {
    nextEvent(ofUser) {
      seen = ofUser;
      turn += 1;
      if (full.length > 0) full = [];
    },
    most({ per, windowMs }, push, at) {
      let most = at.fromMs - windowMs >= goneMs ? 0 : Infinity;
      for (const one of seen) {
        if (one.count < most && covers(one, per, push) && reaches(one, windowMs, at)) {
          most = one.count;
        }
      }
      return most;
    },
    least({ per, windowMs }, push, asked) {
      let least = 0;
      for (const one of full) {
        // A longer window holds what a shorter one does.
        if (one.asked === asked && one.windowMs <= windowMs && isSame(one, per, push)) {
          least = Math.max(least, one.count);
        }
      }
      return least;
    },
    atMost({ per, windowMs }, push, count, at) {
      let kept = 0;
      for (const one of seen) {
        const isOver = one.at.fromMs - one.windowMs >= goneMs;
        // What the event asked first it is asked for again.
        const isOutdone =
          one.turn !== turn && one.windowMs <= windowMs && one.count >= count && isSame(one, per, push);
        if (!isOver && !isOutdone) seen[kept++] = one;
      }
      seen.length = kept;
      if (at.fromMs - windowMs < goneMs) seen.push({ at, windowMs, per, push, count, turn });
    },
    atLeast({ per, windowMs }, push, count, asked) {
      if (count > 0) full.push({ windowMs, per, push, count, asked });
    },
  };
}

/** A bound on all of a user's pushes bounds those of a subject. */
function covers(one: Seen, per: CapSubject, push: PushSubject | undefined): boolean {
  return one.push === undefined || isSame(one, per, push);
}

function isSame(one: Pick<Seen, 'per' | 'push'>, per: CapSubject, push: PushSubject | undefined): boolean {
  const { push: known } = one;
  if (known === undefined) return push === undefined || countsEveryPush(per);
  if (push === undefined || one.per !== per) return false;
  return capFields(per).every((field) => known[field] === push[field]);
}

/** The asked window begins no earlier than the one that was seen, and is asked no earlier. */
function reaches({ at, windowMs: seenMs }: Seen, windowMs: number, { fromMs }: Span): boolean {
  return fromMs >= at.untilMs && fromMs - windowMs >= at.untilMs - seenMs;
}
