/**
 * Caps in memory, over a user's pushes that are all known with their moments. Guarantee: the answers of Redis, for one
 * event that no pod has claimed before. A push counts from its moment, in every window that has not passed since.
 */
import { countsEveryPush, subjectKey, type Cap, type PushSubject } from '../domain/cap.ts';
import type { ClaimAnswer, Claims } from '../pipeline/ports.ts';

/** A push of the event's user, sent before. */
export interface KnownPush extends PushSubject {
  /** Epoch ms. */
  readonly atMs: number;
}

/** One cap that was asked for room. */
export interface CapCheck {
  /** Of the rules' caps. */
  readonly cap: number;
  /** The coupon whose push it was asked for; undefined: for the user, before there was a coupon. */
  readonly couponId: string | undefined;
  /** How many pushes count. The cap is full from its `max` on. */
  readonly counted: number;
  /** These; each leaves the cap's window when the window has passed since its moment. */
  readonly pushes: readonly KnownPush[];
}

/**
 * @param noteCheck hears each cap that is asked, in order.
 * @param noteTooLate hears of a candidate whose push would be over before it could be sent.
 */
export function createKnownPushes(
  pushes: readonly KnownPush[],
  nowMs: number,
  noteCheck: (check: CapCheck) => void,
  noteTooLate: (couponId: string) => void = () => undefined,
): Claims {
  function isFull(cap: number, { per, max, windowMs }: Cap, userId: string, push?: PushSubject): boolean {
    const recent = pushes.filter(({ atMs }) => atMs > nowMs - windowMs);
    const same =
      push === undefined
        ? recent
        : recent.filter((known) => subjectKey(per, userId, known) === subjectKey(per, userId, push));
    noteCheck({ cap, couponId: push?.couponId, counted: same.length, pushes: same });
    return same.length >= max;
  }
  const fullForUser = (caps: readonly Cap[], userId: string): number =>
    caps.findIndex((cap, index) => countsEveryPush(cap.per) && isFull(index, cap, userId));

  return {
    recall: async ({ userId }, caps) => {
      const fullCap = fullForUser(caps, userId);
      return fullCap === -1 ? { kind: 'new' } : { kind: 'new', fullCap };
    },
    claim: async ({ ref: { userId }, candidates, caps, ttlMs }) => {
      const full = fullForUser(caps, userId);
      if (full !== -1) return { kind: 'no_room', cap: full };
      let lack: ClaimAnswer | undefined;
      for (const { envelope, notAfterMs = Infinity } of candidates) {
        if (Math.min(nowMs + ttlMs, notAfterMs) <= nowMs) {
          noteTooLate(envelope.push.couponId);
          lack ??= { kind: 'too_late' };
          continue;
        }
        const cap = caps.findIndex((each, index) => isFull(index, each, userId, envelope.push));
        if (cap === -1) return { kind: 'claimed', envelope };
        lack ??= { kind: 'no_room', cap };
      }
      return lack ?? { kind: 'too_late' };
    },
  };
}
