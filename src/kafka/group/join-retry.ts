/**
 * How long kafkajs tries by itself before it gives a join up, leaves the group and starts over. That must not happen
 * during a handover: so the tries outlast the drain limit by about a minute.
 */

/** Short waits, so that a held join goes on soon after its handover. */
const PAUSES = { initialRetryTime: 100, multiplier: 1.5, factor: 0.2, maxRetryTime: 400 } as const;
/** About a minute. */
const RETRIES = 150;

/** @param drainTimeoutMs how long a join may be held, ms. */
export function joinRetry(drainTimeoutMs: number): typeof PAUSES & { readonly retries: number } {
  return { ...PAUSES, retries: RETRIES + Math.ceil(drainTimeoutMs / PAUSES.maxRetryTime) };
}
