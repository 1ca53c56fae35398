/**
 * `auth/` has the bearer token for both partner APIs, and knows when a partner refuses it. The token is renewed by
 * schedule well before it expires, and when an API refuses it. However many ask, one renewal runs at a time. A renewal
 * that fails keeps the old token until it expires and is tried again with backoff. Secrets and tokens are in no error
 * and no log line.
 */
import { backoffMs, FULL_JITTER, type Backoff } from '../../runtime/backoff.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Logger } from '../../runtime/logger.ts';
import { unwatch, watch } from '../../runtime/abort-hub.ts';
import { createTokenCall, type TokenCallOptions } from './token-call.ts';

export interface TokenSourceOptions extends TokenCallOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called after every renewal, the first included. Must not throw. */
  readonly onRenewal?: (result: 'ok' | 'failed') => void;
  /** 0 ≤ x < 1; for the jitter. */
  readonly random?: () => number;
}

export interface TokenSource {
  /** Begins to renew, at once and then by schedule. */
  start(): void;
  /** The token while it is valid. */
  current(): string | undefined;
  /** The token, as soon as there is a valid one. Undefined when the signal is aborted first. Never rejects. */
  token(signal: AbortSignal): Promise<string | undefined>;
  /**
   * The token to use instead of one that an API refused: the current one if that is another already, else a renewed
   * one. All who ask share one renewal. Undefined when the renewal failed or the signal is aborted. Never rejects;
   * bounded by the time limit of one call.
   */
  renew(refused: string, signal?: AbortSignal): Promise<string | undefined>;
  /** An API took this token: should it be refused later, it was revoked, and a fresh one is worth asking for. */
  worked(token: string): void;
  hasValidToken(): boolean;
  /** Why the latest renewal failed; undefined where it did not. */
  lastError(): string | undefined;
  /** Ends renewal, closes sockets and timers. */
  stop(): void;
}

interface HeldToken {
  readonly value: string;
  readonly expiresAtMs: number;
  readonly renewAtMs: number;
}

const BACKOFF: Backoff = { firstMs: 500, longestMs: 15_000, jitter: FULL_JITTER };
/** A token that no API ever took causes at most one renewal in this time: an API that refuses all is no reason to flood. */
const REFUSAL_SPACING_MS = 1000;

/** @throws TypeError where `url` is no http(s) URL. */
export function createTokenSource(options: TokenSourceOptions): TokenSource {
  const { clock, logger, random = Math.random } = options;
  const call = createTokenCall(options);
  const stopped = new AbortController();
  const waiting = new Set<(token: string) => void>();
  let held: HeldToken | undefined;
  let renewal: Promise<boolean> | undefined;
  let nap = new AbortController();
  let refusedAtMs = Number.NEGATIVE_INFINITY;
  let refusalAnswered = false;
  let lastWorking: string | undefined;
  let lastError: string | undefined;

  function current(): string | undefined {
    return held !== undefined && clock.now() < held.expiresAtMs ? held.value : undefined;
  }

  async function ask(): Promise<boolean> {
    const askedAtMs = clock.now();
    const granted = await call.ask(stopped.signal);
    if (stopped.signal.aborted) return false;
    options.onRenewal?.(granted.ok ? 'ok' : 'failed');
    lastError = granted.ok ? undefined : granted.error;
    if (!granted.ok) {
      const { error } = granted;
      logger.warn({ error, tokenLeft: current() !== undefined }, 'the token could not be renewed');
      return false;
    }
    held = {
      value: granted.value,
      expiresAtMs: askedAtMs + granted.lifetimeMs,
      // 75–80 % of its life: time for many tries, and pods that started together drift apart.
      renewAtMs: askedAtMs + granted.lifetimeMs * (0.75 + random() * 0.05),
    };
    for (const give of waiting) give(granted.value);
    waiting.clear();
    nap.abort();
    return true;
  }

  function renewOnce(): Promise<boolean> {
    renewal ??= ask().finally(() => (renewal = undefined));
    return renewal;
  }

  async function run(): Promise<void> {
    let failures = 0;
    while (!stopped.signal.aborted) {
      let waitMs = held === undefined ? 0 : held.renewAtMs - clock.now();
      if (waitMs <= 0) {
        if (await renewOnce()) failures = 0;
        else waitMs = backoffMs(++failures, BACKOFF, random);
      }
      if (waitMs <= 0) continue;
      nap = new AbortController();
      await clock.sleep(waitMs, AbortSignal.any([nap.signal, stopped.signal]));
    }
  }

  /** `promise`, or undefined as soon as the signal is aborted. */
  function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
    return new Promise((resolve) => {
      const item = { abandon: () => resolve(undefined) };
      watch(signal, item);
      void promise.then((value) => {
        unwatch(signal, item);
        resolve(value);
      });
    });
  }

  async function renewRefused(refused: string): Promise<string | undefined> {
    const now = current();
    if (now !== undefined && now !== refused) return now;
    const isSpaced = refused !== lastWorking && clock.now() - refusedAtMs < REFUSAL_SPACING_MS;
    if (renewal === undefined && isSpaced) return refusalAnswered ? now : undefined;
    refusedAtMs = clock.now();
    // What worked and is refused is spent: a server that gives the same token again is not asked again and again.
    lastWorking = undefined;
    refusalAnswered = await renewOnce();
    return refusalAnswered ? current() : undefined;
  }

  return {
    start: () => void run(),
    current,
    token(signal) {
      const now = current();
      if (now !== undefined) return Promise.resolve(now);
      const { promise, resolve } = Promise.withResolvers<string>();
      waiting.add(resolve);
      return unlessAborted(promise, signal).finally(() => waiting.delete(resolve));
    },
    renew: (refused, signal = stopped.signal) => unlessAborted(renewRefused(refused), signal),
    worked(token) {
      lastWorking = token;
    },
    hasValidToken: () => current() !== undefined,
    lastError: () => lastError,
    stop() {
      stopped.abort();
      nap.abort();
      call.close();
    },
  };
}
