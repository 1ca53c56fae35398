/**
 * Failpoints: the moments of the service at which a death, a pause or a lost reply is most dangerous, by name. Each
 * is a diagnostics channel, so passing one costs an empty call while nobody listens, and in production nobody does;
 * a test listens and stops, kills or freezes the pod there (listeners are called synchronously, so nothing else of
 * the pod runs meanwhile). Not on the way of an event that is filtered.
 */
import { channel } from 'node:diagnostics_channel';

export const FAILPOINTS = [
  /** The best candidates are known, the claim is not asked for yet. */
  'claim.asking',
  /** The push has its place in Redis; it is neither in the index of open pushes nor in the queue. */
  'claim.answered',
  /** The queue holds the job; the event has no outcome record yet. */
  'enqueue.done',
  /** What a commit will say is fixed, and not sent yet. */
  'commit.asking',
  /** The broker has acknowledged a commit. */
  'commit.answered',
  /** A worker has taken the job up; no permission is asked for yet. */
  'delivery.begun',
  /** Redis says `sending`; nothing is written yet. */
  'permit.granted',
  /** A push's socket is there; nothing is written yet, and the last look at the clock is to come. */
  'push.connected',
  /** The partner has answered, or surely or perhaps not; Redis does not know. */
  'push.answered',
  /** The place is about to be given back. */
  'release.asking',
  /** Redis knows the outcome; nobody else does. */
  'settle.answered',
] as const;
export type Failpoint = (typeof FAILPOINTS)[number];

/** The name under which `node:diagnostics_channel` knows a failpoint. Its messages: the event's ref (user and event id), or undefined. */
export function failpointChannel(name: Failpoint): string {
  return `coupon_notifier.${name}`;
}

const channels = new Map(FAILPOINTS.map((name) => [name, channel(failpointChannel(name))]));

/** Never throws. */
export function passFailpoint(name: Failpoint, about?: object): void {
  channels.get(name)?.publish(about);
}
