/**
 * One HTTP GET on undici's pool, as cheaply as it allows: its bare dispatch, without the streams that
 * `Pool.request` builds for every answer, because this runs for every event. Bounded in time (one limit for
 * connecting, waiting and reading together) and in size; never retried here; HTTP/1.1, one call a socket.
 */
import { Pool } from 'undici';
import type { Hold } from '../pipeline/ports.ts';
import { shortError } from './wire-text.ts';

export type Reply =
  /** Of a 2xx the whole body; of any other status nothing, as the status says it all. */
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly retryAfter: string | undefined;
      readonly body: Buffer;
    }
  | { readonly kind: 'too_large' }
  | { readonly kind: 'failed'; readonly reason: 'timeout' | 'network'; readonly error: string }
  | { readonly kind: 'abandoned' };

export interface CouponCaller {
  /** Settles within the time limit, at once when the hold is lost. Never rejects. */
  get(path: string, headers: string[], hold: Hold): Promise<Reply>;
  /** Ends calls that are out as failed and closes every socket. */
  close(): Promise<void>;
}

export interface CouponCallerOptions {
  readonly origin: string;
  /** Most sockets. */
  readonly connections: number;
  readonly timeoutMs: number;
  readonly maxResponseBytes: number;
}

/** What undici tells about a call, as far as it is used here. */
interface Controller {
  abort(reason: Error): void;
}

const ABANDONED: Reply = { kind: 'abandoned' };
const TOO_LARGE: Reply = { kind: 'too_large' };
const NO_BODY: Buffer = Buffer.alloc(0);
/** Closed below a server's usual 5 s, so that a call seldom meets a socket that is just being closed. */
const KEEP_ALIVE_MS = 4000;
const ENDED = new Error('the call has ended');

export function createCouponCaller(options: CouponCallerOptions): CouponCaller {
  const { origin, timeoutMs, maxResponseBytes } = options;
  const pool = new Pool(origin, {
    connections: options.connections,
    pipelining: 1,
    allowH2: false,
    keepAliveTimeout: KEEP_ALIVE_MS,
    connect: { timeout: timeoutMs },
    // undici's own timers turn in steps of half a second; ours below covers the whole call.
    headersTimeout: 0,
    bodyTimeout: 0,
  });

  function get(path: string, headers: string[], hold: Hold): Promise<Reply> {
    return new Promise((resolve) => {
      let settled = false;
      let controller: Controller | undefined;
      let status = 0;
      let retryAfter: string | undefined;
      let body: Buffer = NO_BODY;
      let chunks: Buffer[] | undefined;
      let received = 0;

      const abandonable = { abandon: () => finish(ABANDONED, true) };
      const timer = setTimeout(() => {
        // After a pause of our own the answer may be here, unread: one look at the sockets before giving up.
        setImmediate(() =>
          finish(
            orStatus({ kind: 'failed', reason: 'timeout', error: `no answer in ${timeoutMs} ms` }),
            true,
          ),
        );
      }, timeoutMs);

      function finish(reply: Reply, abort: boolean): void {
        if (settled) return;
        settled = true;
        clearTimeout(timer);
        hold.unwatch(abandonable);
        if (abort) controller?.abort(ENDED);
        resolve(reply);
      }

      /** Where the status alone decides, the rest of the answer may fail as it likes. */
      function orStatus(failure: Reply): Reply {
        return status === 0 || isSuccess(status)
          ? failure
          : { kind: 'answer', status, retryAfter, body: NO_BODY };
      }

      hold.watch(abandonable);
      if (hold.isLost()) return;
      pool.dispatch(
        { path, method: 'GET', headers },
        {
          onRequestStart(started) {
            // Given up while it was still connecting: undici offers no way to take it back before now.
            if (settled) started.abort(ENDED);
            controller = started;
          },
          onResponseStart(_controller, statusCode, answerHeaders) {
            if (statusCode < 200) return;
            status = statusCode;
            const given = answerHeaders['retry-after'];
            retryAfter = Array.isArray(given) ? given[0] : given;
          },
          onResponseData(_controller, chunk) {
            received += chunk.length;
            if (received > maxResponseBytes) finish(orStatus(TOO_LARGE), true);
            else if (!isSuccess(status)) return;
            else if (received === chunk.length) body = chunk;
            else (chunks ??= [body]).push(chunk);
          },
          onResponseEnd() {
            const whole = chunks === undefined ? body : Buffer.concat(chunks);
            finish({ kind: 'answer', status, retryAfter, body: whole }, false);
          },
          onResponseError(_controller, error) {
            finish(orStatus({ kind: 'failed', reason: reasonOf(error), error: shortError(error) }), false);
          },
        },
      );
    });
  }

  return { get, close: () => pool.destroy() };
}

function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

function reasonOf(error: Error): 'timeout' | 'network' {
  const code: unknown = Reflect.get(error, 'code');
  return code === 'UND_ERR_CONNECT_TIMEOUT' || code === 'ETIMEDOUT' ? 'timeout' : 'network';
}
