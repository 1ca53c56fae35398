/**
 * Six in a hundred users' coupon calls fail for good, each in one of three ways, for longer than everything else would
 * take to fill up with them: the others' events all end as if nobody's failed, and none of them too late. Nothing here
 * is timed but by the events' own age.
 */
import type { Producer } from 'kafkajs';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { startHttpStub, type Behaviour, type HttpStub } from '../support/partners/http-stub.ts';
import { eventAt, eventually, openRules, startScenario, type Scenario } from '../support/pods/scenario.ts';

const PARTITIONS = 2;
const USERS = 5000;
const EVENTS = 5000;
const BATCH = 40;
/** About 400 events a second. */
const BATCH_PAUSE_MS = 100;
const PATIENCE_MS = 3000;
/** Whoever waits for the failing ones' end is too old by then. */
const MAX_EVENT_AGE_MS = 30_000;

const FAILURES: Readonly<Record<number, Behaviour>> = {
  0: { status: 503 },
  1: { status: 429, headers: { 'retry-after': '60' } },
  2: { silent: true },
};
const kindOf = (user: number): number => user % 50;
const isFailing = (user: number): boolean => kindOf(user) in FAILURES;
const userOf = (event: number): number => (event * 7) % USERS;

let run: Scenario | undefined;
let coupons: HttpStub;
let producer: Producer | undefined;
afterEach(async () => {
  await producer?.disconnect();
  await run?.stop();
  await coupons.close();
});

async function start(): Promise<Scenario> {
  coupons = await startHttpStub();
  coupons.script(({ url }) => {
    const user = Number(/userId=u-(\d+)/.exec(url)?.[1]);
    return FAILURES[kindOf(user)] ?? { status: 204 };
  });
  const started = await startScenario({
    pods: 1,
    partitions: PARTITIONS,
    rules: openRules('1'),
    env: {
      COUPON_API_URL: coupons.url,
      COUPON_API_TIMEOUT_MS: '1500',
      COUPON_API_CONCURRENCY: '32',
      COUPON_API_PATIENCE_MS: String(PATIENCE_MS),
      MAX_EVENT_AGE_MS: String(MAX_EVENT_AGE_MS),
    },
  });
  run = started;
  producer = started.kafka.producer();
  await producer.connect();
  await started.pods[0]?.start();
  await started.pods[0]?.waitUntilReady();
  return started;
}

async function send(scenario: Scenario, from: number): Promise<void> {
  const messages = Array.from({ length: BATCH }, (_, n) => {
    const userId = `u-${String(userOf(from + n))}`;
    const event = {
      ...eventAt(scenario.city, { userId, eventId: `e-${String(from + n)}` }),
      occurredAt: new Date().toISOString(),
    };
    return { partition: userOf(from + n) % PARTITIONS, key: userId, value: JSON.stringify(event) };
  });
  await producer?.send({ topic: scenario.names.topic, messages });
}

it('users whose calls fail for good stall themselves alone', async () => {
  const scenario = await start();
  const { observer } = scenario;
  const [pod] = scenario.pods;
  for (let from = 0; from < EVENTS; from += BATCH) {
    await send(scenario, from);
    await delay(BATCH_PAUSE_MS);
    if (from !== EVENTS / 2) continue;
    await eventually(async () => {
      expect(await pod?.status()).toMatchObject({
        condition: 'degraded',
        away: [],
        reasons: [expect.stringMatching(/^coupon API: \d+ events? of \d+ users? fail, others are answered$/)],
        couponApi: { breaker: 'closed' },
        waiting: expect.arrayContaining([
          expect.objectContaining({ for: 'coupon API (single users)' }),
        ]) as unknown,
      });
    });
  }
  await scenario.untilDrained();
  await observer.caughtUp();

  const ends: Record<string, number> = {};
  for (const { outcome, reason = '', userId = '' } of observer.outcomes) {
    const end = `${isFailing(Number(userId.slice(2))) ? 'failing' : 'other'}: ${outcome} ${reason}`;
    ends[end] = (ends[end] ?? 0) + 1;
  }
  const failing = Array.from({ length: EVENTS }, (_, event) => userOf(event)).filter(isFailing).length;
  expect(ends).toEqual({
    'other: filtered no_coupons': EVENTS - failing,
    'failing: dead_lettered coupon_api_failed': failing,
  });
  expect((await scenario.log(pod!)).filter(({ msg }) => String(msg).includes('coupon API'))).toEqual([]);
  expect(await pod?.status()).toMatchObject({ condition: 'ok', waiting: [], reasons: [] });
  const tries: Record<string, number> = {};
  for (const { url } of coupons.requests) {
    const kind = String(kindOf(Number(/userId=u-(\d+)/.exec(url)?.[1])));
    tries[kind] = (tries[kind] ?? 0) + 1;
  }
  const users = USERS / 50;
  // `Retry-After` is longer than their patience.
  expect(tries['1']).toBe(users);
  expect(tries['0']).toBeGreaterThan(2 * users);
});
