/**
 * Finds the jobs that a refused script has left in no list (put-back.ts), within seconds of the refusal's end.
 *
 * A pod remembers each job that it moves until the move is acknowledged. One that is not acknowledged is asked for a
 * little later, and again until Redis says where it is. Nobody knows of jobs that BullMQ moves by itself (of dead
 * workers, or due by its own clock), nor of a dead pod's jobs. So every pod checks all pushes without a published
 * outcome: at its start, once Redis no longer refuses, and every few minutes. All pods may do so at once.
 *
 * It holds no delivery's place. What it remembers is bounded: what finds no room is found by the look at all.
 */
import type { EventRef } from '../domain/event.ts';
import { backoffMs, jitteredMs, type Backoff } from '../runtime/backoff.ts';
import { shortError } from '../runtime/error-text.ts';
import { isUnavailable } from '../runtime/errors.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/logger.ts';
import { pushId } from './push-id.ts';
import type { PutBack } from './put-back.ts';

export interface LostJobsOptions {
  readonly putBack: PutBack;
  /** All pushes whose outcome is not told yet, in pages; each of them at least once. May reject. */
  readonly openPushes: () => AsyncIterable<readonly EventRef[]>;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface LostJobs {
  /**
   * Before a job is moved. Without {@link LostJobs.moved} it is checked in `afterMs`, at least 1 s: a job that was to
   * wait is not put back early.
   */
  moving(jobId: string, afterMs?: number): void;
  moved(jobId: string): void;
  /** Redis has refused a script that moves jobs which nobody can name. */
  refused(): void;
  /** Ends when the signal is aborted. Never rejects. */
  watch(signal: AbortSignal): Promise<void>;
}

const LOOK_MS = 500;
const FIRST_PAUSE_MS = 1000;
const BACKOFF: Backoff = { firstMs: FIRST_PAUSE_MS, longestMs: 5000, jitter: { below: 0 } };
/** Asked for in one look. */
const JOBS_A_LOOK = 200;
/** About 1.5 MB. */
const MOST_JOBS = 10_000;
/** A refusal that was not repeated for so long is over. */
const CALM_MS = 5000;
/** Between two pages of a look at all: many open pushes must not fill Redis's time. */
const PAGE_PAUSE_MS = 100;
/** Between two looks at all while nothing is refused … */
const REST_MS = 300_000;
/** … or so many times what the last one took, where that is more. */
const RESTS_A_LOOK = 10;

interface Moving {
  dueMs: number;
  failures: number;
}

export function createLostJobs(options: LostJobsOptions): LostJobs {
  const { putBack, openPushes, clock, logger } = options;
  const jobs = new Map<string, Moving>();
  /** Pods that start together do not look together. */
  let lookAtMs = performance.now() + jitteredMs(2 * CALM_MS);

  const lookAtAllSoon = (): void => {
    lookAtMs = performance.now() + CALM_MS;
  };

  const moving = (jobId: string, afterMs = 0): void => {
    if (jobs.size >= MOST_JOBS && !jobs.has(jobId)) {
      lookAtAllSoon();
      return;
    }
    const dueMs = performance.now() + Math.max(FIRST_PAUSE_MS, afterMs);
    jobs.set(jobId, { dueMs, failures: 1 });
  };

  const ask = async (jobId: string): Promise<boolean> => {
    const place = await putBack(jobId);
    if (place === 'back') logger.warn({ jobId }, 'a push job was in no list; it is put back');
    return place !== 'active';
  };

  /** Redis being away is told by its connections; a defect of ours is told here, as no waiting cures it. */
  const notAnswered = (error: unknown): false => {
    if (!isUnavailable(error)) logger.error({ error }, 'a push job could not be looked for');
    return false;
  };

  /** A job that is active may yet be moved, by us after a lost connection or as one whose worker died. */
  const askAgain = async (jobId: string, job: Moving): Promise<void> => {
    const isAnswered = await ask(jobId).catch(notAnswered);
    // It may be on its next move since.
    if (isAnswered && jobs.get(jobId) === job) jobs.delete(jobId);
    job.failures += 1;
    job.dueMs = performance.now() + backoffMs(job.failures, BACKOFF);
  };

  const askForDue = async (): Promise<void> => {
    const nowMs = performance.now();
    const due: Promise<void>[] = [];
    for (const [jobId, job] of jobs) {
      if (job.dueMs > nowMs) continue;
      due.push(askAgain(jobId, job));
      if (due.length === JOBS_A_LOOK) break;
    }
    await Promise.all(due);
  };

  const lookAtAll = async (signal: AbortSignal): Promise<void> => {
    const startMs = performance.now();
    if (startMs < lookAtMs) return;
    lookAtMs = Infinity;
    try {
      for await (const refs of openPushes()) {
        if (signal.aborted) return;
        await Promise.all(
          refs.map(pushId).map((jobId) =>
            ask(jobId).catch((error: unknown) => {
              notAnswered(error);
              moving(jobId);
            }),
          ),
        );
        await clock.sleep(PAGE_PAUSE_MS, signal);
      }
    } catch (error) {
      notAnswered(error);
      logger.debug({ error: shortError(error) }, 'no look at the open pushes; it is tried again');
      lookAtAllSoon();
    }
    const endMs = performance.now();
    const restMs = jitteredMs(Math.max(REST_MS, RESTS_A_LOOK * (endMs - startMs)), { around: 0.25 });
    // Sooner where something was refused meanwhile.
    lookAtMs = Math.min(lookAtMs, endMs + restMs);
  };

  const repeat = async (task: (signal: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<void> => {
    for (;;) {
      await clock.sleep(LOOK_MS, signal);
      if (signal.aborted) return;
      await task(signal);
    }
  };

  return {
    moving,
    moved: (jobId) => {
      jobs.delete(jobId);
    },
    refused: lookAtAllSoon,
    watch: async (signal) => {
      await Promise.all([repeat(askForDue, signal), repeat(lookAtAll, signal)]);
    },
  };
}
