/** Few users have most of the events: what bounds any ordered system is the hottest user's serial work. */
import { figure, judged, type Benchmark } from './benchmark.ts';
import { runPod, type Run } from './contenders.ts';
import { benchEvents } from './events.ts';
import { median, medianOf, whole } from './statistics.ts';

const EVENTS = 50_000;
const ZIPF = 1.1;

export const skewedUsers: Benchmark = {
  name: 'skewed-users',
  title: 'skewed users',
  workload: `the same at 0–5 ms, users by Zipf (s = ${String(ZIPF)})`,
  async run(lab, rounds) {
    const topic = await lab.topic(12, benchEvents(EVENTS, 1000, ZIPF));
    const runs: Run[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const run = await runPod(lab, { topic, events: EVENTS, maxDelayMs: 5 });
      lab.say(`  round ${String(round + 1)}: ${whole(run.perSecond)}/s, bound ${whole(boundOf(run))}/s`);
      runs.push(run);
    }
    const share = median(runs.map((run) => run.perSecond / boundOf(run)));
    const disorder = runs.reduce((sum, { stats }) => sum + stats.disorder + stats.overlaps, 0);
    return [
      figure('events/s', whole(medianOf(runs, ({ perSecond }) => perSecond))),
      judged(
        `of the bound that the hottest user's ${whole(runs[0]?.stats.hottest.calls ?? 0)} calls set`,
        share.toFixed(2),
        '≥ 0.9',
        share >= 0.9,
      ),
      judged('order violations', String(disorder), '0', disorder === 0),
    ];
  },
};

/** Events a second if the hottest user's calls followed each other without a gap. */
function boundOf({ stats }: Run): number {
  return EVENTS / (stats.hottest.serviceMs / 1000);
}
