/**
 * The push API's stand-in. It reads strictly (a field too many is a breach), and enters every request in the
 * ledger with what it answered and whether the phone really got the push. Ambiguous faults (500, no answer, a cut
 * connection) have sent the push half of the time: a sender that repeats them is found out.
 */
import { z } from 'zod';
import type { Desk, Handler } from './answering.ts';
import {
  afterLatency,
  answer,
  answerTwice,
  checkTrace,
  drip,
  header,
  isAuthorized,
  readBody,
  reset,
  retryAfter,
} from './answering.ts';
import { drawFault, isAmong, PUSH_FAULTS, type PushFault } from './faults.ts';
import type { PushEntry } from './ledger.ts';

const text = z.string().min(1);
const pushBody = z.strictObject({
  userId: text,
  eventId: text,
  couponId: text,
  merchantId: text,
  title: text,
  body: text.optional(),
  deepLink: text.optional(),
  collapseKey: text,
  expiresAt: z.iso.datetime({ offset: true }),
  rulesVersion: text,
});
type PushBody = z.infer<typeof pushBody>;

const readPush = (body: string): PushBody | string => {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    return 'the body is no JSON';
  }
  const parsed = pushBody.safeParse(json);
  return parsed.success ? parsed.data : z.prettifyError(parsed.error);
};

/** Dealt out once the body has been read; `resetBeforeRead` is dealt before. */
type ReadFault = Exclude<PushFault, 'resetBeforeRead'>;
const READ_FAULTS = PUSH_FAULTS.filter((fault): fault is ReadFault => fault !== 'resetBeforeRead');

type Told = Pick<PushEntry, 'answer' | 'verdict' | 'accepted'> & { readonly replayed?: boolean };

/** Serves `POST /v1/pushes`. */
export const createPushApi = (desk: Desk, now: () => number): Handler => {
  const sentKeys = new Set<string>();

  const send = (response: Parameters<Handler>[1]): Told => {
    answer(response, 202, { accepted: true });
    return { answer: 202, verdict: 'sent', accepted: true };
  };

  /** What a fault does; returns what goes into the ledger. */
  const misbehave = (
    fault: ReadFault,
    request: Parameters<Handler>[0],
    response: Parameters<Handler>[1],
  ): Told => {
    const maybe = desk.random.chance(0.5);
    switch (fault) {
      case 'error500':
        answer(response, 500, { error: 'out of luck' });
        return { answer: 500, verdict: 'maybe', accepted: maybe };
      case 'unavailable503':
        answer(response, 503, { error: 'maintenance' }, retryAfter(desk));
        return { answer: 503, verdict: 'maybe', accepted: maybe };
      case 'tooMany429':
        answer(response, 429, { error: 'slow down' }, retryAfter(desk));
        return { answer: 429, verdict: 'not_sent', accepted: false };
      case 'timeout':
        return { answer: 'timeout', verdict: 'maybe', accepted: maybe };
      case 'resetAfterRead':
        reset(request);
        return { answer: 'reset', verdict: 'maybe', accepted: maybe };
      case 'slowDrip':
        drip(response, 202, { accepted: true });
        return { answer: 202, verdict: 'sent', accepted: true };
      case 'duplicated':
        answerTwice(response, 202, { accepted: true });
        return { answer: 202, verdict: 'sent', accepted: true };
      case 'rejected':
        answer(response, 422, { error: 'this device is gone' });
        return { answer: 422, verdict: 'not_sent', accepted: false };
      case 'unauthorized':
        answer(response, 401, { error: 'token refused' });
        return { answer: 401, verdict: 'not_sent', accepted: false };
    }
  };

  const serve = (body: string, request: Parameters<Handler>[0], response: Parameters<Handler>[1]): void => {
    const at = now();
    const idempotencyKey = header(request, 'idempotency-key');
    const read = readPush(body);
    const problem =
      typeof read === 'string'
        ? read
        : idempotencyKey === undefined
          ? 'Idempotency-Key is missing'
          : header(request, 'content-type')?.startsWith('application/json') === true
            ? checkTrace(request)
            : 'content-type is not application/json';
    const enter = (told: Told, push?: PushBody): void => {
      desk.ledger.push({
        at,
        replayed: false,
        ...told,
        ...(push === undefined
          ? {}
          : {
              userId: push.userId,
              eventId: push.eventId,
              couponId: push.couponId,
              merchantId: push.merchantId,
              rulesVersion: push.rulesVersion,
            }),
        ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
      });
    };
    if (problem !== undefined || typeof read === 'string') {
      desk.ledger.breach('push', problem ?? 'unreadable', body.slice(0, 300));
      answer(response, 400, { error: problem });
      enter({ answer: 400, verdict: 'not_sent', accepted: false });
      return;
    }
    const { pushApi } = desk.settings();
    const known = pushApi.idempotent && idempotencyKey !== undefined && sentKeys.has(idempotencyKey);
    const { share, way } = pushApi.sickUsers;
    const drawn = drawFault(desk.random, READ_FAULTS, pushApi.rates);
    const fault = isAmong(read.userId, share) ? way : drawn;
    afterLatency(desk.random, pushApi.latency, () => {
      const told = fault === undefined ? send(response) : misbehave(fault, request, response);
      enter({ ...told, accepted: told.accepted && !known, replayed: known }, read);
      if (told.accepted && idempotencyKey !== undefined) sentKeys.add(idempotencyKey);
    });
  };

  return (request, response) => {
    if (request.method !== 'POST' || request.url !== '/v1/pushes') {
      request.resume();
      desk.ledger.breach('push', 'unknown path or method', `${request.method ?? ''} ${request.url ?? ''}`);
      answer(response, 404, { error: 'no such resource' });
      return;
    }
    if (!isAuthorized(desk, request)) {
      request.resume();
      answer(response, 401, { error: 'token missing or expired' });
      return;
    }
    const { resetBeforeRead = 0 } = desk.settings().pushApi.rates;
    if (desk.random.chance(resetBeforeRead)) {
      const key = header(request, 'idempotency-key');
      desk.ledger.push({
        at: now(),
        answer: 'reset',
        verdict: 'maybe',
        accepted: false,
        replayed: false,
        ...(key === undefined ? {} : { idempotencyKey: key }),
      });
      reset(request);
      return;
    }
    readBody(request, (body) => {
      if (body === undefined)
        desk.ledger.push({ at: now(), answer: 'reset', verdict: 'maybe', accepted: false, replayed: false });
      else serve(body, request, response);
    });
  };
};
