/**
 * The push's name towards the queue and the push API, the same in every pod and at every redelivery: 256 bits of
 * (user, event). Fit for BullMQ, whose ids hold no colon and are not all digits, and for a header.
 */
import { hash } from 'node:crypto';
import type { EventRef } from '../domain/event.ts';

/** @returns `p` and 43 characters of `A–Z a–z 0–9 - _`. */
export function pushId({ userId, eventId }: EventRef): string {
  return `p${hash('sha256', JSON.stringify([userId, eventId]), 'base64url')}`;
}
