/**
 * Puts a job that is in no list of the queue back into the line. BullMQ moves a job by a script that takes it out of one
 * list, and only then puts it into the next. Where Redis refuses a command in between (a right that was taken away, a
 * full memory), the job is left in neither. It still has its data, and BullMQ never looks for it again.
 *
 * Asking and putting back is one step: a job that somebody else has just put back is seen there, never doubled. Of what
 * may be refused here, nothing that is done before it changes anything.
 */
import type { Cluster, Redis } from 'ioredis';
import { scriptOn, type Script } from '../redis/script.ts';
import { QUEUE_NAME, queuePrefix } from './push-queue.ts';

/**
 * `back`: it was in no list, and waits now. `active`: a worker has it, or had it when it died. `elsewhere`: it waits,
 * is put off or has finished. Or there is nothing to put back: it is gone, or no worker has had it.
 */
export type JobPlace = 'back' | 'active' | 'elsewhere';

/** @throws UnavailableError where Redis is away or refuses; then nothing has changed, or the job is back. */
export type PutBack = (jobId: string) => Promise<JobPlace>;

const SCORED = ['delayed', 'completed', 'failed', 'prioritized', 'waiting-children'];
const LISTED = ['wait', 'active', 'paused', 'marker'];

/**
 * Only what a worker has had, or was to have, can be lost so: an enqueue that is refused is repeated by its event. Most
 * open pushes wait for their first run, so they are answered for without a search through the line.
 * KEYS: wait, active, paused, marker, then the sorted sets. ARGV after the clock: prefix of the jobs' keys, job.
 */
const putBackScript: Script = {
  name: 'putBackJob',
  keys: LISTED.length + SCORED.length,
  lua: `
local id = ARGV[3]
local had = redis.call('HMGET', ARGV[2] .. id, 'processedOn', 'stc')
if not had[1] and not had[2] then return {'elsewhere'} end
for k = ${String(LISTED.length + 1)}, #KEYS do
  if redis.call('ZSCORE', KEYS[k], id) then return {'elsewhere'} end
end
if redis.call('LPOS', KEYS[2], id) then return {'active'} end
if redis.call('LPOS', KEYS[1], id) or redis.call('LPOS', KEYS[3], id) then return {'elsewhere'} end
redis.call('ZADD', KEYS[4], 0, '0')
redis.call('LPUSH', KEYS[1], id)
return {'back'}
`,
};

/** @param connection of the worker. */
export function createPutBack(connection: Redis | Cluster, prefix: string): PutBack {
  const base = `${queuePrefix(prefix)}:${QUEUE_NAME}:`;
  const keys = [...LISTED, ...SCORED].map((name) => base + name);
  const run = scriptOn(connection, putBackScript);
  return async (jobId) => {
    const [place] = await run(keys, [base, jobId]);
    if (place === 'back' || place === 'active' || place === 'elsewhere') return place;
    throw new TypeError(`putBackJob answered ${String(place)}`);
  };
}
