/**
 * HTTP GETs to the coupon API by undici, as cheaply as it allows, because this runs for every event. It uses the bare
 * dispatch, without the streams that undici's `request` builds for every answer. HTTP/1.1, one call a socket; never
 * retried here.
 */
import type { Ownership } from '../../domain/ownership.ts';
import { createCallDeadlines } from '../http/call-deadlines.ts';
import { createHttpSockets } from '../http/http-sockets.ts';
import type { Proxy } from '../http/proxy.ts';
import { createAnswerRoom } from './answer-room.ts';
import { CouponCall, type Reply } from './coupon-call.ts';

export type ReadReply<T> = (reply: Reply) => T | Promise<T>;

export interface CouponCaller {
  /**
   * Settles within the time limit, at once when ownership is revoked, with what `read` makes of the reply. Rejects only
   * where `read` throws or rejects.
   */
  get<T>(path: string, headers: string[], ownership: Ownership, read: ReadReply<T>): Promise<T>;
  /** Calls that are out and began before then (`performance.now()`). O(that many). */
  outSinceBefore(atMs: number): number;
  /** Ends calls that are out as failed and closes every socket. */
  close(): Promise<void>;
}

export interface CouponCallerOptions {
  readonly origin: string;
  /** Most sockets. */
  readonly connections: number;
  readonly timeoutMs: number;
  readonly maxResponseBytes: number;
  /** Undefined: the API is reached directly. */
  readonly proxy: Proxy | undefined;
}

/** Closed below a server's usual 5 s, so that a call seldom meets a socket that is just being closed. */
const KEEP_ALIVE_MS = 4000;
/** Large answers being received, read or decided on at once: together some 100 MB at worst. */
const LARGE_ANSWERS = 8;

export function createCouponCaller(options: CouponCallerOptions): CouponCaller {
  const { origin, timeoutMs, maxResponseBytes } = options;
  const sockets = createHttpSockets(origin, options.connections, {
    keepAliveTimeout: KEEP_ALIVE_MS,
    connectTimeout: timeoutMs,
    proxy: options.proxy,
    // undici's own timers turn in steps of half a second; ours below covers the whole call.
    headersTimeout: 0,
    bodyTimeout: 0,
  });

  const deadlines = createCallDeadlines<CouponCall>(timeoutMs);
  const room = createAnswerRoom(LARGE_ANSWERS);
  const limits = { timeoutMs, maxResponseBytes, deadlines, sockets, room };

  return {
    get: (path, headers, ownership, read) =>
      new Promise((resolve, reject) => {
        const onReply = (reply: Reply): void => {
          resolve(read(reply));
        };
        const call = new CouponCall({ onReply, onFault: reject }, ownership, limits);
        ownership.watch(call);
        // Not blocking: the rest of undici's queue need not be looked at when an answer begins, as there is none.
        if (!ownership.isRevoked()) sockets.dispatch({ path, method: 'GET', headers, blocking: false }, call);
      }),
    outSinceBefore: (atMs) => deadlines.addedBefore(atMs),
    async close() {
      await sockets.close();
      deadlines.stop();
    },
  };
}
