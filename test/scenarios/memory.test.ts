/**
 * Records that are small as they come and huge once unpacked, all at once, while the coupon API is away: the pod stays
 * below 512 MiB, one that is killed reads the same again, and nothing is lost.
 */
import { existsSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import kafkajs, { type Message } from 'kafkajs';
import { afterEach, expect, it } from 'vitest';
import { ensureCodecs } from '../../src/kafka/codecs/codecs.ts';
import type { PodProcess } from '../simulation/demo/pods.ts';
import { startHttpStub, type HttpStub } from '../support/partners/http-stub.ts';
import { peakResidentBytes } from '../support/pods/resident-memory.ts';
import { eventAt, eventually, openRules, startScenario, type Scenario } from '../support/pods/scenario.ts';

const MIB = 1024 * 1024;
const MOST_BYTES = 512 * MIB;
const PARTITIONS = 6;
const { CompressionTypes } = kafkajs;

let run: Scenario;
let coupons: HttpStub;
let isAway = true;
afterEach(async () => {
  await run.stop();
  await coupons.close();
});

async function start(): Promise<PodProcess> {
  isAway = true;
  coupons = await startHttpStub();
  coupons.script(() => (isAway ? { status: 503, body: '' } : { status: 204, body: '' }));
  run = await startScenario({
    pods: 1,
    rules: openRules('1'),
    partitions: PARTITIONS,
    env: { COUPON_API_URL: coupons.url, MAX_RECORD_BYTES: String(64 * MIB) },
  });
  const [pod] = run.pods;
  if (pod === undefined) throw new Error('no pod');
  return pod;
}

/** An event's text, which goes on for so many bytes that say nothing. */
function event(n: number, padding = 0): string {
  const text = JSON.stringify(
    eventAt(run.city, { userId: `u-${String(n)}`, eventId: `e-${String(n)}`, pushConsent: true }),
  );
  return padding === 0 ? text : `${text.slice(0, -1)},"padding":"${'x'.repeat(padding)}"}`;
}

/** Each batch in a request of its own. */
async function send(batches: readonly Message[][], compression = CompressionTypes.None): Promise<void> {
  ensureCodecs();
  const producer = run.kafka.producer();
  await producer.connect();
  for (const messages of batches) await producer.send({ topic: run.names.topic, messages, compression });
  await producer.disconnect();
}

async function expectBelowBound(pod: PodProcess): Promise<void> {
  if (!existsSync('/proc/self/status')) return;
  expect(pod.isRunning()).toBe(true);
  const peak = (await peakResidentBytes(pod.pid())) ?? NaN;
  console.log(`  ${pod.name}: at most ${(peak / MIB).toFixed(0)} MiB`);
  expect(peak).toBeLessThan(MOST_BYTES);
}

async function expectAllDecided(events: number): Promise<void> {
  await run.untilDrained();
  await run.observer.caughtUp();
  const decided = new Set(run.observer.outcomes.map(({ eventId }) => eventId));
  expect(decided.size).toBe(events);
}

it('24 gzip records, each of a good line and one padded to 16 MiB', async () => {
  const RECORDS = 24;
  const pod = await start();
  await send(
    Array.from({ length: RECORDS }, (_, n) => [
      {
        partition: n % PARTITIONS,
        headers: { 'content-encoding': 'gzip' },
        value: gzipSync(`${event(2 * n)}\n${event(2 * n + 1, 16 * MIB)}`),
      },
    ]),
  );
  const allWait = (): Promise<void> =>
    eventually(async () => {
      expect((await pod.status())?.inFlight).toBe(2 * RECORDS);
    });
  await pod.start();
  await pod.waitUntilReady();
  await allWait();
  await expectBelowBound(pod);
  expect(await pod.kill()).toMatchObject({ signal: 'SIGKILL' });
  await pod.start();
  await pod.waitUntilReady();
  await allWait();
  isAway = false;
  await expectAllDecided(2 * RECORDS);
  await expectBelowBound(pod);
});

it('batches of zstd that unpack to 30 MiB in each of 6 partitions, and one to 150 MiB', async () => {
  const LARGE = 12;
  const SMALL = 150;
  const pod = await start();
  isAway = false;
  await send(
    [
      ...Array.from({ length: LARGE }, (_, n) => [{ partition: n % PARTITIONS, value: event(n, 30 * MIB) }]),
      Array.from({ length: SMALL }, (_, n) => ({ partition: 0, value: event(LARGE + n, MIB) })),
    ],
    CompressionTypes.ZSTD,
  );
  await pod.start();
  await pod.waitUntilReady();
  await expectAllDecided(LARGE + SMALL);
  await expectBelowBound(pod);
});
