/**
 * The live pods, as they tell it themselves: each says in Redis every few seconds what it is and holds, and
 * is forgotten when it has been silent. By Redis's clock, in one slot, bounded: a record is dropped when it
 * expires. Used by /status, by the check that all lanes agree on their threshold, and by those who upload
 * documents and wait until every pod has taken them up.
 */
import type { Cluster, Redis } from 'ioredis';
import { UnavailableError } from '../domain/errors.ts';
import { REDIS_PREFIX } from '../domain/redis-prefix.ts';
import type { Logger } from '../pipeline/ports.ts';

const PODS_KEY = `${REDIS_PREFIX}:{pods}:seen`;
const RECORDS_KEY = `${REDIS_PREFIX}:{pods}:records`;
const CHANNEL = `${REDIS_PREFIX}:documents`;
/** A pod is live while it was seen within this time. */
const LIVE_WITHIN_MS = 15_000;
const BEAT_EVERY_MS = 3000;

export interface PodRecord {
  readonly pod: string;
  readonly version: string;
  /** RFC 3339. */
  readonly startedAt: string;
  readonly partitions: readonly { readonly topic: string; readonly partition: number }[];
  readonly rulesVersion: string | undefined;
  /** Tells apart two documents of one version. */
  readonly rulesEtag: string | undefined;
  readonly merchantsVersion: string | undefined;
  readonly topic: string;
  readonly groupId: string;
  readonly lane: string;
  readonly laneThresholdBytes: number;
}

export interface LivePod extends PodRecord {
  /** RFC 3339, by Redis's clock. */
  readonly seenAt: string;
}

/** Forget the silent, note ourselves where a record is given, answer with all that are live and their times. */
const BEAT = `
local now = redis.call('TIME')
local nowMs = now[1] * 1000 + math.floor(now[2] / 1000)
local silent = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', nowMs - tonumber(ARGV[1]))
for _, pod in ipairs(silent) do
  redis.call('ZREM', KEYS[1], pod)
  redis.call('HDEL', KEYS[2], pod)
end
if ARGV[2] ~= '' then
  redis.call('ZADD', KEYS[1], nowMs, ARGV[2])
  redis.call('HSET', KEYS[2], ARGV[2], ARGV[3])
end
local answer = {}
local seen = redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')
for i = 1, #seen, 2 do
  answer[#answer + 1] = { redis.call('HGET', KEYS[2], seen[i]) or '', seen[i + 1] }
end
return answer
`;

/** @throws UnavailableError where Redis is away. */
export async function livePods(redis: Redis | Cluster): Promise<LivePod[]> {
  return beat(redis, '', '');
}

async function beat(redis: Redis | Cluster, pod: string, record: string): Promise<LivePod[]> {
  let answer: unknown;
  try {
    answer = await redis.eval(BEAT, 2, PODS_KEY, RECORDS_KEY, String(LIVE_WITHIN_MS), pod, record);
  } catch (error) {
    throw new UnavailableError('redis', error);
  }
  return (answer as [string, string][]).flatMap(([text, seenMs]) => {
    try {
      return [{ ...(JSON.parse(text) as PodRecord), seenAt: new Date(Number(seenMs)).toISOString() }];
    } catch {
      return []; // another version's record: not ours to judge
    }
  });
}

/** Tells every pod to look at its documents now. @throws UnavailableError where Redis is away. */
export async function announceDocuments(redis: Redis | Cluster): Promise<void> {
  try {
    await redis.publish(CHANNEL, 'refresh');
  } catch (error) {
    throw new UnavailableError('redis', error);
  }
}

export interface PodRegistry {
  /** As of the last beat. */
  pods(): readonly LivePod[];
  /** Says it now, instead of at the next beat. Resolves when it has been tried. Never rejects. */
  beatSoon(): Promise<void>;
  /** Takes this pod out of the list; resolves also where Redis is away. */
  stop(): Promise<void>;
}

export interface PodRegistryOptions {
  readonly redis: Redis | Cluster;
  /** A connection of its own: a subscriber can't ask. */
  readonly subscriber: Redis | Cluster;
  readonly describe: () => PodRecord;
  readonly onDocumentsAnnounced: () => void;
  readonly logger: Logger;
}

export function startPodRegistry(options: PodRegistryOptions): PodRegistry {
  const { redis, subscriber, logger } = options;
  let known: readonly LivePod[] = [];
  let stopped = false;
  let beating: Promise<void> = Promise.resolve();

  const beatNow = async (): Promise<void> => {
    if (stopped) return;
    const record = options.describe();
    try {
      known = await beat(redis, record.pod, JSON.stringify(record));
    } catch (error) {
      logger.debug({ error }, 'the pod registry could not be reached');
    }
  };
  const beatSoon = (): Promise<void> => (beating = beating.then(beatNow));
  const timer = setInterval(() => void beatSoon(), BEAT_EVERY_MS);
  timer.unref();
  void beatSoon();

  subscriber.on('message', (channel: string) => {
    if (channel === CHANNEL && !stopped) options.onDocumentsAnnounced();
  });
  subscriber.subscribe(CHANNEL).catch((error: unknown) => {
    // ioredis subscribes again by itself when it reconnects; documents are polled anyhow.
    logger.debug({ error }, 'could not subscribe to document announcements yet');
  });

  return {
    pods: () => known,
    beatSoon,
    stop: async () => {
      stopped = true;
      clearInterval(timer);
      await beating;
      const { pod } = options.describe();
      await Promise.all([redis.zrem(PODS_KEY, pod), redis.hdel(RECORDS_KEY, pod)]).catch(() => undefined);
    },
  };
}
