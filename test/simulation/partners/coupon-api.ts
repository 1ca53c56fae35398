/**
 * The coupon API's stand-in. It holds callers to the contract (parameters, headers, token): a breach is answered
 * with 400 and entered in the ledger, so that a run with a breach can't pass for a good one.
 */
import type { IncomingMessage } from 'node:http';
import type { Desk, Handler } from './answering.ts';
import {
  afterLatency,
  answer,
  answerPacked,
  answerTwice,
  checkTrace,
  drip,
  header,
  isAuthorized,
  reset,
  retryAfter,
} from './answering.ts';
import { COUPON_FAULTS, drawFault, isAmong, type CouponFault } from './faults.ts';
import type { CouponWire, FindCoupons, Place } from './stock.ts';

interface Ask extends Place {
  readonly userId: string;
  readonly eventId: string;
}

const KNOWN = new Set(['userId', 'latitude', 'longitude', 'merchantId']);

const readAsk = (request: IncomingMessage, query: URLSearchParams): Ask | string => {
  for (const name of query.keys()) {
    if (!KNOWN.has(name)) return `unknown parameter ${name}`;
    if (query.getAll(name).length > 1) return `parameter ${name} twice`;
  }
  const userId = query.get('userId');
  const latitude = Number(query.get('latitude') ?? Number.NaN);
  const longitude = Number(query.get('longitude') ?? Number.NaN);
  const merchantId = query.get('merchantId');
  const eventId = header(request, 'x-event-id');
  if (userId === null || userId === '') return 'userId is missing';
  if (!(Math.abs(latitude) <= 90)) return 'latitude is no latitude';
  if (!(Math.abs(longitude) <= 180)) return 'longitude is no longitude';
  if (merchantId === '') return 'merchantId is empty';
  if (eventId === undefined) return 'X-Event-Id is missing';
  const trace = checkTrace(request);
  if (trace !== undefined) return trace;
  return { userId, eventId, latitude, longitude, ...(merchantId === null ? {} : { merchantId }) };
};

/** Coupons as a careless partner sends them. */
const spoil = (desk: Desk, coupons: readonly CouponWire[]): readonly unknown[] => {
  const { invalidCouponRate, repeatedCouponRate } = desk.settings().couponApi;
  const list: unknown[] = [...coupons];
  const [first] = coupons;
  if (first === undefined) return list;
  if (desk.random.chance(invalidCouponRate)) {
    const broken = desk.random.pick<object>([
      { couponId: undefined },
      { title: 7 },
      { discountPercent: 120 },
      { validUntil: 'soon' },
      { merchantId: null },
    ]);
    list.push({ ...first, couponId: `${first.couponId}-broken`, ...broken });
  }
  if (desk.random.chance(repeatedCouponRate)) list.push(first);
  return list;
};

/** What the contract has callers try again: the call counts among those that explain a dead letter. */
const isTriedAgain = (fault: CouponFault): boolean =>
  !['garbage', 'rejected', 'unauthorized', 'duplicated'].includes(fault);

/** Serves `GET /v1/coupons`. */
export const createCouponApi = (desk: Desk, findCoupons: FindCoupons, now: () => number): Handler => {
  const misbehave = (
    fault: CouponFault,
    ask: Ask,
    request: Parameters<Handler>[0],
    response: Parameters<Handler>[1],
  ): void => {
    if (isTriedAgain(fault)) desk.ledger.couponFailure(ask.userId, ask.eventId);
    switch (fault) {
      case 'error500':
        answer(response, 500, { error: 'out of luck' });
        return;
      case 'unavailable503':
        answer(response, 503, { error: 'maintenance' }, retryAfter(desk));
        return;
      case 'tooMany429':
        answer(response, 429, { error: 'slow down' }, retryAfter(desk));
        return;
      case 'timeout':
        return;
      case 'reset':
        reset(request);
        return;
      case 'slowDrip':
        drip(response, 200, { coupons: findCoupons(ask, now()) });
        return;
      case 'duplicated':
        answerTwice(response, 200, { coupons: findCoupons(ask, now()) });
        return;
      case 'garbage':
        desk.ledger.couponRejection(ask.userId, ask.eventId);
        answer(
          response,
          200,
          desk.random.pick(['<html>It works!</html>', '{"coupons":', '{"coupons":7}', '[]']),
        );
        return;
      case 'rejected':
        desk.ledger.couponRejection(ask.userId, ask.eventId);
        answer(response, 422, { error: 'this position is not served' });
        return;
      case 'unauthorized':
        answer(response, 401, { error: 'token refused' });
        return;
      case 'redirected':
        answer(response, 302, undefined, { location: '/login' });
    }
  };

  const offer = (response: Parameters<Handler>[1], body: object): void => {
    if (desk.random.chance(desk.settings().couponApi.packedRate)) answerPacked(desk.random, response, body);
    else answer(response, 200, body);
  };

  return (request, response) => {
    request.resume();
    const url = new URL(request.url ?? '/', 'http://partner');
    if (request.method !== 'GET' || url.pathname !== '/v1/coupons') {
      desk.ledger.breach('coupon', 'unknown path or method', `${request.method ?? ''} ${url.pathname}`);
      answer(response, 404, { error: 'no such resource' });
      return;
    }
    if (!isAuthorized(desk, request)) {
      answer(response, 401, { error: 'token missing or expired' });
      return;
    }
    const ask = readAsk(request, url.searchParams);
    if (typeof ask === 'string') {
      desk.ledger.breach('coupon', ask, url.search);
      answer(response, 400, { error: ask });
      return;
    }
    desk.ledger.couponCall(ask.userId, ask.eventId);
    const { couponApi } = desk.settings();
    const { share, way } = couponApi.sickUsers;
    const drawn = drawFault(desk.random, COUPON_FAULTS, couponApi.rates);
    const fault = isAmong(ask.userId, share) ? way : drawn;
    afterLatency(desk.random, couponApi.latency, () => {
      if (fault !== undefined) {
        misbehave(fault, ask, request, response);
        return;
      }
      const coupons = findCoupons(ask, now());
      // Nothing on offer is said in three ways; callers must understand each.
      if (coupons.length > 0) offer(response, { coupons: spoil(desk, coupons) });
      else if (desk.random.chance(0.4)) answer(response, 200, { coupons: [] });
      else answer(response, desk.random.chance(0.5) ? 204 : 404);
    });
  };
};
