/**
 * Slow calls stall only what they belong to. Nothing here is timed: calls are held open until the test lets them
 * go, so whoever would wait for them would wait for ever.
 */
import type { Message } from 'kafkajs';
import { afterEach, expect, it } from 'vitest';
import { startHttpStub, type HttpStub } from '../support/partners/http-stub.ts';
import { eventAt, eventually, openRules, startScenario, type Scenario } from '../support/pods/scenario.ts';

const PARTITIONS = 6;
const POOL = 32;

let run: Scenario;
let coupons: HttpStub;
let gate: PromiseWithResolvers<undefined>;
afterEach(async () => {
  gate.resolve(undefined);
  await run.stop();
  await coupons.close();
});

/** One pod whose coupon calls for users named `held…` are answered only when the gate opens. */
async function start(): Promise<void> {
  gate = Promise.withResolvers<undefined>();
  coupons = await startHttpStub();
  coupons.script(async ({ url }) => {
    if (isHeld(url)) await gate.promise;
    return { status: 204 };
  });
  run = await startScenario({
    pods: 1,
    rules: openRules('1'),
    env: {
      COUPON_API_URL: coupons.url,
      COUPON_API_TIMEOUT_MS: '120000',
      COUPON_API_CONCURRENCY: String(POOL),
    },
  });
  const [pod] = run.pods;
  await pod?.start();
  await pod?.waitUntilReady();
}

const isHeld = (url: string): boolean => url.includes('userId=held');

function messages(partition: number, count: number, userOf: (n: number) => string): Message[] {
  return Array.from({ length: count }, (_, n) => {
    const userId = userOf(n);
    const eventId = `p${String(partition)}-${String(n)}`;
    return { partition, key: userId, value: JSON.stringify(eventAt(run.city, { userId, eventId })) };
  });
}

async function send(list: readonly Message[]): Promise<void> {
  const producer = run.kafka.producer();
  await producer.connect();
  await producer.send({ topic: run.names.topic, messages: [...list] });
  await producer.disconnect();
}

const ended = (): number => new Set(run.observer.outcomes.map(({ eventId }) => eventId)).size;

async function inFlight(partition: number): Promise<number> {
  const status = await run.pods[0]?.status();
  return status?.partitions.find((one) => one.partition === partition)?.inFlight ?? 0;
}

it('one partition whose calls all hang: every event of the others ends, and it keeps to its share of the calls', async () => {
  await start();
  const held = 1500;
  await send(messages(0, held, (n) => `held-${String(n % 500)}`));
  // Alone it takes all that it may; then the others come and must not wait for any of its calls.
  let taken = 0;
  await eventually(async () => {
    const before = taken;
    taken = await inFlight(0);
    expect(coupons.requests.filter(({ url }) => isHeld(url)).length).toBeGreaterThan(1);
    expect(taken).toBeGreaterThan(100);
    expect(taken, 'it still takes more').toBe(before);
  });
  const each = 400;
  const others = Array.from({ length: PARTITIONS - 1 }, (_, at) => at + 1);
  await send(others.flatMap((p) => messages(p, each, (n) => `free-${String(p)}-${String(n % 100)}`)));
  await eventually(() => {
    expect(ended()).toBe(each * others.length);
  });
  expect(run.observer.outcomes.filter(({ source }) => source.partition === 0)).toEqual([]);
  expect(await inFlight(0)).toBeGreaterThanOrEqual(taken);
  gate.resolve(undefined);
  await run.untilDrained();
  expect(ended()).toBe(held + each * others.length);
});

it('one user whose call hangs: everybody else’s events end, in its partition too, and its offset waits', async () => {
  await start();
  const each = 200;
  await send(
    Array.from({ length: PARTITIONS }, (_, p) => p).flatMap((p) =>
      messages(p, each, (n) => (p === 0 && n % 10 === 3 ? 'held' : `free-${String(p)}-${String(n % 50)}`)),
    ),
  );
  const stuck = each / 10;
  await eventually(() => {
    expect(ended()).toBe(each * PARTITIONS - stuck);
  });
  // One call, as a user's events go one after the other; the first of them holds the partition's offset.
  expect(coupons.requests.filter(({ url }) => isHeld(url))).toHaveLength(1);
  await eventually(async () => {
    const { partitions = [] } = (await run.pods[0]?.status()) ?? {};
    expect(partitions.map(({ committed }) => committed)).toEqual([3, each, each, each, each, each]);
    const [stuckBehind, ...behind] = partitions.map(({ behindSeconds }) => behindSeconds);
    expect(stuckBehind).toBeGreaterThan(0);
    expect(behind).toEqual([0, 0, 0, 0, 0]);
    expect(partitions.map(({ etaSeconds }) => etaSeconds).slice(1)).toEqual([0, 0, 0, 0, 0]);
  });
  gate.resolve(undefined);
  await run.untilDrained();
  expect(ended()).toBe(each * PARTITIONS);
});
