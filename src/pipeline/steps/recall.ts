/**
 * The event's own record comes before every filter: what was claimed before is taken up where it was left
 * (its frozen push, not a new choice), what was decided before ends as `queued` again. The same round trip
 * peeks at the user's caps, which only saves coupon calls: the claim decides.
 */
import type { LocationEvent } from '../../domain/event.ts';
import type { Claims, Hold, PushQueue, Ruleset } from '../ports.ts';
import { end, goOn, type Step } from './step.ts';

export async function recall(
  event: LocationEvent,
  rules: Ruleset,
  hold: Hold,
  ports: { readonly claims: Claims; readonly queue: PushQueue },
): Promise<Step<{ readonly capFull: boolean }>> {
  const recalled = await ports.claims.recall(event, rules.caps);
  if (recalled.kind === 'new') return goOn({ capFull: recalled.capFull });
  if (recalled.undelivered) {
    hold.assertHeld();
    await ports.queue.enqueue(event);
  }
  const { couponId, merchantId, rulesVersion } = recalled.push;
  return end({ kind: 'queued', couponId, merchantId, rulesVersion });
}
