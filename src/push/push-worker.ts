/**
 * Runs deliveries from the queue, so many at once. A run ends its job, or has it run again later; no error and no
 * count of stalls ends it otherwise. A lost job lock (a frozen pod) lets another pod run the job, which finds the
 * attempt interrupted in its record. Survives Redis outages of any length. Stops within a limit.
 *
 * A job that a refused script left in no list is put back within seconds (lost-jobs.ts).
 *
 * A job that is run again waits in Redis (put-off.ts), and such jobs take at most half of the places. So some users'
 * pushes that hang or fail leave the other users theirs.
 *
 * Locks last 30 s, renewed at half; jobs whose worker died are found within 15 s more.
 */
import { DelayedError, WaitingError, Worker, type Job } from 'bullmq';
import type { Cluster, Redis } from 'ioredis';
import type { EventRef } from '../domain/event.ts';
import { asRedisFailure, refusalOf } from '../redis/redis-failure.ts';
import { jitteredMs, type Backoff } from '../runtime/backoff.ts';
import { within } from '../runtime/deadline.ts';
import { shortError } from '../runtime/error-text.ts';
import { isUnavailable } from '../runtime/errors.ts';
import { retry } from '../runtime/retry.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/logger.ts';
import type { Deliver } from './deliver.ts';
import { createLostJobs, type LostJobsOptions } from './lost-jobs.ts';
import { createPutBack } from './put-back.ts';
import { createPutOff } from './put-off.ts';
import { KEEP_JOBS, QUEUE_NAME, queuePrefix } from './push-queue.ts';
import { spareInfo } from './spare-info.ts';

export interface PushWorkerOptions {
  /** With `maxRetriesPerRequest: null`; used by this worker alone. Not closed with it. */
  readonly connection: Redis | Cluster;
  readonly prefix: string;
  /** Deliveries at once, ≥ 1. */
  readonly concurrency: number;
  readonly deliver: Deliver;
  /** All pushes whose outcome is not told yet: see {@link LostJobsOptions}. */
  readonly openPushes: LostJobsOptions['openPushes'];
  readonly clock: Clock;
  readonly logger: Logger;
  /** Ms; default 30 000. */
  readonly lockDurationMs?: number;
  /** Ms between looks for jobs of dead workers; default 15 000. */
  readonly stalledIntervalMs?: number;
}

export interface PushWorker {
  /** Begins to take jobs as soon as Redis is there. Does not wait for it. */
  start(): void;
  /** Takes no further job; what runs goes on. */
  pause(): void;
  resume(): void;
  /** Deliveries that run now. */
  running(): number;
  /** Why Redis, though it answers, gives it no jobs: it refuses, or a defect of ours; undefined where it does. */
  refused(): string | undefined;
  /**
   * Takes no further job and waits for what runs. Calls that are still out shortly before the limit are cut off and
   * settled. What can't be written by then is left to the next worker. Never rejects, never takes longer than
   * `timeoutMs` (and some ms).
   */
  close(timeoutMs: number): Promise<void>;
}

const LOCK_MS = 30_000;
const STALLED_INTERVAL_MS = 15_000;
const FAULT_DELAY_MS = 5000;
/** Between two looks for what is due: late by that much at most, while there is room. */
const LOOK_MS = 250;
/** … and where there was more than could be taken up. */
const LOOK_AGAIN_MS = 20;
/** A try again that finds no place is put off once more. */
const NO_PLACE_MS = 1000;
/** A refusal that was not repeated for so long is over: an idle worker asks every few seconds. */
const REFUSED_FOR_MS = 15_000;
/** Until Redis is asked again for a job, or to end one, after it could not. */
const RETRY_DELAY_MS = 1000;
const START_RETRY: Backoff = { firstMs: RETRY_DELAY_MS, longestMs: RETRY_DELAY_MS };
/** Of the limit of a close: time to write down what the cut-off calls came to. */
const LAST_WORDS_MS = 500;

export function createPushWorker(options: PushWorkerOptions): PushWorker {
  const { clock, logger } = options;
  const soon = new AbortController();
  const now = new AbortController();
  const running = new Set<string>();
  const putOff = createPutOff(options.connection, options.prefix);
  const lost = createLostJobs({ ...options, putBack: createPutBack(options.connection, options.prefix) });
  const mostAgain = Math.max(1, Math.floor(options.concurrency / 2));
  let again = 0;
  let worker: Worker<EventRef> | undefined;
  let paused = false;
  let refusal: { readonly text: string; readonly atMs: number } | undefined;
  const isStopping = () => soon.signal.aborted;

  const process = async (job: Job<EventRef>, token?: string): Promise<void> => {
    const id = job.id ?? '';
    const delayMs = await runInItsPlace(id, job);
    lost.moving(id, delayMs);
    // BullMQ moves it, and says when it has.
    if (delayMs === undefined) return;
    await (delayMs > 0 ? putOff.putOff(job, Math.ceil(delayMs), token) : job.moveToWait(token));
    lost.moved(id);
    throw delayMs > 0 ? new DelayedError() : new WaitingError();
  };

  const runInItsPlace = async (id: string, job: Job<EventRef>): Promise<number | undefined> => {
    if (job.attemptsStarted <= 1) return runOnce(id, job.data);
    if (again >= mostAgain) return jitteredMs(NO_PLACE_MS);
    again += 1;
    try {
      return await runOnce(id, job.data);
    } finally {
      again -= 1;
    }
  };

  /** Ends when the pod stops. */
  const lookForDue = async (): Promise<void> => {
    while (!isStopping()) {
      const places = mostAgain - again;
      let isMore = places <= 0;
      try {
        if (worker !== undefined && !paused && !isMore)
          isMore = (await putOff.takeUp(worker, places, lost)) === places;
      } catch (error) {
        noteFault(error, 'what is due could not be looked for');
      }
      await clock.sleep(isMore ? LOOK_AGAIN_MS : LOOK_MS, soon.signal);
    }
  };

  /** @returns ms until it is to run again; undefined when it has ended. */
  const runOnce = async (id: string, ref: EventRef): Promise<number | undefined> => {
    // Our own lock was lost while the delivery goes on here: its attempt is alive.
    if (running.has(id)) return FAULT_DELAY_MS;
    if (isStopping() || paused) return 0;
    running.add(id);
    try {
      const verdict = await options.deliver(ref, { soon: soon.signal, now: now.signal });
      return verdict.kind === 'ended' ? undefined : verdict.delayMs;
    } catch (error) {
      const fields = { eventId: ref.eventId, error };
      if (isUnavailable(error)) logger.warn(fields, 'delivery not finished; it is run again');
      else logger.error(fields, 'unexpected fault while delivering a push; it is run again until it expires');
      return isStopping() ? 0 : jitteredMs(FAULT_DELAY_MS);
    } finally {
      running.delete(id);
    }
  };

  /** Redis being away is told by its connections. What no waiting cures keeps the pod from being ready. */
  const noteFault = (failure: unknown, message: string): void => {
    const found = refusalOf(failure);
    if (isUnavailable(failure) && found?.kind !== 'misconfigured') {
      logger.debug({ error: shortError(failure) }, message);
      return;
    }
    if (refused() === undefined) logger.error({ error: failure }, message);
    refusal = { text: shortError(found ?? failure), atMs: performance.now() };
  };

  const refused = (): string | undefined =>
    refusal !== undefined && performance.now() - refusal.atMs < REFUSED_FOR_MS ? refusal.text : undefined;

  const createWorker = (): Worker<EventRef> => {
    const created = new Worker<EventRef>(QUEUE_NAME, process, {
      connection: options.connection,
      prefix: queuePrefix(options.prefix),
      concurrency: options.concurrency,
      autorun: false,
      lockDuration: options.lockDurationMs ?? LOCK_MS,
      stalledInterval: options.stalledIntervalMs ?? STALLED_INTERVAL_MS,
      maxStalledCount: Number.MAX_SAFE_INTEGER,
      ...KEEP_JOBS,
      runRetryDelay: RETRY_DELAY_MS,
    });
    created.on('error', (error) => {
      if (error.name === 'ReplyError') lost.refused();
      noteFault(asRedisFailure(error, options.connection.isCluster), 'push worker');
    });
    created.on('active', () => (refusal = undefined));
    created.on('stalled', (jobId) => logger.warn({ jobId }, 'a delivery lost its worker and is run again'));
    created.on('completed', ({ id }) => lost.moved(id ?? ''));
    created.on('failed', (job, error) => {
      noteFault(asRedisFailure(error, options.connection.isCluster), 'a push job did not end as it should');
      void revive(job);
    });
    return created;
  };

  /** Nothing of ours fails a job for good; if it happens all the same, the job is run again. */
  const revive = async (job: Job<EventRef> | undefined) => {
    const id = job?.id ?? '';
    try {
      lost.moved(id);
      if (job === undefined || (await job.getState()) !== 'failed') return;
      logger.error({ jobId: id, why: job.failedReason }, 'a push job failed; it is run again');
      lost.moving(id);
      await job.retry('failed');
      lost.moved(id);
    } catch (error) {
      logger.warn({ error: String(error) }, 'a failed push job could not be revived; its claim is swept');
    }
  };

  /** A worker whose first commands failed stays broken: it is thrown away and made anew. */
  const runWorker = async (): Promise<void> => {
    await spareInfo(options.connection, { waits: true });
    if (isStopping()) return;
    const created = createWorker();
    worker = created;
    try {
      await created.waitUntilReady();
      if (isStopping()) return;
      if (paused) await created.pause(true);
      await created.run();
    } catch (error) {
      if (!isStopping()) await created.close(true).catch(() => undefined);
      throw asRedisFailure(error, options.connection.isCluster);
    }
  };

  const run = async (): Promise<void> => {
    void lookForDue();
    void lost.watch(soon.signal);
    try {
      await retry(runWorker, {
        ...{ clock, backoff: START_RETRY, signal: soon.signal },
        onFailure: (error) => noteFault(error, 'the push worker could not start; tried again'),
      });
    } catch (error) {
      logger.debug({ error: shortError(error) }, 'the push worker was stopped before it could start');
    }
  };

  const whenIdle = async () => {
    while (running.size > 0) await new Promise((resolve) => setTimeout(resolve, 10).unref());
  };

  return {
    start: () => void run(),
    pause: () => {
      paused = true;
      void worker?.pause(true).catch(() => undefined);
    },
    resume: () => {
      paused = false;
      void worker?.resume();
    },
    running: () => running.size,
    refused,
    close: async (timeoutMs) => {
      const endMs = performance.now() + timeoutMs;
      soon.abort();
      const closing = worker?.close().catch(() => undefined) ?? Promise.resolve();
      await within(whenIdle(), { limitMs: timeoutMs - Math.min(LAST_WORDS_MS, timeoutMs / 2) });
      now.abort();
      const leftMs = Math.max(0, endMs - performance.now());
      await within(Promise.all([whenIdle(), closing]), { limitMs: leftMs });
    },
  };
}
