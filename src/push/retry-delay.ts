/** When a push that was not sent is tried again: growing pauses, jittered, and never beyond its expiry. */

import { backoffMs, type Backoff } from '../runtime/backoff.ts';

const FIRST_DELAY_MS = 500;
const BACKOFF: Backoff = { firstMs: FIRST_DELAY_MS, longestMs: 30_000 };
/** A last try is made this long before the expiry where a full pause would pass it. */
const LAST_TRY_MS = 1000;

export interface Retry {
  /** Number of the attempt that failed, from 1. */
  readonly attempt: number;
  /** What the partner asked for. */
  readonly retryAfterMs?: number | undefined;
  /** Ms until the push expires. */
  readonly remainingMs: number;
  /** 0 ≤ random() < 1. */
  readonly random: () => number;
}

/** @returns ms until the next try, or undefined where none can come before the expiry. */
export function retryDelayMs({ attempt, retryAfterMs = 0, remainingMs, random }: Retry): number | undefined {
  const pause = backoffMs(attempt, BACKOFF, random);
  // Asked-for pauses are spread upwards only: all pods were told the same.
  const delay = Math.max(pause, retryAfterMs > 0 ? retryAfterMs + random() * FIRST_DELAY_MS : 0);
  const last = remainingMs - LAST_TRY_MS;
  if (delay <= last) return Math.ceil(delay);
  if (retryAfterMs <= last && last >= FIRST_DELAY_MS / 2) return Math.floor(last);
  return undefined;
}
