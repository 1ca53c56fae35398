/** Which jobs are asked for, and when; that Redis puts them back is seen in test/integration/push/lost-jobs.test.ts. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createLostJobs, type LostJobs } from '../../../src/push/lost-jobs.ts';
import { pushId } from '../../../src/push/push-id.ts';
import type { JobPlace } from '../../../src/push/put-back.ts';
import type { EventRef } from '../../../src/domain/event.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { UnavailableError } from '../../../src/runtime/errors.ts';
import { away } from '../../support/claims/delivery-bench.ts';
import { silentLogger } from '../../support/silent-logger.ts';

let asked: string[];
let looks: number;
let answer: (jobId: string) => JobPlace | Promise<JobPlace>;
let pages: () => AsyncIterable<readonly EventRef[]>;
let stop: AbortController;
let lost: LostJobs;
let watching: Promise<void>;

const refOf = (number: number): EventRef => ({ userId: `u-${String(number)}`, eventId: 'e' });
async function* onePage(count: number) {
  yield Array.from({ length: count }, (_, at) => refOf(at));
}

beforeEach(() => {
  vi.useFakeTimers();
  asked = [];
  looks = 0;
  answer = () => 'elsewhere';
  pages = () => onePage(0);
  stop = new AbortController();
  lost = createLostJobs({
    putBack: async (jobId) => {
      asked.push(jobId);
      return answer(jobId);
    },
    openPushes: () => {
      looks += 1;
      return pages();
    },
    clock: systemClock,
    logger: silentLogger,
  });
  watching = lost.watch(stop.signal);
});
afterEach(async () => {
  stop.abort();
  await vi.advanceTimersByTimeAsync(0);
  await watching;
  vi.useRealTimers();
});

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

it('a move that is acknowledged is not asked for', async () => {
  lost.moving('a');
  lost.moved('a');
  await pass(60_000);
  expect(asked).toEqual([]);
});

it.each(['back', 'elsewhere'] as const)('one that is not is asked for once where it is %s', async (place) => {
  answer = () => place;
  lost.moving('a');
  await pass(900);
  expect(asked).toEqual([]);
  await pass(60_000);
  expect(asked).toEqual(['a']);
});

it('and again, within seconds, while Redis refuses or a worker has it', async () => {
  answer = (jobId) => (jobId === 'refused' ? Promise.reject(away()) : 'active');
  lost.moving('refused');
  lost.moving('active');
  await pass(60_000);
  const before = asked.length;
  expect(before).toBeGreaterThan(2 * 9);
  expect(before).toBeLessThan(2 * 20);
  answer = () => 'back';
  await pass(6000);
  expect(asked.slice(before).toSorted()).toEqual(['active', 'refused']);
  await pass(60_000);
  expect(asked).toHaveLength(before + 2);
});

it('a job that was to wait is not put back before its time', async () => {
  lost.moving('a', 30_000);
  await pass(29_900);
  expect(asked).toEqual([]);
  await pass(1100);
  expect(asked).toEqual(['a']);
});

it('a job that is moved once more while it is asked for is asked for again', async () => {
  const { promise, resolve } = Promise.withResolvers<JobPlace>();
  answer = () => promise;
  lost.moving('a');
  await pass(1600);
  expect(asked).toEqual(['a']);
  lost.moving('a');
  answer = () => 'back';
  resolve('elsewhere');
  await pass(2000);
  expect(asked).toEqual(['a', 'a']);
});

it('looks at all once it has started, and each few minutes', async () => {
  pages = () => onePage(3);
  await pass(4900);
  expect(looks).toBe(0);
  await pass(6000);
  expect(looks).toBe(1);
  expect(asked).toEqual([0, 1, 2].map((number) => pushId(refOf(number))));
  await pass(3_600_000);
  expect(looks).toBeGreaterThanOrEqual(10);
  expect(looks).toBeLessThanOrEqual(17);
});

it('looks at all within seconds of the end of a refusal, and not before', async () => {
  await pass(11_000);
  for (let times = 0; times < 10; times += 1) {
    lost.refused();
    await pass(3000);
  }
  expect(looks).toBe(1);
  await pass(3000);
  expect(looks).toBe(2);
});

it('a look at all that is refused is begun again; what was refused of it alone is asked for again', async () => {
  pages = async function* () {
    yield [refOf(0), refOf(1)];
    if (looks === 1) throw new UnavailableError('redis', 'test');
  };
  const refused = pushId(refOf(1));
  answer = (jobId) => (jobId === refused && looks === 1 ? Promise.reject(away()) : 'elsewhere');
  await pass(10_500);
  expect(looks).toBe(1);
  await pass(9000);
  expect(looks).toBe(2);
  expect(asked.filter((jobId) => jobId === pushId(refOf(0)))).toHaveLength(2);
  expect(asked.filter((jobId) => jobId === refused).length).toBeGreaterThanOrEqual(3);
});

it('remembers ten thousand jobs at most, and finds the others by a look at all', async () => {
  answer = () => 'active';
  await pass(11_000);
  for (let at = 0; at <= 10_000; at += 1) lost.moving(`job-${String(at)}`, 30_000);
  await pass(6000);
  expect(looks).toBe(2);
  await pass(32_000);
  expect(asked).toContain('job-0');
  expect(asked).not.toContain('job-10000');
});

it('ends with the pod', async () => {
  lost.moving('a');
  stop.abort();
  await watching;
  await pass(60_000);
  expect(asked).toEqual([]);
});
