/** Answers that become megabytes of objects: few are at work at once, the others wait in the partner's hands. */
import { gzipSync } from 'node:zlib';
import { afterEach, expect, test } from 'vitest';
import type { CouponAnswer } from '../../../../src/pipeline/ports.ts';
import { until } from '../../../support/partners/partner-fakes.ts';
import { coupon, some, someCoupons, useCouponRig } from './coupon-rig.ts';

const TIMEOUT_MS = 3000;
const PLACES = 8;
const rig = useCouponRig(TIMEOUT_MS);
const { build, find } = rig;
const many = Array.from({ length: 5000 }, () => coupon);
const large = { body: JSON.stringify({ coupons: many }) };
const packed = { body: gzipSync(large.body), headers: { 'content-encoding': 'gzip' } };

let answers: CouponAnswer[] = [];
afterEach(() => {
  answers = [];
});
const release = (answer: CouponAnswer | undefined): void => {
  if (answer?.kind === 'coupons') answer.release?.();
};
const ask = (count: number, signal?: AbortSignal): Promise<unknown>[] =>
  Array.from({ length: count }, async () => answers.push(await find(600_000, signal)));
const later = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

test.each([
  ['plain', large],
  ['packed', packed],
])('%s: as many as there are places, and the next as one is released', async (_name, behaviour) => {
  build({ concurrency: 16 });
  rig.stub.script(behaviour);
  const asked = ask(12);
  await until(() => answers.length === PLACES);
  // Longer than a call may last: whoever waits for a place is not timed meanwhile.
  await later(TIMEOUT_MS + 300);
  expect(answers).toHaveLength(PLACES);
  for (let at = 0; at < 4; at += 1) {
    release(answers[at]);
    await until(() => answers.length === PLACES + at + 1);
    // Twice is once.
    release(answers[at]);
  }
  await Promise.all(asked);
  for (const answer of answers) expect(answer).toMatchObject({ kind: 'coupons', coupons: many });
  expect(rig.calls).toEqual(Array(12).fill('ok'));
});

test('small answers need no place', async () => {
  build({ concurrency: 16 });
  rig.stub.script(large);
  const asked = ask(PLACES);
  await Promise.all(asked);
  rig.stub.script(some);
  expect(await find()).toEqual(someCoupons);
  rig.stub.script({ body: gzipSync(some.body), headers: { 'content-encoding': 'gzip' } });
  expect(await find()).toEqual(someCoupons);
});

test('what nobody will use keeps no place: refused, empty, given up before or while it waits', async () => {
  build({ concurrency: 16 });
  const noJson = { body: large.body.slice(0, -1) };
  const empty = { body: `{"coupons":[${'1,'.repeat(30_000)}1]}` };
  rig.stub.script(noJson);
  await Promise.all(ask(10));
  rig.stub.script(empty);
  await Promise.all(ask(10));
  expect(answers.filter(({ kind }) => kind === 'rejected')).toHaveLength(10);
  answers = [];
  rig.stub.script(large);
  await Promise.all(ask(PLACES));
  const lost = new AbortController();
  const requests = rig.stub.requests.length;
  const waiting = ask(3, lost.signal).map((asked) => asked.catch((error: unknown) => String(error)));
  await until(() => rig.stub.requests.length === requests + 3);
  await later(100);
  lost.abort();
  for (const said of await Promise.all(waiting)) expect(said).toContain('abandoned');
  for (const answer of answers.splice(0)) release(answer);
  await Promise.all(ask(PLACES));
  expect(answers).toHaveLength(PLACES);
});

test('what is cut off as too large keeps no place, whatever its status', async () => {
  build({ concurrency: 16, timeoutMs: 2000 });
  rig.stub.script({ flood: true });
  await Promise.all(ask(PLACES + 2));
  expect(answers.filter(({ kind }) => kind === 'rejected')).toHaveLength(PLACES + 2);
  rig.stub.script({ status: 400, flood: true });
  await Promise.all(ask(PLACES + 2));
  answers = [];
  rig.stub.script(large);
  await Promise.all(ask(PLACES));
  expect(answers.map(({ kind }) => kind)).toEqual(Array(PLACES).fill('coupons'));
});

test('a connection that is lost while it waits is tried again', async () => {
  build({ concurrency: 16 });
  rig.stub.script(large);
  await Promise.all(ask(PLACES));
  const body = Buffer.from(large.body);
  const head = Buffer.from(`HTTP/1.1 200 OK\r\ncontent-length: ${String(body.length)}\r\n\r\n`);
  rig.stub.script({ raw: Buffer.concat([head, body.subarray(0, -5)]) }, large);
  const asked = ask(1);
  await later(200);
  release(answers[0]);
  await Promise.all(asked);
  expect(rig.calls.slice(PLACES)).toEqual(['network', 'ok']);
});
