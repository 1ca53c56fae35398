/** What people who watch the page cost a pod's event loop: the same load with ten of them and with none, in turn. */
import { openPageStream } from '../../support/browser/page-stream.ts';
import { figure, judged, type Benchmark } from '../benchmark.ts';
import { runPod, type Run } from '../contenders.ts';
import { benchEvents } from '../events.ts';
import type { Lab } from '../lab.ts';
import { median, medianOf, whole } from '../statistics.ts';

const EVENTS = 60_000;
const USERS = 1000;
const PARTITIONS = 12;
const WATCHERS = 10;
/** Calls at once: the partner bounds the pace, so that the loop rests between events. */
const CALLS_AT_ONCE = 32;
const MOST_MORE_MS = 1;
/** The first flushes tell of the start. */
const WARM_FLUSHES = 2;

interface Watched extends Run {
  readonly delayMs: number;
  readonly largestMs: number;
  /** Of one watcher. */
  readonly bytesPerSecond: number;
}

export const watchers: Benchmark = {
  name: 'watchers',
  title: 'the page, watched and not',
  workload: `${whole(EVENTS)} events, ${String(PARTITIONS)} partitions, ${whole(USERS)} users, ${String(CALLS_AT_ONCE)} calls of 0–20 ms at once, one pod; ${String(WATCHERS)} people watch its page, against nobody`,
  async run(lab, rounds) {
    const topic = await lab.topic(PARTITIONS, benchEvents(EVENTS, USERS));
    const [none, ten]: [Watched[], Watched[]] = [[], []];
    for (let round = 0; round < rounds; round += 1) {
      none.push(await watched(lab, topic, 0));
      ten.push(await watched(lab, topic, WATCHERS));
      lab.say(`  round ${String(round + 1)}: ${[none, ten].map((all) => told(all.at(-1))).join(', ')}`);
    }
    const delay = ({ delayMs }: Watched): number => delayMs;
    const more = median(ten.map((run, at) => run.delayMs - (none[at]?.delayMs ?? NaN)));
    const pair = (of: (run: Watched) => number, digits: number, unit: string): string =>
      [none, ten].map((runs) => `${medianOf(runs, of).toFixed(digits)} ${unit}`).join(', ');
    return [
      figure('event loop, p99 of its delay, none and ten', pair(delay, 1, 'ms')),
      judged('more with ten', `${more.toFixed(1)} ms`, `≤ ${String(MOST_MORE_MS)} ms`, more <= MOST_MORE_MS),
      figure(
        'its largest of two seconds, none and ten',
        pair(({ largestMs }) => largestMs, 1, 'ms'),
      ),
      figure(
        'CPU an event, none and ten',
        pair(({ cpuMicros }) => cpuMicros, 0, 'µs'),
      ),
      figure(
        'what one of them is sent',
        `${(medianOf(ten, ({ bytesPerSecond }) => bytesPerSecond) / 1000).toFixed(1)} KB/s`,
      ),
    ];
  },
};

async function watched(lab: Lab, topic: string, people: number): Promise<Watched> {
  lab.eventLoopP99Ms.length = 0;
  const env = { COUPON_API_CONCURRENCY: String(CALLS_AT_ONCE), DATADOG_FLUSH_INTERVAL_MS: '2000' };
  let bytes = 0;
  const run = await runPod(lab, { topic, events: EVENTS, maxDelayMs: 20 }, env, async (url) => {
    const streams = await Promise.all(Array.from({ length: people }, () => openPageStream(url)));
    return async () => {
      bytes = streams.reduce((sum, stream) => sum + stream.received(), 0);
      await Promise.all(streams.map((stream) => stream.stop()));
    };
  });
  const delays = lab.eventLoopP99Ms.slice(WARM_FLUSHES);
  return {
    ...run,
    ...{ delayMs: median(delays), largestMs: Math.max(...delays) },
    bytesPerSecond: bytes / Math.max(1, people) / run.seconds,
  };
}

function told(run: Watched | undefined): string {
  return run === undefined ? '' : `p99 ${run.delayMs.toFixed(1)} ms at ${whole(run.perSecond)}/s`;
}
