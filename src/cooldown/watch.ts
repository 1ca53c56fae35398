/**
 * Watches a Redis that is in use: is it there, and is it still the one that it was? Every beat writes a mark on
 * every part of it and reads back the one before. A write that is refused (full, read-only, loading) means away
 * just as no answer does: a ping would not notice. An acknowledged mark that is gone proves that acknowledged
 * writes were lost, and claims with them: by a restart without its data, or a failover to a replica that was behind.
 *
 * Nothing here can bring a claim back, so the pod goes on and says it: loudly, counted and on /status. What is lost
 * between two beats leaves no proof, so a change of the server (another run id, another master, or the same one
 * promoted again) is said as well.
 */
import { randomUUID } from 'node:crypto';
import { Cluster } from 'ioredis';
import { shortError } from '../domain/short-error.ts';
import type { Logger } from '../pipeline/ports.ts';
import { createClockCheck } from './clock-check.ts';
import type { RedisClient } from './connection.ts';
import { parseInfo } from './guard.ts';
import { SPREAD_TAGS } from './keys.ts';
import { markScript } from './scripts/mark.ts';
import { scriptOn } from './scripts/script.ts';

export interface RedisWatchOptions {
  readonly redis: RedisClient;
  /** The service's own, as every key's. */
  readonly prefix: string;
  readonly logger: Logger;
  /** Ms between beats; default 1000. */
  readonly intervalMs?: number;
  /** Why it takes no writes though the connection stands; undefined once it does. Must not throw. */
  readonly onObstacle?: (reason: string | undefined) => void;
  /** Acknowledged writes are gone; or it was restarted, or a replica was promoted. */
  readonly count?: (what: 'redis.data_lost' | 'redis.server_changed') => void;
}

export interface RedisWatch {
  /** True while the last mark was written and the connection stands. */
  isUp(): boolean;
  /** Since the watch began. */
  seen(): { readonly dataLost: number; readonly serverChanged: number };
  /** Takes its marks away where Redis answers. Never rejects. */
  stop(): Promise<void>;
}

/** A mark whose pod died goes after this; a pod cut off for longer can't tell loss from age, and says nothing. */
const MARK_KEEP_MS = 24 * 60 * 60 * 1000;
/** INFO costs more than a mark: asked at each reconnect and every so many beats. */
const BEATS_AN_IDENTITY = 10;

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
  let identityDue = true;
  let masters: readonly Master[] | undefined;
  let beating: Promise<void> | undefined;
  const clock = createClockCheck(logger);

  const writeMark = async (mark: (typeof marks)[number], count: number): Promise<boolean> => {
    const askedAtMs = performance.now();
    const [before, redisMs] = await run([mark.key], [count, MARK_KEEP_MS]);
    if (mark === marks[0]) clock.compare(Number(redisMs), performance.now() - askedAtMs);
    const isComparable = performance.now() - mark.atMs < MARK_KEEP_MS;
    const isLost = isComparable && Number(before) < mark.acknowledged;
    mark.acknowledged = count;
    mark.atMs = performance.now();
    return isLost;
  };

  const beat = async (): Promise<void> => {
    beats += 1;
    const count = beats;
    const results = await Promise.allSettled(marks.map((mark) => writeMark(mark, count)));
    const refusal = results.find((result) => result.status === 'rejected');
    up = refusal === undefined;
    if (up) options.onObstacle?.(undefined);
    else if (redis.status === 'ready') options.onObstacle?.(shortError(refusal?.reason));
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
    if (!up) identityDue = true;
    else if (identityDue || count % BEATS_AN_IDENTITY === 0) await compareIdentity();
  };

  const compareIdentity = async (): Promise<void> => {
    const now = await readMasters(redis).catch(() => []);
    if (now.length === 0) return;
    identityDue = false;
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
    identityDue = true;
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

interface Master {
  readonly address: string;
  readonly role: string | undefined;
  readonly runId: string | undefined;
  /** The replication id whose history it went on with when it was promoted; forgotten when its replicas are gone. */
  readonly promotedFrom: string | undefined;
}

/** What Redis says where there is none. */
const NO_REPLICATION_ID = /^0*$/;

/** Who answers now, by address. @throws where one does not answer. */
async function readMasters(redis: RedisClient): Promise<readonly Master[]> {
  const nodes = redis instanceof Cluster ? redis.nodes('master') : [redis];
  const found = await Promise.all(
    nodes.map(async (node): Promise<Master> => {
      const info = parseInfo(await node.info());
      const { host = '', port = 0 } = node.options;
      const continued = info.get('master_replid2') ?? '';
      return {
        address: `${host}:${String(port)}`,
        role: info.get('role'),
        runId: info.get('run_id'),
        promotedFrom: NO_REPLICATION_ID.test(continued) ? undefined : continued,
      };
    }),
  );
  return found.toSorted((a, b) => a.address.localeCompare(b.address));
}

/** A master that was replaced and has taken over again in between has the same run id, but continues another history. */
function isOther(before: readonly Master[], now: readonly Master[]): boolean {
  return (
    before.length !== now.length ||
    now.some((master, at) => {
      const known = before[at];
      return (
        known?.address !== master.address ||
        known.role !== master.role ||
        known.runId !== master.runId ||
        (master.promotedFrom !== undefined && master.promotedFrom !== known.promotedFrom)
      );
    })
  );
}
