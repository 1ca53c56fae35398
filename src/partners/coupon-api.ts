/**
 * Coupons for an event, whatever the partner's day is like: an outage is waited out behind this port, at most
 * until the event is stale, and nothing is lost. Every wait (for a slot, a token, the breaker, a backoff) ends at
 * once when the event's hold is lost. The breaker works through the router pool's limit: open lets nobody through,
 * half open a few, and after an outage the limit grows from small again; so there is one queue, fair between
 * partitions, and no herd.
 */
import { AbandonedError } from '../domain/errors.ts';
import type { Clock, CouponAnswer, CouponQuery, CouponSource, Hold, Logger } from '../pipeline/ports.ts';
import { createAdaptiveLimit } from './adaptive-limit.ts';
import { createAuthRefusal } from './auth-refusal.ts';
import { pause, within } from './bounded-wait.ts';
import { createCircuitBreaker, PROBES, type BreakerState } from './circuit-breaker.ts';
import { createFixedLimit } from './concurrency-limit.ts';
import { createCouponCaller, type Reply } from './coupon-call.ts';
import { couponRequestTarget } from './coupon-request.ts';
import { readReply, type CouponCallResult, type Verdict } from './coupon-verdict.ts';
import { createLatencyWindow } from './latency-window.ts';
import { backoffMs } from './retry-policy.ts';
import { createRouterPool } from './router-pool.ts';
import type { TokenSource } from './token-source.ts';
import { ACCEPTED_ENCODINGS } from './unpack-body.ts';
import { headerText } from './wire-text.ts';

export interface CouponApiOptions {
  /** Base URL, http or https; may carry a path and a trailing slash. */
  readonly url: string;
  /** For one call from connecting to its last byte, ms. */
  readonly timeoutMs: number;
  /** Most calls in flight, or `auto`: found between 8 and 512. */
  readonly concurrency: number | 'auto';
  /** Absent: calls carry no Authorization. */
  readonly tokens?: TokenSource;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Larger answers are rejected. Default 1 MiB. */
  readonly maxResponseBytes?: number;
  /** Called after every HTTP call, retries included. Must not throw. */
  readonly onCall?: (result: CouponCallResult, durationMs: number) => void;
  /** Called where an answer held coupons that break the schema, with their number. Must not throw. */
  readonly onInvalidCoupons?: (count: number) => void;
  /** 0 ≤ x < 1; for the jitter. */
  readonly random?: () => number;
}

export interface CouponApiStats {
  /** Calls out now. */
  readonly inFlight: number;
  /** Some are out, and the time limit of the latest is yet to come: it will end, and is waited for with reason. */
  readonly isCallInTime: boolean;
  /** Events waiting for a slot. */
  readonly waiting: number;
  /** Events between two tries, by backoff or `Retry-After`. */
  readonly pausing: number;
  /** Most calls out at once now. */
  readonly limit: number;
  readonly breaker: BreakerState;
  /** Of the last 512 calls, ms. */
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export interface CouponApi extends CouponSource {
  stats(): CouponApiStats;
  /** True while the partner answers 401 even to a fresh token: the pod is not ready. */
  isRefused(): boolean;
  /** Between how many partitions the calls are shared out, ≥ 1. */
  shareBetween(partitions: number): void;
  /** Abandons every call and every wait, closes all sockets and timers. */
  stop(): Promise<void>;
}

const BACKOFF = { firstMs: 100, maxMs: 4000 };
/** Most calls in flight that `auto` may find. */
export const MAX_AUTO_CONCURRENCY = 512;
const AUTO = { min: 8, max: MAX_AUTO_CONCURRENCY, initial: 32 };
const MAX_RESPONSE_BYTES = 1024 * 1024;
const STALE: CouponAnswer = { kind: 'stale' };

/** @throws TypeError where `url` is no http(s) URL. */
export function createCouponApi(options: CouponApiOptions): CouponApi {
  const { concurrency, tokens, clock, logger, timeoutMs, random = Math.random } = options;
  const target = couponRequestTarget(options.url);
  const limit = concurrency === 'auto' ? createAdaptiveLimit(AUTO) : createFixedLimit(concurrency);
  const router = createRouterPool(limit.current(), clock);
  const caller = createCouponCaller({
    origin: target.origin,
    connections: concurrency === 'auto' ? AUTO.max : concurrency,
    timeoutMs,
    maxResponseBytes: options.maxResponseBytes ?? MAX_RESPONSE_BYTES,
  });
  const refusal = createAuthRefusal('coupon API', clock, logger);
  const latencies = createLatencyWindow();
  const stopped = new AbortController();
  let lastFailure = '';
  let pausing = 0;
  /** Of the latest call, monotonic ms. */
  let calledAtMs = -Infinity;
  const breaker = createCircuitBreaker({ clock, random, onChange: onBreaker });

  function onBreaker(state: BreakerState): void {
    if (state === 'open') {
      router.setLimit(0);
      logger.warn({ api: 'coupon API', error: lastFailure }, 'the coupon API is down: calls wait');
    } else if (state === 'half_open') {
      router.setLimit(Math.min(PROBES, limit.current()));
    } else {
      limit.restart();
      router.setLimit(limit.current());
      logger.info({ api: 'coupon API' }, 'the coupon API answers again');
    }
  }

  /** One HTTP call and everything that counts it. */
  function call(query: CouponQuery, path: string, token: string | undefined, hold: Hold): Promise<Verdict> {
    const ticket = breaker.ticket();
    const startedMs = performance.now();
    calledAtMs = startedMs;
    return caller.get(path, headersOf(query, token), hold, (reply) =>
      settle(reply, token, ticket, performance.now() - startedMs),
    );
  }

  function settle(
    reply: Reply,
    token: string | undefined,
    ticket: number,
    durationMs: number,
  ): Verdict | Promise<Verdict> {
    if (stopped.signal.aborted) return { kind: 'abandoned' };
    const verdict = readReply(reply, clock.now());
    if (verdict.kind === 'abandoned') return verdict;
    latencies.add(durationMs);
    options.onCall?.(verdict.result, durationMs);
    if (reply.kind === 'answer' && verdict.kind !== 'unauthorized') {
      refusal.accepted();
      if (token !== undefined) tokens?.worked(token);
    }
    if (verdict.kind === 'unauthorized') return verdict;
    const failed = verdict.kind === 'failed';
    if (failed) lastFailure = verdict.error;
    const judged = breaker.settle(ticket, !failed);
    limit.settled(failed, durationMs, router.inFlight(), router.waiting() > 0);
    if (breaker.state() === 'closed' && router.limit() !== limit.current()) router.setLimit(limit.current());
    return judged === undefined ? verdict : judged.then(() => verdict);
  }

  /** After a 401: renews the token once and repeats the call. The slot is kept: the others need that token, too. */
  async function callAgain(
    query: CouponQuery,
    path: string,
    token: string | undefined,
    hold: Hold,
    ticket: number,
  ): Promise<Verdict> {
    if (tokens !== undefined && token !== undefined) {
      const renewed = await tokens.renew(token, hold.signal);
      if (hold.isLost()) return { kind: 'abandoned' };
      if (renewed !== undefined) {
        const verdict = await call(query, path, renewed, hold);
        if (verdict.kind !== 'unauthorized') return verdict;
      }
    }
    refusal.refused();
    lastFailure = '401 after a fresh token';
    await breaker.settle(ticket, false);
    return { kind: 'failed', result: 'unauthorized', error: lastFailure, retryAfterMs: undefined };
  }

  /** Undefined when the event is stale or abandoned before there is a token. */
  function tokenFor(
    query: CouponQuery,
    signal: AbortSignal,
    source: TokenSource,
  ): Promise<string | undefined> {
    const leftMs = query.staleAtMs - clock.now();
    return within(clock, leftMs, [signal, stopped.signal], (bounded) => source.token(bounded));
  }

  async function find(query: CouponQuery, hold: Hold): Promise<CouponAnswer> {
    const path = target.path(query.event);
    for (let attempt = 0; ;) {
      if (hold.isLost() || stopped.signal.aborted) throw new AbandonedError();
      if (clock.now() >= query.staleAtMs) return STALE;
      if (tokens !== undefined && tokens.current() === undefined) {
        // Whatever ended the wait, the head of the loop asks why: a timer may end a moment before its time.
        await tokenFor(query, hold.signal, tokens);
        continue;
      }
      if (!router.tryEnter(query.partition)) {
        const admission = await router.wait(query.staleAtMs, hold, query.partition);
        if (admission === 'stale') return STALE;
        if (admission === 'abandoned') throw new AbandonedError();
      }
      let verdict: Verdict;
      try {
        const token = tokens?.current();
        // Expired while this event waited for its slot: back to waiting for one.
        if (tokens !== undefined && token === undefined) continue;
        const ticket = breaker.ticket();
        verdict = await call(query, path, token, hold);
        if (verdict.kind === 'unauthorized') verdict = await callAgain(query, path, token, hold, ticket);
      } finally {
        router.leave(query.partition);
      }
      if (verdict.kind === 'answer') {
        if (verdict.invalid > 0) options.onInvalidCoupons?.(verdict.invalid);
        return verdict.answer;
      }
      if (verdict.kind !== 'failed') throw new AbandonedError();
      const waitMs = (verdict.retryAfterMs ?? 0) + backoffMs(attempt, BACKOFF, random);
      attempt += 1;
      pausing += 1;
      await pause(clock, Math.min(waitMs, query.staleAtMs - clock.now()), hold.signal, stopped.signal);
      pausing -= 1;
    }
  }

  return {
    find,
    stats: () => ({
      inFlight: router.inFlight(),
      isCallInTime: router.inFlight() > 0 && performance.now() - calledAtMs < timeoutMs,
      waiting: router.waiting(),
      pausing,
      limit: router.limit(),
      breaker: breaker.state(),
      ...latencies.percentiles(),
    }),
    isRefused: () => refusal.isRefused(),
    shareBetween: (partitions) => router.shareBetween(partitions),
    async stop() {
      stopped.abort();
      router.close();
      breaker.stop();
      await caller.close();
    },
  };
}

function headersOf(query: CouponQuery, token: string | undefined): string[] {
  const headers = [
    'accept',
    'application/json',
    'accept-encoding',
    ACCEPTED_ENCODINGS,
    'x-event-id',
    headerText(query.event.eventId),
    'traceparent',
    query.traceparent,
  ];
  if (token !== undefined) headers.push('authorization', `Bearer ${token}`);
  return headers;
}
