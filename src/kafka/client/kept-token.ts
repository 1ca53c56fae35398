/** A token that is asked for when it is needed, kept for most of its life, and asked for once by all who wait for it. */
import type { Clock } from '../../runtime/clock.ts';

export type AskForToken = () => Promise<{
  readonly value: string;
  /** From when it was asked for, ms. */
  readonly lifetimeMs: number;
}>;

/** The rest is for the login itself, and for clocks that differ. */
const KEPT_SHARE = 0.75;

/** @returns a function that rejects as `ask` does; the next call then asks again. */
export function keepToken(ask: AskForToken, clock: Pick<Clock, 'now'>): () => Promise<string> {
  let kept: { readonly value: string; readonly untilMs: number } | undefined;
  let asking: Promise<string> | undefined;

  async function renew(): Promise<string> {
    const askedAtMs = clock.now();
    const { value, lifetimeMs } = await ask();
    kept = { value, untilMs: askedAtMs + lifetimeMs * KEPT_SHARE };
    return value;
  }

  return () => {
    if (kept !== undefined && clock.now() < kept.untilMs) return Promise.resolve(kept.value);
    asking ??= renew().finally(() => (asking = undefined));
    return asking;
  };
}
