/**
 * Jobs that are put off, due by Redis's clock alone. BullMQ starts a delayed job by the clock of the pod that asks. A
 * pod whose clock is ahead would run it at once, again and again, and the others would find it hours late. So a job
 * that is put off lies among BullMQ's delayed jobs {@link BEYOND_MS} after its real time, which no pod's clock reaches.
 * The pods ask Redis's clock what is due. It holds no worker meanwhile, and no pod's death loses it.
 */
import type { Job, Worker } from 'bullmq';
import type { Cluster, Redis } from 'ioredis';
import type { EventRef } from '../domain/event.ts';
import type { LostJobs } from './lost-jobs.ts';
import { CLOCK, scriptOn, type Script } from '../redis/script.ts';
import { QUEUE_NAME, queuePrefix } from './push-queue.ts';

export interface PutOff {
  /** Out of the worker's hands, into Redis: due in `delayMs` ms (≥ 0). The processor has to throw `DelayedError` then. */
  putOff(job: Job<EventRef>, delayMs: number, token: string | undefined): Promise<void>;
  /**
   * Puts up to `most` due jobs into the line, behind those that wait there. What Redis refuses is left to `lost`.
   * @returns how many were due.
   */
  takeUp(worker: Worker<EventRef>, most: number, lost: LostJobs): Promise<number>;
}

/** Some 8.7 years: beyond every pod's clock, and small enough for BullMQ's scores to stay exact. */
const BEYOND_MS = 2 ** 38;
/** BullMQ's score of a delayed job is its time in ms times this, plus a number of its own. */
const SCORES_A_MS = 4096;

/**
 * Only what lies beyond is ours; the rest is what BullMQ itself has delayed.
 * ARGV after the clock: {@link BEYOND_MS}, most ids to answer; 0: the time instead.
 */
const dueScript: Script = {
  name: 'due',
  keys: 1,
  lua: `${CLOCK}
local beyond, most = tonumber(ARGV[2]), tonumber(ARGV[3])
if most == 0 then return {ms(now)} end
local from = string.format('%.0f', (now + beyond / 2) * ${String(SCORES_A_MS)})
local to = string.format('%.0f', (now + beyond + 1) * ${String(SCORES_A_MS)} - 1)
return redis.call('ZRANGEBYSCORE', KEYS[1], from, to, 'LIMIT', 0, most)
`,
};

/** @param connection of the worker. Every method waits while Redis is away; a defect of ours is thrown as it is. */
export function createPutOff(connection: Redis | Cluster, prefix: string): PutOff {
  const delayed = `${queuePrefix(prefix)}:${QUEUE_NAME}:delayed`;
  const due = scriptOn(connection, dueScript, undefined, { waits: true });
  const ask = async (most: number): Promise<string[]> =>
    (await due([delayed], [BEYOND_MS, most])).map(String);

  return {
    async putOff(job, delayMs, token) {
      const [nowMs] = await ask(0);
      await job.moveToDelayed(BEYOND_MS + Number(nowMs) + delayMs, token);
    },
    async takeUp(worker, most, lost) {
      const ids = await ask(most);
      await Promise.all(
        ids.map(async (id) => {
          lost.moving(id);
          try {
            await worker.backend.promote(id);
          } catch (error) {
            if (!isAnswer(error)) return;
          }
          lost.moved(id);
        }),
      );
      return ids.length;
    },
  };
}

/** A script that ran to its end: another pod was faster, and the job is no longer put off. */
function isAnswer(error: unknown): boolean {
  return error instanceof Error && 'code' in error && typeof error.code === 'number';
}
