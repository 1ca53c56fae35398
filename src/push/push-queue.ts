/**
 * The queue between the claim and the delivery: one job an event, by its id. Correctness never rests on what it keeps.
 * A job that is gone is enqueued again by redelivery, or swept. A job that runs twice finds its record settled. A job
 * holds the event's identity only; the frozen push is in the record.
 */
import { Job, Queue } from 'bullmq';
import type { Cluster, Redis } from 'ioredis';
import type { EventRef } from '../domain/event.ts';
import type { PushQueue } from '../pipeline/ports.ts';
import type { Logger } from '../runtime/logger.ts';
import { pushId } from './push-id.ts';
import { onRedis } from '../redis/redis-errors.ts';
import { spareInfo } from './spare-info.ts';

export const QUEUE_NAME = 'pushes';

export interface PushQueueOptions {
  /** Fails fast: no offline queue. Not closed with the queue. */
  readonly redis: Redis | Cluster;
  /** A dry run has its own. */
  readonly prefix: string;
  readonly logger: Logger;
  /** Ms an enqueue may take; default 2000. */
  readonly timeoutMs?: number;
}

export interface QueueDepths {
  readonly waiting: number;
  readonly active: number;
  readonly delayed: number;
  readonly failed: number;
}

export interface OpenPushQueue extends PushQueue {
  /** @throws UnavailableError where Redis is away; a defect of ours as it is. */
  counts(): Promise<QueueDepths>;
  /** The queue itself, for the board that shows it. @throws UnavailableError */
  open(): Promise<Queue>;
  close(): Promise<void>;
}

/** In a cluster all of the queue's keys must share a slot. */
export function queuePrefix(prefix: string): string {
  return `{${prefix}:queue}`;
}

/**
 * Of every worker, as a job is smaller that bears none of its own. A worker of the version before has none. It keeps
 * such jobs until a worker of this version ends one, or it ends one that bears its own.
 */
export const KEEP_JOBS = {
  removeOnComplete: { age: 3600, count: 1000 },
  removeOnFail: { age: 7 * 24 * 3600, count: 1000 },
};
/** A fault of ours in mid-run never ends a job; what ends it is a transition of its record. */
const JOB_OPTIONS = {
  attempts: 1e15,
  backoff: { type: 'fixed', delay: 5000, jitter: 0.5 },
};
const NO_PARENT = { parentDependenciesKey: '' };

/**
 * Connects in the background; `enqueue` and `counts` reject with `UnavailableError` while Redis is away, and with a
 * defect (the queue's keys were overwritten) as what it is: no waiting cures it.
 */
export function createPushQueue(options: PushQueueOptions): OpenPushQueue {
  const { redis, logger, timeoutMs = 2000 } = options;
  let opened: Promise<Queue> | undefined;

  const inTime = <T>(task: () => Promise<T>): Promise<T> => onRedis(redis, task, { limitMs: timeoutMs });

  const open = async (): Promise<Queue> => {
    opened ??= openQueue();
    return opened;
  };

  /** A queue whose first commands failed stays broken: it is thrown away and made anew. */
  const openQueue = async (): Promise<Queue> => {
    try {
      await spareInfo(redis);
      const queue = new Queue(QUEUE_NAME, {
        connection: redis,
        prefix: queuePrefix(options.prefix),
        streams: { events: { maxLen: 1000 } },
      });
      queue.on('error', (error) => logger.debug({ error: error.message }, 'push queue'));
      await queue.waitUntilReady();
      return queue;
    } catch (error) {
      opened = undefined;
      throw error;
    }
  };

  const enqueue = async (ref: EventRef): Promise<void> => {
    const queue = await open();
    const jobId = pushId(ref);
    const data: EventRef = { userId: ref.userId, eventId: ref.eventId };
    // Not by `Queue.add`, which writes the id a second time, into the job's options.
    const job = new Job(queue, 'push', data, JOB_OPTIONS, jobId).asJSON();
    const add = () => queue.backend.addJob(job, jobId, NO_PARENT);
    const [, state] = await Promise.all([add(), queue.getJobState(jobId)]);
    // A finished job of this id hides the new one. Its record is undelivered, or we were not asked: run it again. So
    // does one that is in no list, as a script that was refused in its middle leaves it.
    if (state === 'completed' || state === 'failed' || state === 'unknown') {
      await queue.remove(jobId);
      await add();
    }
  };

  return {
    enqueue: (ref) => inTime(() => enqueue(ref)),
    open: () => inTime(open),
    counts: () =>
      inTime(async () => {
        const queue = await open();
        const counts = await queue.getJobCounts('wait', 'active', 'delayed', 'failed');
        return {
          waiting: counts['wait'] ?? 0,
          active: counts['active'] ?? 0,
          delayed: counts['delayed'] ?? 0,
          failed: counts['failed'] ?? 0,
        };
      }),
    close: async () => {
      const queue = await opened?.catch(() => undefined);
      await queue?.close().catch(() => undefined);
    },
  };
}
