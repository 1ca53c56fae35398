/**
 * Watches a Redis that is in use: is it there, and is it still the one that it was? Every beat writes a mark on every
 * part of it and reads back the one before. A write that is refused (full, read-only, loading) means away just as no
 * answer does: a ping would not notice. An acknowledged mark that is gone proves that acknowledged writes were lost,
 * and claims with them. The cause is a restart without data, or a failover to a replica that was behind.
 *
 * Nothing here can bring a claim back, so the pod goes on and says it: loudly, counted and on /status. A loss between
 * two beats leaves no proof. So a change of the server is said as well: another run id, another master, or the same one
 * promoted again.
 *
 * What was looked at before the start is looked at again now and then: rights that were taken away, and a policy that
 * evicts. Under such a policy nothing is claimed and nothing permitted: an evicted claim would be a second push.
 */
import { randomUUID } from 'node:crypto';
import { Cluster } from 'ioredis';
import { refusalOf } from './redis-failure.ts';
import { shortError } from '../runtime/error-text.ts';
import type { Logger } from '../runtime/logger.ts';
import { UnavailableError } from '../runtime/errors.ts';
import { createClockCheck } from './clock-check.ts';
import type { RedisClient } from './connection.ts';
import { evictionFault, rightsFault } from './guard.ts';
import { masterInfos } from './info.ts';
import { SPREAD_TAGS } from './spread-tags.ts';
import { createRightsCheck } from './rights.ts';
import { markScript } from './scripts/mark.ts';
import { scriptOn } from './script.ts';
import { isOther, readMasters, type Master } from './server-identity.ts';

export interface RedisWatchOptions {
  readonly redis: RedisClient;
  /** The service's own, as every key's. */
  readonly prefix: string;
  readonly logger: Logger;
  /** Ms between beats; default 1000. */
  readonly intervalMs?: number;
  /** Why it takes no writes though the connection stands; undefined once it does. Must not throw. */
  readonly onUnavailable?: (reason: string | undefined) => void;
  /** Acknowledged writes are gone; or it was restarted, or a replica was promoted. */
  readonly count?: (what: 'redis.data_lost' | 'redis.server_changed') => void;
}

export interface RedisWatch {
  /** True while the last mark was written and the connection stands. */
  isUp(): boolean;
  /** Since the watch began. */
  seen(): { readonly dataLost: number; readonly serverChanged: number };
  /** What a person must change for all to go on, though the connection stands: a sentence each. */
  faults(): readonly string[];
  /** What a person should know beside that. */
  warnings(): readonly string[];
  /** See `ClockCheck`. */
  readonly podAheadMs: () => number;
  /** @throws UnavailableError where a claim that is made now could be forgotten. */
  readonly assertKeeps: () => void;
  /** Takes its marks away where Redis answers. Never rejects. */
  stop(): Promise<void>;
}

/** A mark whose pod died goes after this; a pod cut off for longer can't tell loss from age, and says nothing. */
const MARK_KEEP_MS = 24 * 60 * 60 * 1000;
/** INFO costs more than a mark, and so do rights: asked at each reconnect, and every so many beats. */
const BEATS_A_LOOK = 5;
const INFO_REFUSED = 'Redis refuses its user INFO: its policy, its persistence and its changes can’t be seen';

export function watchRedis(options: RedisWatchOptions): RedisWatch {
  const { redis, prefix, logger, intervalMs = 1000 } = options;
  const run = scriptOn(redis, markScript, () => 0);
  const marks = (redis instanceof Cluster ? SPREAD_TAGS : SPREAD_TAGS.slice(0, 1)).map((tag) => ({
    key: `${prefix}:{${tag}}:mark:${randomUUID()}`,
    acknowledged: 0,
    atMs: 0,
  }));
  const seen = { dataLost: 0, serverChanged: 0 };
  let up = false;
  let beats = 0;
  let lookDue = true;
  let masters: readonly Master[] | undefined;
  let eviction: string | undefined;
  let rights: string | undefined;
  let isInfoRefused = false;
  let beating: Promise<void> | undefined;
  const clock = createClockCheck(logger);
  const checkRights = createRightsCheck(redis, prefix);

  const writeMark = async (mark: (typeof marks)[number], count: number): Promise<boolean> => {
    const askedAtMs = performance.now();
    const [before, redisMs] = await run([mark.key], [count, MARK_KEEP_MS]);
    if (mark === marks[0]) clock.compare(Number(redisMs), performance.now() - askedAtMs);
    const isComparable = performance.now() - mark.atMs < MARK_KEEP_MS;
    const isRevoked = isComparable && Number(before) < mark.acknowledged;
    mark.acknowledged = count;
    mark.atMs = performance.now();
    return isRevoked;
  };

  const beat = async (): Promise<void> => {
    beats += 1;
    const count = beats;
    const results = await Promise.allSettled(marks.map((mark) => writeMark(mark, count)));
    const refusal = results.find((result) => result.status === 'rejected');
    up = refusal === undefined;
    if (up) options.onUnavailable?.(undefined);
    else if (redis.status === 'ready')
      options.onUnavailable?.(shortError(refusalOf(refusal?.reason) ?? refusal?.reason));
    const lost = results.filter((result) => result.status === 'fulfilled' && result.value).length;
    if (lost > 0) {
      seen.dataLost += 1;
      options.count?.('redis.data_lost');
      logger.error(
        { parts: lost, of: marks.length },
        'redis has lost acknowledged writes, and claims with them: users may get a push again',
      );
    }
    // What was away for a beat may come back as another.
    if (!up) lookDue = true;
    if (lookDue || rights !== undefined || count % BEATS_A_LOOK === 0) {
      await Promise.all([lookAtRights(), up ? lookAtServer() : undefined]);
    }
  };

  /** Said once when it comes and once when it goes. */
  const noteFault = (before: string | undefined, now: string | undefined): string | undefined => {
    if (now !== undefined && now !== before) logger.error({}, now);
    if (now === undefined && before !== undefined) logger.info({}, `no longer so: ${before}`);
    return now;
  };

  const lookAtRights = async (): Promise<void> => {
    try {
      rights = noteFault(rights, rightsFault(await checkRights()));
    } catch {
      // Away, or refused as a whole: the mark says why.
    }
  };

  const lookAtServer = async (): Promise<void> => {
    const infos = await masterInfos(redis).catch(() => []);
    if (infos.length === 0) return;
    const answered = infos.flatMap((info) => (info === undefined ? [] : [info]));
    isInfoRefused = answered.length < infos.length;
    const evicting = answered.map((info) => evictionFault(info.get('maxmemory_policy')));
    eviction = noteFault(
      eviction,
      evicting.find((fault) => fault !== undefined),
    );
    lookDue = false;
    if (!isInfoRefused) compareIdentity(readMasters(redis, answered));
  };

  const compareIdentity = (now: readonly Master[]): void => {
    if (masters !== undefined && isOther(masters, now)) {
      seen.serverChanged += 1;
      options.count?.('redis.server_changed');
      logger.error(
        { before: masters, now },
        'redis was restarted or a replica was promoted: claims of its last moment may be missing',
      );
    }
    masters = now;
  };

  const beatOnce = (): void => {
    beating ??= beat().finally(() => {
      beating = undefined;
    });
  };
  const onReady = (): void => {
    lookDue = true;
    beatOnce();
  };
  const onClose = (): void => void (up = false);
  redis.on('ready', onReady);
  redis.on('close', onClose);
  const timer = setInterval(beatOnce, intervalMs);
  timer.unref();
  if (redis.status === 'ready') beatOnce();

  return {
    isUp: () => up,
    seen: () => ({ ...seen }),
    faults: () => [eviction, rights].filter((fault) => fault !== undefined),
    warnings: () => [...(isInfoRefused ? [INFO_REFUSED] : []), ...clock.warnings()],
    podAheadMs: () => clock.podAheadMs(),
    assertKeeps: () => {
      if (eviction !== undefined) throw new UnavailableError('redis', eviction);
    },
    stop: async () => {
      clearInterval(timer);
      redis.off('ready', onReady);
      redis.off('close', onClose);
      await beating;
      if (redis.status !== 'ready') return;
      await Promise.allSettled(marks.map(({ key }) => redis.del(key)));
    },
  };
}
