/**
 * One call of the coupon API, and what has come of its answer. Bounded in time (one limit for connecting, waiting and
 * reading together) and in size. A body that must be unpacked, or is large, is read in turns of the event loop, and the
 * time limit does not cover that. Such an answer first waits for its place among the large ones.
 */
import type { Client } from 'undici';
import type { Abandonable } from '../../runtime/abandonable.ts';
import type { Ownership } from '../../domain/ownership.ts';
import { leaveOnce, type AnswerRoom, type Guest } from './answer-room.ts';
import { readLargeBody, readSmallBody, SMALL_BYTES } from './coupon-body.ts';
import type { ParsedCoupons } from './coupon-schema.ts';
import type { CallDeadlines, ExpiringCall } from '../http/call-deadlines.ts';
import type { HttpSockets, SocketUser } from '../http/http-sockets.ts';
import { encodingOf } from '../http/unpack-body.ts';
import { shortError } from '../../runtime/error-text.ts';

export type Reply =
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly retryAfter: string | undefined;
      /** Of a 2xx what its body says; of any other status nothing, as the status says it all. */
      readonly coupons: ParsedCoupons | undefined;
      /** Of a large answer: see the port. */
      readonly release?: () => void;
    }
  | { readonly kind: 'too_large' }
  | { readonly kind: 'failed'; readonly reason: 'timeout' | 'network'; readonly error: string }
  | { readonly kind: 'abandoned' };

type AnswerHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** undici's, as far as it is used here. */
interface Controller {
  abort(reason: Error): void;
  pause(): void;
  resume(): void;
}

const ABANDONED: Reply = { kind: 'abandoned' };
const TOO_LARGE: Reply = { kind: 'too_large' };
const NO_BODY: Buffer = Buffer.alloc(0);
const ENDED = new Error('the call has ended');

export interface CallLimits {
  readonly timeoutMs: number;
  readonly maxResponseBytes: number;
  readonly deadlines: CallDeadlines<CouponCall>;
  readonly sockets: HttpSockets;
  readonly room: AnswerRoom;
}

interface Asker {
  readonly onReply: (reply: Reply) => void;
  /** What `onReply` has thrown. */
  readonly onFault: (error: unknown) => void;
}

// eslint-disable-next-line no-restricted-syntax -- one is made for every event: closures cost microseconds then
export class CouponCall implements SocketUser, Abandonable, ExpiringCall<CouponCall>, Guest {
  previous: CouponCall | undefined;
  next: CouponCall | undefined;
  deadlineMs = 0;
  socket: Client | undefined;
  readonly #asker: Asker;
  readonly #ownership: Ownership;
  readonly #limits: CallLimits;
  /** Its time limit runs. */
  #isTimed = true;
  #controller: Controller | undefined;
  #settled = false;
  #status = 0;
  #retryAfter: string | undefined;
  #encoding: string | undefined;
  #body: Buffer = NO_BODY;
  #chunks: Buffer[] | undefined;
  #received = 0;
  /** A place for a large answer; `passed on`: to whoever uses its coupons. */
  #place: 'none' | 'awaited' | 'held' | 'passed on' = 'none';
  /** All of the body is here. */
  #isWhole = false;

  constructor(asker: Asker, ownership: Ownership, limits: CallLimits) {
    this.#asker = asker;
    this.#ownership = ownership;
    this.#limits = limits;
    limits.deadlines.add(this);
  }

  abandon(): void {
    this.#finish(ABANDONED, true);
  }

  expire(): void {
    this.#isTimed = false;
    const error = `no answer in ${this.#limits.timeoutMs} ms`;
    this.#finish(this.#orStatus({ kind: 'failed', reason: 'timeout', error }), true);
  }

  onRequestStart(started: Controller): void {
    // Given up while it was still connecting: undici offers no way to take it back before now.
    if (this.#settled) started.abort(ENDED);
    this.#controller = started;
  }

  onResponseStart(_controller: unknown, status: number, headers: AnswerHeaders): void {
    if (status < 200) return;
    this.#status = status;
    const given = headers['retry-after'];
    this.#retryAfter = Array.isArray(given) ? given[0] : given;
    this.#encoding = encodingOf(headers['content-encoding']);
  }

  onResponseData(_controller: unknown, chunk: Buffer): void {
    // Given up: what still comes must take no place for a large answer, as nobody would give it back.
    if (this.#settled) return;
    this.#received += chunk.length;
    const isTooLarge = this.#received > this.#limits.maxResponseBytes;
    if (isTooLarge) this.#finish(this.#orStatus(TOO_LARGE), true);
    if (isTooLarge || !isSuccess(this.#status)) return;
    if (this.#received === chunk.length) this.#body = chunk;
    else (this.#chunks ??= [this.#body]).push(chunk);
    if (this.#received > SMALL_BYTES && this.#place === 'none') this.#makeRoom();
  }

  onResponseEnd(): void {
    this.#limits.sockets.release(this);
    if (this.#settled) return;
    if (!isSuccess(this.#status)) {
      this.#answer(undefined);
      return;
    }
    this.#isWhole = true;
    this.#endTime();
    if (this.#place === 'held') this.#readLarge();
    else if (this.#place === 'none') this.#readSmall();
  }

  #readSmall(): void {
    const coupons = readSmallBody(this.#wholeBody(), this.#encoding, this.#limits.maxResponseBytes);
    if (coupons !== undefined) this.#answer(coupons);
    else if (this.#makeRoom()) this.#readLarge();
  }

  /** Any answer may come in several pieces, as the network cuts it. */
  #wholeBody(): Buffer {
    if (this.#chunks !== undefined) this.#body = Buffer.concat(this.#chunks);
    this.#chunks = undefined;
    return this.#body;
  }

  #readLarge(): void {
    void readLargeBody(this.#wholeBody(), this.#encoding, this.#limits.maxResponseBytes).then((coupons) => {
      this.#answer(coupons);
    });
  }

  /** Asks for a place; where there is none, nothing more is read until there is. @returns whether there is one. */
  #makeRoom(): boolean {
    const isThere = this.#limits.room.take(this);
    this.#place = isThere ? 'held' : 'awaited';
    if (!isThere && !this.#isWhole) {
      this.#endTime();
      this.#controller?.pause();
    }
    return isThere;
  }

  admitted(): void {
    this.#place = 'held';
    if (this.#isWhole) {
      this.#readLarge();
      return;
    }
    this.#limits.deadlines.add(this);
    this.#isTimed = true;
    this.#controller?.resume();
  }

  onResponseError(_controller: unknown, error: Error): void {
    this.#limits.sockets.release(this);
    this.fail(error);
  }

  isOver(): boolean {
    return this.#settled;
  }

  fail(error: Error): void {
    const reply = this.#orStatus({ kind: 'failed', reason: reasonOf(error), error: shortError(error) });
    this.#finish(reply, false);
  }

  #answer(coupons: ParsedCoupons | undefined): void {
    const head = { kind: 'answer', status: this.#status, retryAfter: this.#retryAfter, coupons } as const;
    const isKept = coupons?.ok === true && coupons.coupons.length > 0 && this.#place === 'held';
    if (!isKept || this.#settled) {
      this.#finish(head, false);
      return;
    }
    this.#place = 'passed on';
    this.#finish({ ...head, release: leaveOnce(this.#limits.room) }, false);
  }

  #endTime(): void {
    if (this.#isTimed) this.#limits.deadlines.remove(this);
    this.#isTimed = false;
  }

  #finish(reply: Reply, abort: boolean): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#endTime();
    this.#ownership.unwatch(this);
    this.#leaveRoom();
    if (abort) this.#controller?.abort(ENDED);
    try {
      this.#asker.onReply(reply);
    } catch (error) {
      this.#asker.onFault(error);
    }
  }

  #leaveRoom(): void {
    const { room } = this.#limits;
    if (this.#place === 'awaited') room.giveUp(this);
    if (this.#place === 'held') room.leave();
    if (this.#place !== 'passed on') this.#place = 'none';
  }

  /** Where the status alone decides, the rest of the answer may fail as it likes. */
  #orStatus(failure: Reply): Reply {
    const status = this.#status;
    if (status === 0 || isSuccess(status)) return failure;
    return { kind: 'answer', status, retryAfter: this.#retryAfter, coupons: undefined };
  }
}

const isSuccess = (status: number): boolean => status >= 200 && status < 300;

function reasonOf(error: Error): 'timeout' | 'network' {
  const code: unknown = Reflect.get(error, 'code');
  return code === 'UND_ERR_CONNECT_TIMEOUT' || code === 'ETIMEDOUT' ? 'timeout' : 'network';
}
