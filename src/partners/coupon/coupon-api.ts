/**
 * `coupon/` asks the coupon API for an event's coupons. An outage of the coupon API is waited out behind this port, at
 * most until the event is stale. An event whose calls fail while others are answered ends as `failed` once its time is
 * up. Every wait (for a token, the breaker, another try) ends at once when the event's ownership is revoked. A waiting
 * event holds neither a slot nor a place among the events at work.
 */
import { backoffMs, FULL_JITTER, type Backoff } from '../../runtime/backoff.ts';
import { AbandonedError } from '../../runtime/errors.ts';
import type { CallTrace } from '../../domain/call-trace.ts';
import type { CouponAnswer, CouponQuery, CouponSource } from '../../pipeline/ports.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Ownership } from '../../domain/ownership.ts';
import type { Logger } from '../../runtime/logger.ts';
import { createAdaptiveLimit } from '../limit/adaptive-limit.ts';
import { createAuthRefusal } from '../auth/auth-refusal.ts';
import { bounded, pause } from '../../runtime/deadline.ts';
import { createFixedLimit } from '../limit/concurrency-limit.ts';
import type { Reply } from './coupon-call.ts';
import { createCouponCaller, type CouponCallerOptions } from './coupon-caller.ts';
import { createCouponOutage, type JudgedCall } from './coupon-outage.ts';
import { createCouponPatience, type FailingEvent } from './coupon-patience.ts';
import { couponHeaders, couponRequestTarget } from './coupon-request.ts';
import { faultOf, readReply, type CouponCallResult, type Verdict } from './coupon-verdict.ts';
import type { CouponApiStats } from './coupon-stats.ts';
import { createLatencyWindow } from './latency-window.ts';
import { createRouterPool, type TryAgain } from './router-pool.ts';
import type { TokenSource } from '../auth/token-source.ts';

export interface CouponApiOptions extends Partial<Pick<CouponCallerOptions, 'proxy'>> {
  /** Base URL, http or https; may carry a path and a trailing slash. */
  readonly url: string;
  /** For one call from connecting to its last byte, ms. */
  readonly timeoutMs: number;
  /** How long an event's own failing calls are tried again while others are answered, ms; default 30 s. */
  readonly patienceMs?: number;
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
  /** Monotonic ms; `performance.now` by default. */
  readonly nowMs?: () => number;
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

const BACKOFF: Backoff = { firstMs: 100, longestMs: 4000, jitter: FULL_JITTER };
/** Most calls in flight that `auto` may find. */
export const MAX_AUTO_CONCURRENCY = 512;
const AUTO = { min: 8, max: MAX_AUTO_CONCURRENCY, initial: 32 };
const MAX_RESPONSE_BYTES = 1024 * 1024;
const DEFAULT_PATIENCE_MS = 30_000;
const NOBODY = { waiting: 0, sinceMs: undefined };
const ABANDONED: Verdict = { kind: 'abandoned' };
const STALE: CouponAnswer = { kind: 'stale' };
/** Somebody's call was accepted so lately: a 401 is about this call, not about the token. */
const ACCEPTED_MS = 5000;
const REFUSED = '401 after a fresh token';

interface Call extends JudgedCall {
  readonly query: CouponQuery;
  readonly trace: CallTrace | undefined;
  readonly token: string | undefined;
}

/** @throws TypeError where `url` is no http(s) URL. */
export function createCouponApi(options: CouponApiOptions): CouponApi {
  const { concurrency, tokens, clock, logger, timeoutMs, random = Math.random } = options;
  const { patienceMs = DEFAULT_PATIENCE_MS, nowMs = () => performance.now() } = options;
  const target = couponRequestTarget(options.url);
  const limit = concurrency === 'auto' ? createAdaptiveLimit(AUTO) : createFixedLimit(concurrency);
  const router = createRouterPool(limit.current(), clock);
  const caller = createCouponCaller({
    origin: target.origin,
    connections: concurrency === 'auto' ? AUTO.max : concurrency,
    ...{ timeoutMs, proxy: options.proxy },
    maxResponseBytes: options.maxResponseBytes ?? MAX_RESPONSE_BYTES,
  });
  const refusal = createAuthRefusal('coupon API', clock, logger);
  const latencies = createLatencyWindow();
  const stopped = new AbortController();
  const outage = createCouponOutage({
    ...{ limit, router, patienceMs, clock, logger, random, nowMs },
    outSinceBefore: (atMs) => caller.outSinceBefore(atMs),
  });
  const { evidence, isClosed } = outage;
  const patience = createCouponPatience({ patienceMs, evidence, nowMs });
  let pausing = 0;
  /** Of the latest call, monotonic ms. */
  let calledAtMs = -Infinity;
  let acceptedAtMs = -Infinity;

  /** One HTTP call and everything that counts it. */
  function send(call: Call, path: string, ownership: Ownership): Promise<Verdict> {
    calledAtMs = call.startedMs;
    const { query, token, trace } = call;
    const headers = couponHeaders(query, trace?.traceparent ?? query.traceparent, token);
    return caller.get(path, headers, ownership, (reply) => settle(reply, call));
  }

  function begin(query: CouponQuery, token: string | undefined, isAgain: boolean): Call {
    const { userId } = query.event;
    return {
      query,
      userId,
      token,
      trace: query.trace?.call(),
      generation: outage.generation(),
      startedMs: performance.now(),
      beganMs: nowMs(),
      isAgain,
    };
  }

  function settle(reply: Reply, call: Call): Verdict {
    const verdict = stopped.signal.aborted ? ABANDONED : readReply(reply, clock.now());
    call.trace?.ended(faultOf(verdict), reply.kind === 'answer' ? reply.status : undefined);
    if (verdict.kind === 'abandoned') return verdict;
    const durationMs = performance.now() - call.startedMs;
    latencies.add(durationMs);
    options.onCall?.(verdict.result, durationMs);
    if (reply.kind === 'answer' && verdict.kind !== 'unauthorized') {
      acceptedAtMs = performance.now();
      refusal.accepted();
      if (call.token !== undefined) tokens?.worked(call.token);
    }
    if (verdict.kind === 'unauthorized') return verdict;
    outage.judge(call, verdict.kind === 'failed' ? verdict.error : undefined, durationMs);
    return verdict;
  }

  /** After a 401: renews the token once and repeats the call. The slot is kept: the others need that token, too. */
  async function callAgain(call: Call, path: string, ownership: Ownership): Promise<Verdict> {
    const { token } = call;
    const isAlone = call.isAgain && performance.now() - acceptedAtMs < ACCEPTED_MS;
    if (tokens !== undefined && token !== undefined && !isAlone) {
      const renewed = await tokens.renew(token, ownership.signal);
      if (ownership.isRevoked()) return { kind: 'abandoned' };
      if (renewed !== undefined) {
        const verdict = await send(begin(call.query, renewed, call.isAgain), path, ownership);
        if (verdict.kind !== 'unauthorized') return verdict;
      }
    }
    // Nobody's call was accepted meanwhile.
    if (!isAlone && acceptedAtMs < call.startedMs) refusal.refused();
    outage.judge(call, REFUSED);
    return { kind: 'failed', result: 'unauthorized', error: REFUSED, retryAfterMs: undefined };
  }

  /** Undefined when the event is stale or abandoned before there is a token. */
  function tokenFor(
    query: CouponQuery,
    signal: AbortSignal,
    source: TokenSource,
  ): Promise<string | undefined> {
    const leftMs = query.staleAtMs - clock.now();
    const signals = [signal, stopped.signal];
    return bounded((ended) => source.token(ended), { limitMs: leftMs, signals, clock });
  }

  /** Until its next try is due, it is to end, or there is no use in waiting. */
  async function pauseBefore(
    event: FailingEvent,
    waitMs: number,
    query: CouponQuery,
    ownership: Ownership,
  ): Promise<void> {
    const dueMs = nowMs() + waitMs;
    ownership.park();
    pausing += 1;
    while (!ownership.isRevoked() && !stopped.signal.aborted && !patience.isOver(event)) {
      const leftMs = Math.min(dueMs - nowMs(), query.staleAtMs - clock.now());
      if (leftMs <= 0) break;
      await pause(clock, Math.min(leftMs, patience.leftMs(event)), ownership.signal, stopped.signal);
    }
    pausing -= 1;
  }

  function tryAgain(userId: string, event: FailingEvent | undefined): TryAgain {
    if (event !== undefined) return { isOver: () => patience.isOver(event) };
    // Its user's calls fail, and it finds no room for a try of its own: its time counts from here.
    const startMs = nowMs();
    return { isOver: () => evidence.failing(userId) !== undefined && patience.isOver({ startMs }) };
  }

  async function find(query: CouponQuery, ownership: Ownership): Promise<CouponAnswer> {
    const { userId } = query.event;
    const path = target.path(query.event);
    let failing: FailingEvent | undefined;
    try {
      for (;;) {
        if (ownership.isRevoked() || stopped.signal.aborted) throw new AbandonedError();
        if (clock.now() >= query.staleAtMs) return STALE;
        if (failing !== undefined && patience.isOver(failing))
          return { kind: 'failed', error: patience.explain(failing) };
        if (tokens !== undefined && tokens.current() === undefined) {
          ownership.park();
          // Whatever ended the wait, the head of the loop asks why: a timer may end a moment before its time.
          await tokenFor(query, ownership.signal, tokens);
          continue;
        }
        const isAgain =
          failing !== undefined || (!evidence.isQuiet() && evidence.failing(userId) !== undefined);
        if (!router.tryEnter(query.partition, isAgain)) {
          if (isAgain || !isClosed()) ownership.park();
          const again = isAgain ? tryAgain(userId, failing) : undefined;
          query.trace?.note(isClosed() ? 'waiting for a slot' : 'waiting for the API');
          const admission = await router.wait(query.staleAtMs, ownership, query.partition, again);
          if (admission === 'abandoned') throw new AbandonedError();
          if (admission === 'stale') {
            if (failing !== undefined) continue;
            if (!isAgain || clock.now() >= query.staleAtMs) return STALE;
            return { kind: 'failed', error: `no room for a try: ${evidence.failing(userId)?.error ?? ''}` };
          }
        }
        ownership.unpark();
        let verdict: Verdict;
        try {
          const token = tokens?.current();
          // Expired while this event waited for its slot: back to waiting for one.
          if (tokens !== undefined && token === undefined) continue;
          const call = begin(query, token, isAgain);
          verdict = await send(call, path, ownership);
          if (verdict.kind === 'unauthorized') verdict = await callAgain(call, path, ownership);
        } finally {
          router.leave(query.partition, isAgain);
        }
        if (verdict.kind === 'answer') {
          if (verdict.invalid > 0) options.onInvalidCoupons?.(verdict.invalid);
          return verdict.answer;
        }
        if (verdict.kind !== 'failed') throw new AbandonedError();
        const { error, retryAfterMs = 0 } = verdict;
        failing ??= patience.begin(userId, query.receivedAtMs ?? -Infinity, error);
        failing.error = error;
        failing.tries += 1;
        const waitMs = retryAfterMs + backoffMs(failing.tries, BACKOFF, random);
        query.trace?.note('retry', {
          tries: failing.tries,
          result: verdict.result,
          in_ms: Math.round(waitMs),
        });
        await pauseBefore(failing, waitMs, query, ownership);
      }
    } finally {
      if (failing !== undefined) patience.end(failing);
    }
  }

  return {
    find,
    stats: () => ({
      inFlight: router.inFlight(),
      isCallInTime: router.inFlight() > 0 && performance.now() - calledAtMs < timeoutMs,
      waiting: router.waiting(),
      pausing,
      failingAlone: patience.alone(),
      waitingForAll: patience.withAll(isClosed() ? NOBODY : router.firstCalls()),
      isDark: evidence.isDark(nowMs()),
      limit: router.limit(),
      breaker: outage.state(),
      ...latencies.percentiles(),
    }),
    isRefused: () => refusal.isRefused(),
    shareBetween: (partitions) => router.shareBetween(partitions),
    async stop() {
      stopped.abort();
      router.close();
      outage.stop();
      await caller.close();
    },
  };
}
