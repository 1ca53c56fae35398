/**
 * The event's own record comes before every filter: what was claimed before is taken up where it was left
 * (its frozen push, not a new choice), what was decided before ends as `queued` again.
 */
import type { LocationEvent } from '../../domain/event.ts';
import type { Outcome } from '../../domain/outcome.ts';
import type { KnownClaim, PushQueue } from '../ports.ts';
import type { Ownership } from '../../domain/ownership.ts';
import { queuedAs } from './step.ts';

export async function takeUpAgain(
  event: LocationEvent,
  { undelivered, envelope }: KnownClaim,
  ownership: Ownership,
  queue: PushQueue,
): Promise<Outcome> {
  if (undelivered) {
    ownership.assertOwned();
    await queue.enqueue(event);
  }
  return queuedAs(envelope);
}
