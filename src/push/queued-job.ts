/** The job of one push, for whoever asks about it, or takes it away. */
import type { EventRef } from '../domain/event.ts';
import { onRedis } from '../redis/redis-errors.ts';
import { createPushQueue, QUEUE_NAME, queuePrefix, type PushQueueOptions } from './push-queue.ts';
import { pushId } from './push-id.ts';

/** `absent`: the queue has none, or no longer. */
export type JobState = 'waiting' | 'put off' | 'at work' | 'finished' | 'failed' | 'in no list' | 'absent';

export interface QueuedJobs {
  /** @throws UnavailableError where Redis is away. */
  stateOf(ref: EventRef): Promise<JobState>;
  /** Reads every job: the events of this user's. @throws UnavailableError where Redis is away. */
  eventsOf(userId: string): Promise<readonly string[]>;
  /** @returns false where a worker has it just now. @throws UnavailableError where Redis is away. */
  remove(ref: EventRef): Promise<boolean>;
  close(): Promise<void>;
}

/** As `pushId` makes them. */
const JOB = /^p[\w-]{43}$/;
const AT_ONCE = 500;

const STATES: Readonly<Record<string, JobState>> = {
  waiting: 'waiting',
  prioritized: 'waiting',
  'waiting-children': 'waiting',
  delayed: 'put off',
  active: 'at work',
  completed: 'finished',
  failed: 'failed',
};

/** @param findKeys every key of a pattern. */
export function createQueuedJobs(
  options: PushQueueOptions,
  findKeys: (pattern: string) => Promise<readonly string[]> = async () => [],
): QueuedJobs {
  const { redis } = options;
  const base = `${queuePrefix(options.prefix)}:${QUEUE_NAME}:`;
  const queue = createPushQueue(options);
  return {
    async stateOf(ref) {
      const opened = await queue.open();
      const id = pushId(ref);
      const [state, job] = await onRedis(redis, () =>
        Promise.all([opened.getJobState(id), opened.getJob(id)]),
      );
      return STATES[state] ?? (job === undefined ? 'absent' : 'in no list');
    },
    async eventsOf(userId) {
      const keys = (await findKeys(`${base}p*`)).filter((key) => JOB.test(key.slice(base.length)));
      const found: string[] = [];
      for (let at = 0; at < keys.length; at += AT_ONCE) {
        const some = keys.slice(at, at + AT_ONCE);
        const texts = await onRedis(redis, () => Promise.all(some.map((key) => redis.hget(key, 'data'))));
        for (const text of texts) {
          const ref = text === null ? undefined : (JSON.parse(text) as EventRef);
          if (ref?.userId === userId) found.push(ref.eventId);
        }
      }
      return found;
    },
    async remove(ref) {
      const opened = await queue.open();
      const id = pushId(ref);
      await onRedis(redis, () => opened.remove(id));
      return (await onRedis(redis, () => opened.getJob(id))) === undefined;
    },
    close: () => queue.close(),
  };
}
