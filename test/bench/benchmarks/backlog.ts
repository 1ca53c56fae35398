/** A pod behind a large backlog: what it holds, and how long its event loop is kept. */
import { setTimeout as sleep } from 'node:timers/promises';
import { figure, judged, type Benchmark } from '../benchmark.ts';
import { readRssMib } from '../cpu.ts';
import { benchEvents } from '../events.ts';
import { median, whole } from '../statistics.ts';

const EVENTS = 1_000_000;

export const backlog: Benchmark = {
  name: 'backlog',
  title: 'backlog',
  workload:
    '1 M events behind, 12 partitions, 10,000 users, calls of 0–5 ms, one pod with its defaults; once',
  async run(lab) {
    const topic = await lab.topic(12, benchEvents(EVENTS, 10_000));
    await lab.stub.reset({ maxDelayMs: 5 });
    lab.eventLoopP99Ms.length = 0;
    const pod = await lab.pod(topic, { DATADOG_FLUSH_INTERVAL_MS: '2000' });
    await pod.start();
    await pod.waitUntilReady();
    const rss: number[] = [];
    let stats = await lab.stub.stats();
    while (stats.answered < EVENTS) {
      if (!pod.isRunning()) throw new Error('the pod has ended');
      rss.push(readRssMib(pod.pid() ?? 0));
      await sleep(1000);
      stats = await lab.stub.stats();
    }
    const delays = [...lab.eventLoopP99Ms];
    const seconds = (stats.lastAnswerMs - stats.firstCallMs) / 1000;
    const status = await pod.status();
    await pod.stop();
    if (stats.repeated + stats.disorder + stats.overlaps > 0) throw new Error('a promise was broken');
    const quarter = Math.ceil(rss.length / 4);
    const early = median(rss.slice(quarter, 2 * quarter));
    const late = median(rss.slice(-quarter));
    const most = Math.max(...rss);
    const p99 = median(delays);
    return [
      figure('events/s', whole(EVENTS / seconds)),
      judged('RSS at most', `${whole(most)} MiB`, '< 286 MiB (300 MB)', most < 286),
      judged('RSS, last quarter over second', (late / early).toFixed(2), '≤ 1.1 (flat)', late / early <= 1.1),
      judged('event loop, p99 of its delay', `${p99.toFixed(1)} ms`, '< 20 ms', p99 < 20),
      figure('events received', whole(status?.events.received ?? NaN)),
    ];
  },
};
