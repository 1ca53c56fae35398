/** A token that is asked for when it is needed, kept for most of its life, and asked for once by all who wait for it. */
import type { Clock } from '../../runtime/clock.ts';

export type AskForToken = () => Promise<{
  readonly value: string;
  /** From when it was asked for, ms. */
  readonly lifetimeMs: number;
}>;

/** The rest is for the login itself, and for clocks that differ. */
const KEPT_SHARE = 0.75;
/** In a session's last 10 s kafkajs logs in again before every request, and a broker takes one login a second. */
const REST_MS = 15_000;

/**
 * @returns a function that rejects as `ask` does, unless the token before lasts for a login still. The next call then
 *   asks again.
 */
export function keepToken(ask: AskForToken, clock: Pick<Clock, 'now'>): () => Promise<string> {
  let kept: { readonly value: string; readonly untilMs: number; readonly usableUntilMs: number } | undefined;
  let asking: Promise<string> | undefined;

  async function renew(): Promise<string> {
    const askedAtMs = clock.now();
    try {
      const { value, lifetimeMs } = await ask();
      const untilMs = askedAtMs + Math.min(lifetimeMs * KEPT_SHARE, lifetimeMs - REST_MS);
      kept = { value, untilMs, usableUntilMs: askedAtMs + lifetimeMs - REST_MS };
    } catch (error) {
      if (kept === undefined || clock.now() >= kept.usableUntilMs) throw error;
    }
    return kept.value;
  }

  return () => {
    if (kept !== undefined && clock.now() < kept.untilMs) return Promise.resolve(kept.value);
    asking ??= renew().finally(() => (asking = undefined));
    return asking;
  };
}
