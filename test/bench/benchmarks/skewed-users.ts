/** Few users have most of the events: what bounds any ordered system is the hottest user's serial work. */
import { figure, judged, type Benchmark } from '../benchmark.ts';
import { runBareUndici, runPod, type Run } from '../contenders.ts';
import { benchEvents } from '../events.ts';
import { median, medianOf, whole } from '../statistics.ts';

const EVENTS = 50_000;
const ZIPF = 1.1;
const MAX_DELAY_MS = 5;
/** What the machine takes from anybody between an answer and the next call. */
const SERIAL_CALLS = 3000;

export const skewedUsers: Benchmark = {
  name: 'skewed-users',
  title: 'skewed users',
  workload: `the same at 0–5 ms, users by Zipf (s = ${String(ZIPF)})`,
  async run(lab, rounds) {
    const topic = await lab.topic(12, benchEvents(EVENTS, 1000, ZIPF));
    const runs: Run[] = [];
    const serial: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const run = await runPod(lab, { topic, events: EVENTS, maxDelayMs: MAX_DELAY_MS });
      const bare = await runBareUndici(lab, { events: SERIAL_CALLS, maxDelayMs: MAX_DELAY_MS }, 1);
      runs.push(run);
      serial.push((bare.perSecond * bare.serviceMs) / 1000);
      lab.say(
        `  round ${String(round + 1)}: ${whole(run.perSecond)}/s, bound ${whole(boundOf(run))}/s; ` +
          `bare calls in a row ${(serial.at(-1) ?? NaN).toFixed(2)} of theirs`,
      );
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
      figure('bare undici calls, one after the other, of theirs', median(serial).toFixed(2)),
      judged('order violations', String(disorder), '0', disorder === 0),
    ];
  },
};

/** Events a second if the hottest user's calls followed each other without a gap. */
function boundOf({ stats }: Run): number {
  return EVENTS / (stats.hottest.serviceMs / 1000);
}
