/**
 * `push/` sends one push by the push API: the call that must never be made twice. Every answer and every failure is
 * told apart by one question: may the partner have got it? Surely not (nothing was written, or it said so): `not_sent`.
 * In doubt: `maybe_sent`.
 */
import type { SendCall, SendResult } from '../../domain/delivery.ts';
import type { FrozenPush } from '../../domain/push.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Logger } from '../../runtime/logger.ts';
import { createAuthRefusal } from '../auth/auth-refusal.ts';
import { bounded } from '../../runtime/deadline.ts';
import { createPoster, type PostReply } from '../http/http-post.ts';
import { createRecentCalls, type RecentCalls } from './recent-calls.ts';
import { parseRetryAfter } from '../http/retry-after.ts';
import type { TokenSource } from '../auth/token-source.ts';
import type { Proxy } from '../http/proxy.ts';
import { encodeHeader } from '../http/http-encoding.ts';

export interface PushApiOptions {
  /** Base URL, http or https; may carry a path and a trailing slash. */
  readonly url: string;
  /** For one call from connecting to the answer, ms. */
  readonly timeoutMs: number;
  /** Absent: calls carry no Authorization. */
  readonly tokens?: TokenSource;
  /** Absent: the API is reached directly. */
  readonly proxy?: Proxy | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How long an unused socket is kept, ms; default 4000. */
  readonly keepAliveMs?: number;
  /** Called after every HTTP call. Must not throw. */
  readonly onCall?: (result: SendResult['kind'], durationMs: number) => void;
}

export interface PushApiStats extends ReturnType<RecentCalls['seen']> {
  /** Calls out now. */
  readonly inFlight: number;
}

export interface PushApi {
  /** Sends one push, at most once but for a repeat after 401. Never rejects. */
  send(push: FrozenPush, options: SendCall): Promise<SendResult>;
  /** True while the partner answers 401 even to a fresh token: the pod is not ready. */
  isRefused(): boolean;
  stats(): PushApiStats;
  /** Closes the sockets; calls that are out end as `maybe_sent`. */
  stop(): void;
}

/** @throws TypeError where `url` is no http(s) URL. */
export function createPushApi(options: PushApiOptions): PushApi {
  const { tokens, clock, logger } = options;
  const poster = createPoster({ ...options, url: `${baseOf(options.url)}/v1/pushes` });
  const refusal = createAuthRefusal('push API', clock, logger);
  const stopped = new AbortController();
  const recent = createRecentCalls();
  let inFlight = 0;

  async function post(body: string, token: string | undefined, send: SendCall): Promise<PostReply> {
    const startedMs = performance.now();
    const trace = send.trace?.call();
    inFlight += 1;
    const reply = await poster.post({
      headers: {
        'content-type': 'application/json',
        'idempotency-key': encodeHeader(send.idempotencyKey),
        traceparent: trace?.traceparent ?? send.traceparent,
        ...(send.tracestate !== undefined && { tracestate: send.tracestate }),
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
      body,
      wantsBody: false,
      fence: send.fence,
      signal: send.signal,
    });
    inFlight -= 1;
    const result = meaningOf(reply, clock.now());
    trace?.ended(
      result.kind === 'sent' ? undefined : result.kind,
      reply.kind === 'answer' ? reply.status : undefined,
    );
    // What we have given up ourselves says nothing of the partner.
    if (!send.signal.aborted) recent.add(isAnswer(result) ? undefined : result.error);
    options.onCall?.(result.kind, performance.now() - startedMs);
    if (reply.kind === 'answer' && reply.status !== 401) {
      refusal.accepted();
      if (token !== undefined) tokens?.worked(token);
    }
    return reply;
  }

  /** A wait for the auth server, no longer than there is time to write. */
  function awaitToken(
    send: SendCall,
    ask: (signal: AbortSignal) => Promise<string | undefined>,
  ): Promise<string | undefined> {
    const leftMs = Math.min(send.fence.leftMs(), options.timeoutMs);
    const signals = [stopped.signal, send.signal];
    return bounded(ask, { limitMs: Math.max(0, leftMs), signals, clock });
  }

  async function send(push: FrozenPush, sending: SendCall): Promise<SendResult> {
    const body = bodyOf(push, sending.expiresAtMs);
    if (tokens === undefined) return conclude(await post(body, undefined, sending));
    const token = tokens.current() ?? (await awaitToken(sending, (signal) => tokens.token(signal)));
    if (token === undefined) return { kind: 'not_sent', error: 'no valid token' };
    const reply = await post(body, token, sending);
    if (reply.kind !== 'answer' || reply.status !== 401) return conclude(reply);
    const renewed = await awaitToken(sending, (signal) => tokens.renew(token, signal));
    if (renewed === undefined) return conclude(reply);
    return conclude(await post(body, renewed, sending));
  }

  function conclude(reply: PostReply): SendResult {
    if (reply.kind === 'answer' && reply.status === 401) refusal.refused();
    return meaningOf(reply, clock.now());
  }

  return {
    send,
    isRefused: () => refusal.isRefused(),
    stats: () => ({ inFlight, ...recent.seen() }),
    stop() {
      stopped.abort();
      poster.close();
    },
  };
}

/** The contract's table, one row a line. */
function meaningOf(reply: PostReply, nowMs: number): SendResult {
  if (reply.kind === 'failed') return { kind: reply.written ? 'maybe_sent' : 'not_sent', error: reply.error };
  const { status } = reply;
  const error = `HTTP ${status}`;
  if (status >= 200 && status < 300) return { kind: 'sent' };
  const retryAfterMs = parseRetryAfter(reply.retryAfter, nowMs);
  const later = retryAfterMs === undefined ? {} : { retryAfterMs };
  if (status === 429 || status === 401) return { kind: 'not_sent', error, ...later };
  if (status >= 400 && status < 500) return { kind: 'rejected', error };
  // 5xx, and redirects, which are not followed: a gateway may send on what it has taken, or what it hands back.
  return { kind: 'maybe_sent', error, ...later };
}

/** The partner has decided. */
function isAnswer(result: SendResult): result is Extract<SendResult, { kind: 'sent' | 'rejected' }> {
  return result.kind === 'sent' || result.kind === 'rejected';
}

function bodyOf(push: FrozenPush, expiresAtMs: number): string {
  const { userId, couponId, merchantId, title, body, deepLink, collapseKey, eventId, rulesVersion } = push;
  const expiresAt = new Date(expiresAtMs).toISOString();
  // JSON leaves out what is undefined.
  return JSON.stringify({
    userId,
    couponId,
    merchantId,
    title,
    body,
    deepLink,
    collapseKey,
    expiresAt,
    eventId,
    rulesVersion,
  });
}

function baseOf(url: string): string {
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname.replace(/\/+$/, '')}`;
}
