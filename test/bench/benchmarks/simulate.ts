/** What `rules simulate` takes for a million recorded events. */
import { figure, judged, type Benchmark } from '../benchmark.ts';
import { measureIn } from '../child.ts';
import { medianOf } from '../statistics.ts';

interface Simulated {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly peakMib: number;
  readonly events: number;
  readonly known: number;
  readonly agreed: number;
  readonly fileMib: number;
}

export const simulate: Benchmark = {
  name: 'simulate',
  title: 'rules simulate',
  workload:
    'a recording of 1 M events of 200,000 users in a week, answers of 0 to 8 coupons; all cores; the live rules again',
  async run(lab, rounds) {
    const runs: Simulated[] = [];
    for (let round = 0; round < rounds; round += 1)
      runs.push(await measureIn<Simulated>(lab, 'simulate-run.ts'));
    const seconds = medianOf(runs, (run) => run.seconds);
    const peakMib = Math.max(...runs.map((run) => run.peakMib));
    const { events, known, agreed, fileMib } = runs[0] as Simulated;
    return [
      judged('a million events', `${seconds.toFixed(1)} s`, '< 60 s', seconds < 60),
      figure('CPU an event', `${((medianOf(runs, (run) => run.cpuSeconds) * 1e6) / events).toFixed(0)} µs`),
      figure('memory at most (RSS)', `${peakMib.toFixed(0)} MiB`),
      figure('size of the recording', `${fileMib.toFixed(0)} MiB`),
      judged(
        'known answers that are what pods did',
        `${agreed.toLocaleString('en-US')} of ${known.toLocaleString('en-US')}`,
        'all',
        agreed === known,
      ),
    ];
  },
};
