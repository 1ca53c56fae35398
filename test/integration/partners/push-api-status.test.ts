/** What is known of the push API from its latest calls: the words of /status. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createPushApi, type PushApi } from '../../../src/partners/push/push-api.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { startHttpStub, type HttpStub } from '../../support/partners/http-stub.ts';
import { createLogBook, until } from '../../support/partners/partner-fakes.ts';
import { OPEN_CALL } from '../../support/partners/open-call.ts';
import type { SendCall } from '../../../src/domain/delivery.ts';

let stub: HttpStub;
let api: PushApi;
beforeEach(async () => {
  stub = await startHttpStub();
  build();
});
afterEach(async () => {
  api.stop();
  await stub.close();
});

function build({ timeoutMs = 2000 } = {}): void {
  api = createPushApi({ url: stub.url, timeoutMs, clock: systemClock, logger: createLogBook() });
}

const send = (options: Partial<SendCall> = {}, userId = 'u') =>
  api.send(
    { userId, eventId: 'e', couponId: 'c', merchantId: 'm', title: 't', collapseKey: 'k', rulesVersion: '1' },
    {
      ...OPEN_CALL,
      expiresAtMs: Date.now() + 60_000,
      idempotencyKey: 'key',
      ...options,
    },
  );

test('users whose pushes fail are said, and are no outage', async () => {
  stub.script(({ body }) => ({ status: body.includes('sick') ? 503 : 202 }));
  for (const userId of ['a', 'sick', 'b', 'c', 'sick', 'd']) await send({}, userId);
  expect(api.stats()).toEqual({ inFlight: 0, calls: 6, failed: 2, lastError: 'HTTP 503', isAway: false });
});

test('silence for all is an outage, until it answers again', async () => {
  stub.script({ silent: true });
  build({ timeoutMs: 200 });
  const sends = Array.from({ length: 5 }, () => send());
  await until(() => api.stats().inFlight === 5);
  await Promise.all(sends);
  expect(api.stats()).toMatchObject({ inFlight: 0, failed: 5, isAway: true });
  expect(api.stats().lastError).toBe('timeout: no answer in 200 ms');
  stub.script({ status: 400 });
  for (let at = 0; at < 5; at += 1) await send();
  expect(api.stats().isAway).toBe(false);
});

test('what we give up ourselves is not held against it', async () => {
  stub.script({ silent: true });
  const stop = new AbortController();
  const result = send({ signal: stop.signal });
  await until(() => stub.requests.length === 1);
  stop.abort();
  await result;
  expect(api.stats().calls).toBe(0);
});
