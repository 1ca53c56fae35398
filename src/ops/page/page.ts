/**
 * The page's one timer. At each look the pod counts its own numbers and notes them for the others; only while somebody
 * watches it also hears the others, makes the view, and sends it. Its cost is the same for one watcher and for all, and
 * nothing of the flow waits for it. What a watcher sees is two looks old at most.
 */
import type { Clock } from '../../runtime/clock.ts';
import { every, monotonicMs } from '../../runtime/clock.ts';
import { within } from '../../runtime/deadline.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { Exchange, OwnNumbers } from './exchange.ts';
import { createFrames } from './frames.ts';
import { createHour } from './hour.ts';
import type { PodSnapshot } from './snapshot.ts';
import { pageViewOf } from './view/page-view.ts';
import { createWatchers, type WatcherSink } from './watchers.ts';

export const LOOK_EVERY_MS = 750;
/** Ms that a look waits for Redis before it shows what is known. */
const HEAR_LIMIT_MS = 300;

export interface Page {
  /** False: as many watch as may. */
  mayWatch(): boolean;
  /** The sink gets the whole page, and from then on what changes. */
  watch(sink: WatcherSink): void;
  /** Ends every stream. */
  stop(): void;
}

export interface PageOptions {
  readonly snapshot: (nowMs: number, monotonicMs: number) => PodSnapshot;
  readonly exchange: Exchange;
  /** Of every text that is sent: takes secrets out. */
  readonly mask: (text: string) => string;
  /** Asks Redis for what is only known from there; called at each look while somebody watches. Never rejects. */
  readonly refresh: () => Promise<void>;
  readonly clock: Clock;
  readonly logger: Logger;
}

export function startPage({ snapshot, exchange, mask, refresh, clock, logger }: PageOptions): Page {
  const watchers = createWatchers();
  const frames = createFrames(mask);
  const hour = createHour();
  let looking: Promise<void> | undefined;
  let hasFailed = false;

  function count(): OwnNumbers {
    const nowMs = clock.now();
    const own = snapshot(nowMs, monotonicMs());
    const behind = own.partitions.map(({ behindSeconds }) => behindSeconds ?? 0);
    hour.note(nowMs, own.counts, {
      behindSeconds: Math.max(0, ...behind),
      couponP99Ms: own.couponApi.p99Ms,
    });
    return { snapshot: own, hour: () => hour.window(nowMs), nowMs, monotonicMs: monotonicMs() };
  }

  async function look(): Promise<void> {
    const isWatched = watchers.count() > 0;
    const own = count();
    if (isWatched) void refresh();
    await within(exchange.turn(own, isWatched), { limitMs: HEAR_LIMIT_MS, clock });
    if (isWatched) watchers.send(frames.next(pageViewOf(exchange.fleet(own))));
  }

  const lookSoon = (): Promise<void> =>
    (looking ??= look()
      .then(() => {
        hasFailed = false;
      })
      .catch((error: unknown) => {
        // Once, until a look has gone well: it would be the same at each.
        if (!hasFailed) logger.error({ error }, 'the page could not be made');
        hasFailed = true;
      })
      .finally(() => {
        looking = undefined;
      }));

  const cancel = every(LOOK_EVERY_MS, () => void lookSoon());

  return {
    mayWatch: () => watchers.mayAdd(),
    watch(sink) {
      const isFirst = watchers.count() === 0;
      // What was sent last, to somebody who has left, may be hours old.
      if (isFirst) frames.forget();
      const known = frames.all();
      if (known !== undefined) sink.write(known);
      watchers.add(sink);
      if (isFirst) void lookSoon();
    },
    stop() {
      cancel();
      watchers.stop();
    },
  };
}
