/**
 * The event's own record comes before every filter. A push that was claimed before goes on where it was left: the
 * frozen push, not a new choice. An event that was decided before ends as `queued` again.
 */
import type { Claims, PushQueue } from '../ports.ts';
import { done, next, queuedAs, type AsyncStep } from './step.ts';

export interface CapPeek {
  /** The index of a `per: user` cap that is full. It only saves a coupon call: the claim decides. */
  readonly fullCap: number | undefined;
}

interface ResumeClaimPorts {
  readonly claims: Claims;
  readonly queue: PushQueue;
}

export function createResumeClaim({ claims, queue }: ResumeClaimPorts): AsyncStep<void, CapPeek> {
  return async ({ event, rules, ownership, seen, trace }) => {
    ownership.assertOwned();
    const recalled = await claims.recall(event, rules.caps);
    if (seen !== undefined) seen.recalledMs = recalled.atMs;
    if (recalled.kind === 'new') return next({ fullCap: recalled.fullCap });
    const { undelivered, envelope } = recalled;
    trace?.note('redelivered');
    if (undelivered) {
      ownership.assertOwned();
      await queue.enqueue(event);
    }
    return done(queuedAs(envelope));
  };
}
