/**
 * The live pods, as they tell it themselves. Each writes to Redis every 3 s what it is and which partitions it has. A
 * pod that has been silent for 15 s is forgotten. By Redis's clock, in one slot, bounded: a record is dropped when it
 * expires. Three read it: /status, the guard against pods that don't fit, and the command that uploads a document and
 * waits until every pod has loaded it.
 */
import type { Cluster, Redis } from 'ioredis';
import { isUnavailable } from '../runtime/errors.ts';
import { onRedis } from '../redis/redis-errors.ts';
import { refusalOf } from '../redis/redis-failure.ts';
import { CLOCK, scriptOn, type Script } from '../redis/script.ts';
import { monotonicMs } from '../runtime/clock.ts';
import { shortError } from '../runtime/error-text.ts';
import type { Logger } from '../runtime/logger.ts';

/** A pod is live while it was seen within this time. */
const LIVE_WITHIN_MS = 15_000;
const BEAT_EVERY_MS = 3000;
/** Longer than a pod may be away and still be told by it; documents are polled anyhow. */
const ANNOUNCED_KEEP_MS = 60 * 60 * 1000;

export interface PodRecord {
  readonly pod: string;
  readonly version: string;
  /** RFC 3339. */
  readonly startedAt: string;
  readonly partitions: readonly { readonly topic: string; readonly partition: number }[];
  readonly rulesVersion: string | undefined;
  /** Tells apart two documents of one version. */
  readonly rulesEtag: string | undefined;
  /** The first twelve hex digits of the SHA-256 of its bytes. Absent in a version before it. */
  readonly rulesHash?: string | undefined;
  readonly merchantsVersion: string | undefined;
  readonly topic: string;
  readonly groupId: string;
  readonly lane: string;
  readonly laneThresholdBytes: number;
  /** Without user, password and query. Absent in a version before it. */
  readonly pushApi?: string;
  readonly dryRun?: boolean;
  /** Which form of the claims' records it reads. Absent in a version before it. */
  readonly recordForm?: number;
}

export interface LivePod extends PodRecord {
  /** RFC 3339, by Redis's clock. */
  readonly seenAt: string;
}

function namesUnder(prefix: string) {
  return {
    seen: `${prefix}:{pods}:seen`,
    records: `${prefix}:{pods}:records`,
    /** How often documents were announced: for pods that may not subscribe, or whose subscription hangs. */
    announced: `${prefix}:{pods}:announced`,
    channel: `${prefix}:documents`,
  };
}

/**
 * Forget the silent, note ourselves where a record is given, answer with all that are live and their times.
 * ARGV after the clock: ms of silence, this pod or nothing, its record.
 */
const beatScript: Script = {
  name: 'beat',
  keys: 3,
  lua: `${CLOCK}
local silent = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ms(now - tonumber(ARGV[2])))
for _, pod in ipairs(silent) do
  redis.call('ZREM', KEYS[1], pod)
  redis.call('HDEL', KEYS[2], pod)
end
if ARGV[3] ~= '' then
  redis.call('ZADD', KEYS[1], ms(now), ARGV[3])
  redis.call('HSET', KEYS[2], ARGV[3], ARGV[4])
end
local answer = { redis.call('GET', KEYS[3]) or '0' }
local seen = redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')
for i = 1, #seen, 2 do
  answer[#answer + 1] = { redis.call('HGET', KEYS[2], seen[i]) or '', seen[i + 1] }
end
return answer
`,
};

/**
 * @param prefix of the deployment whose pods are asked for.
 * @throws UnavailableError where Redis is away; a defect of ours as it is.
 */
export async function livePods(redis: Redis | Cluster, prefix: string): Promise<LivePod[]> {
  return (await beatOn(redis, prefix)('', '')).pods;
}

type Beat = (
  pod: string,
  record: string,
) => Promise<{ readonly pods: LivePod[]; readonly announced: string }>;

function beatOn(redis: Redis | Cluster, prefix: string): Beat {
  const { seen, records, announced } = namesUnder(prefix);
  const run = scriptOn(redis, beatScript);
  return async (pod, record) =>
    readBeat(await run([seen, records, announced], [LIVE_WITHIN_MS, pod, record]));
}

function readBeat(answer: readonly unknown[]): { readonly pods: LivePod[]; readonly announced: string } {
  const [count, ...found] = answer as [string, ...[string, string][]];
  const pods = found.flatMap(([text, seenMs]) => {
    try {
      return [{ ...(JSON.parse(text) as PodRecord), seenAt: new Date(Number(seenMs)).toISOString() }];
    } catch {
      return []; // another version's record: not ours to judge
    }
  });
  return { pods, announced: count };
}

/**
 * Tells every pod to look at its documents now. Those that can't be told by a message hear of it at their next beat.
 * @throws UnavailableError where Redis is away.
 */
export async function announceDocuments(redis: Redis | Cluster, prefix: string): Promise<void> {
  const { announced, channel } = namesUnder(prefix);
  await onRedis(redis, () => redis.set(announced, String(Date.now()), 'PX', ANNOUNCED_KEEP_MS));
  try {
    await onRedis(redis, () => redis.publish(channel, 'refresh'));
  } catch (error) {
    // Who may not publish has told them by the key.
    if (refusalOf(error)?.kind !== 'misconfigured') throw error;
  }
}

export interface PodRegistry {
  /** As of the last beat. */
  pods(): readonly LivePod[];
  /** Whether every live pod reads this form of records, and the last beat is recent enough to know. */
  everyPodReads(recordForm: number): boolean;
  /** Says it now, instead of at the next beat. Resolves when it has been tried. Never rejects. */
  beatSoon(): Promise<void>;
  /** Takes this pod out of the list; resolves also where Redis is away. */
  stop(): Promise<void>;
  /** What Redis refuses the list alone, and what a defect of ours keeps from working: a sentence each. */
  warnings(): readonly string[];
}

export interface PodRegistryOptions {
  readonly redis: Redis | Cluster;
  /** A connection of its own: a subscriber can't ask. */
  readonly subscriber: Redis | Cluster;
  readonly prefix: string;
  readonly describe: () => PodRecord;
  readonly onDocumentsAnnounced: () => void;
  readonly logger: Logger;
}

const NAMES = { list: 'list of live pods', announcements: 'announcements of documents' };

/** @returns what a person must know; undefined where it works, or where Redis is away, which others tell. */
function faultOf(name: string, error: unknown): string | undefined {
  const refusal = refusalOf(error);
  if (refusal?.kind === 'misconfigured') return `Redis refuses the ${name}: ${shortError(refusal)}`;
  if (error === undefined || isUnavailable(error)) return undefined;
  return `the ${name} does not work, by a defect of the service: ${shortError(error)}`;
}

export function startPodRegistry(options: PodRegistryOptions): PodRegistry {
  const { redis, subscriber, prefix, logger } = options;
  const { seen, records, channel } = namesUnder(prefix);
  let known: readonly LivePod[] = [];
  let knownAtMs = -Infinity;
  let stopped = false;
  let announced: string | undefined;
  let beating: Promise<void> = Promise.resolve();
  let isSubscribed = false;
  const faults = new Map<keyof typeof NAMES, string>();
  const beat = beatOn(redis, prefix);

  const note = (what: keyof typeof NAMES, error?: unknown): void => {
    const fault = faultOf(NAMES[what], error);
    if (fault === undefined) {
      faults.delete(what);
      return;
    }
    if (!faults.has(what)) {
      if (isUnavailable(error)) logger.warn({}, fault);
      else logger.error({ error }, fault);
    }
    faults.set(what, fault);
  };

  const beatNow = async (): Promise<void> => {
    if (stopped) return;
    const record = options.describe();
    try {
      const answer = await beat(record.pod, JSON.stringify(record));
      known = answer.pods;
      knownAtMs = monotonicMs();
      note('list');
      if (announced !== undefined && announced !== answer.announced) options.onDocumentsAnnounced();
      announced = answer.announced;
    } catch (error) {
      note('list', error);
      logger.debug({ error }, 'the pod registry could not be reached');
    }
  };
  const beatSoon = (): Promise<void> => (beating = beating.then(beatNow));

  /** Also each time the connection comes back: the driver's own way to do so leaves a refusal unheard. */
  const subscribe = (): void => {
    if (isSubscribed) return;
    isSubscribed = true;
    onRedis(subscriber, () => subscriber.subscribe(channel), { waits: true }).then(
      () => note('announcements'),
      (error: unknown) => {
        isSubscribed = false;
        note('announcements', error);
        logger.debug({ error }, 'could not subscribe to document announcements yet');
      },
    );
  };

  const timer = setInterval(() => {
    void beatSoon();
    subscribe();
  }, BEAT_EVERY_MS);
  timer.unref();
  void beatSoon();

  subscriber.on('close', () => {
    isSubscribed = false;
  });
  subscriber.on('ready', subscribe);
  subscriber.on('message', (from: string) => {
    if (from === channel && !stopped) options.onDocumentsAnnounced();
  });
  subscribe();

  return {
    pods: () => known,
    everyPodReads: (form) =>
      monotonicMs() - knownAtMs < LIVE_WITHIN_MS && known.every(({ recordForm = 1 }) => recordForm >= form),
    beatSoon,
    stop: async () => {
      stopped = true;
      clearInterval(timer);
      await beating;
      const { pod } = options.describe();
      await Promise.all([redis.zrem(seen, pod), redis.hdel(records, pod)]).catch(() => undefined);
    },
    warnings: () => [...faults.values()],
  };
}
