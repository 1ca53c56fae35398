/**
 * A record of 20 MB and 100,000 events through whole pods: others' events go on meanwhile, its offset is committed
 * after its last event, and a pod killed in the middle of it costs nobody a push and gives nobody two.
 */
import { gzipSync } from 'node:zlib';
import kafkajs from 'kafkajs';
import { afterEach, expect, it } from 'vitest';
import { ensureCodecs } from '../../src/kafka/codecs/codecs.ts';
import { readOffsets } from '../simulation/demo/observe.ts';
import { startHttpStub, type HttpStub } from '../support/partners/http-stub.ts';
import { eventAt, eventually, openRules, startScenario, type Scenario } from '../support/pods/scenario.ts';

const EVENTS = 100_000;
/** One event in so many is pushed; of the others, nobody has consented. */
const PUSH_EVERY = 500;
const LARGE = 0;

let run: Scenario;
const stubs: HttpStub[] = [];
afterEach(async () => {
  await run.stop();
  for (const stub of stubs.splice(0)) await stub.close();
});

async function start(pods: number, env: Readonly<Record<string, string>> = {}): Promise<void> {
  run = await startScenario({
    pods,
    rules: openRules('1'),
    env: { MAX_RECORD_BYTES: '67108864', ...env },
  });
  await run.pods[0]?.start();
  await run.pods[0]?.waitUntilReady();
}

function texts(): string[] {
  return Array.from({ length: EVENTS }, (_, n) => {
    const pushed = n % PUSH_EVERY === 0;
    const userId = pushed ? `pushed-${String(n)}` : `u-${String(n % 5000)}`;
    return JSON.stringify(eventAt(run.city, { userId, eventId: `large-${String(n)}`, pushConsent: pushed }));
  });
}

async function send(
  partition: number,
  values: readonly (string | Buffer)[],
  headers: Readonly<Record<string, string>> = {},
  compression = kafkajs.CompressionTypes.None,
): Promise<void> {
  ensureCodecs();
  const producer = run.kafka.producer();
  await producer.connect();
  const messages = values.map((value) => ({ partition, value, headers }));
  await producer.send({ topic: run.names.topic, messages, compression });
  await producer.disconnect();
}

const sendOthers = (count: number): Promise<void> =>
  send(
    1,
    Array.from({ length: count }, (_, n) =>
      JSON.stringify(eventAt(run.city, { userId: `other-${String(n)}`, eventId: `other-${String(n)}` })),
    ),
  );

const received = async (pod: number): Promise<number> =>
  (await run.pods[pod]?.status())?.events.received ?? 0;

async function committed(partition: number): Promise<number> {
  const offsets = (await readOffsets(run.kafka, run.names)).committed;
  return Number(offsets.find((one) => one.partition === partition)?.offset ?? -1);
}

/** Which of the large record's events have an outcome, how often that was told, and which have one in two ways. */
function outcomes(): { indexes: Set<number>; told: number; torn: string[] } {
  const indexes = new Set<number>();
  let told = 0;
  const ways = new Map<string, string>();
  const torn: string[] = [];
  for (const { eventId, outcome, source } of run.observer.outcomes) {
    if (source.partition !== LARGE || (outcome !== 'queued' && outcome !== 'filtered')) continue;
    indexes.add(source.index);
    told += 1;
    if ((ways.get(eventId) ?? outcome) !== outcome) torn.push(eventId);
    ways.set(eventId, outcome);
  }
  return { indexes, told, torn };
}

/**
 * Nobody got two, and each push ended: as sent, or (of those in the hands of a pod that was killed) as unknown,
 * which is never sent again.
 */
async function expectOneOfEachPush(expected: number, mostUnknown: number): Promise<void> {
  const { pushes } = await run.partners.ledger();
  const users = pushes.filter(({ accepted }) => accepted).map(({ userId }) => userId);
  expect(new Set(users).size).toBe(users.length);
  const endedAs = (outcome: string): string[] =>
    run.observer.outcomes.filter((one) => one.outcome === outcome).map(({ eventId }) => eventId);
  const unknown = new Set(endedAs('unknown'));
  expect(new Set([...endedAs('sent'), ...unknown]).size).toBe(expected);
  expect(unknown.size).toBeLessThanOrEqual(mostUnknown);
}

it('lines, the pod killed in the middle: the next begins anew, every event has one outcome, no push comes twice', async () => {
  await start(2);
  const [first, second] = run.pods;
  await send(LARGE, [texts().join('\n')]);
  await eventually(async () => {
    expect(await received(0)).toBeGreaterThan(EVENTS / 3);
    expect((await run.partners.ledger()).pushes.length).toBeGreaterThan(10);
  });
  expect(await received(0)).toBeLessThan(EVENTS);
  expect(await first?.kill()).toMatchObject({ signal: 'SIGKILL' });
  expect(await committed(LARGE)).toBeLessThanOrEqual(0);
  await second?.start();
  await second?.waitUntilReady();
  await run.untilDrained();
  const { indexes, torn } = outcomes();
  expect(indexes.size).toBe(EVENTS);
  expect(torn).toEqual([]);
  expect(await received(1)).toBe(EVENTS);
  // So many pushes may be out at once.
  await expectOneOfEachPush(EVENTS / PUSH_EVERY, 32);
});

it('lines, the pod stopped in the middle: the next goes on with what is left, nothing is done twice', async () => {
  await start(2);
  const [first, second] = run.pods;
  await send(LARGE, [texts().join('\n')]);
  await eventually(async () => {
    expect(await received(0)).toBeGreaterThan(EVENTS / 3);
  });
  expect(await received(0)).toBeLessThan(EVENTS);
  expect(await first?.stop()).toMatchObject({ code: 0, signal: null });
  expect(await committed(LARGE)).toBeLessThanOrEqual(0);
  await second?.start();
  await second?.waitUntilReady();
  await run.untilDrained();
  const { indexes, told } = outcomes();
  expect(indexes.size).toBe(EVENTS);
  expect(told).toBe(EVENTS);
  expect(await received(1)).toBeLessThan((EVENTS * 2) / 3);
  await expectOneOfEachPush(EVENTS / PUSH_EVERY, 0);
});

it('an array, packed twice: others’ events end meanwhile, and its offset waits for its last event', async () => {
  const gate = Promise.withResolvers<undefined>();
  const coupons = await startHttpStub();
  stubs.push(coupons);
  const held = EVENTS / 2;
  coupons.script(async ({ url }) => {
    if (url.includes(`userId=pushed-${String(held)}&`)) await gate.promise;
    return {
      body: '{"coupons":[{"couponId":"c-1","merchantId":"m-1","title":"10 %","discountPercent":10}]}',
    };
  });
  await start(1, { COUPON_API_URL: coupons.url, COUPON_API_TIMEOUT_MS: '120000' });
  const packed = gzipSync(`[${texts().join(',')}]`);
  await send(LARGE, [packed], { 'content-encoding': 'gzip' }, kafkajs.CompressionTypes.ZSTD);
  await eventually(async () => {
    expect(await received(0)).toBeGreaterThan(1000);
  });
  const others = 100;
  await sendOthers(others);
  await eventually(async () => {
    expect(await committed(1)).toBe(others);
    expect(outcomes().indexes.size).toBe(EVENTS - 1);
  }, 120_000);
  expect(outcomes().indexes.has(held)).toBe(false);
  expect(await committed(LARGE)).toBeLessThanOrEqual(0);
  gate.resolve(undefined);
  await run.untilDrained();
  expect(await committed(LARGE)).toBe(1);
  expect(outcomes().indexes.size).toBe(EVENTS);
  expect(outcomes().torn).toEqual([]);
  await expectOneOfEachPush(EVENTS / PUSH_EVERY + others, 0);
});
