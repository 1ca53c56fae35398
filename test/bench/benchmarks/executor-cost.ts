/** What the executor itself costs. */
import { judged, figure, type Benchmark } from '../benchmark.ts';
import { measureIn } from '../child.ts';
import { medianOf } from '../statistics.ts';

interface Costs {
  readonly synchronous: { readonly micros: number; readonly leftKib: number };
  readonly full: { readonly micros: number; readonly leftKib: number };
}

export const executorCost: Benchmark = {
  name: 'executor-cost',
  title: 'executor cost',
  workload: '1 M events, 100,000 users, synchronous work',
  async run(lab, rounds) {
    const runs: Costs[] = [];
    for (let round = 0; round < rounds; round += 1)
      runs.push(await measureIn<Costs>(lab, 'executor-cost-run.ts'));
    const micros = medianOf(runs, ({ synchronous }) => synchronous.micros);
    const left = medianOf(runs, ({ synchronous }) => synchronous.leftKib);
    return [
      judged('an event', `${micros.toFixed(2)} µs`, '≤ 2 µs', micros <= 2),
      judged(
        'memory after it',
        `${left.toFixed(0)} KiB more`,
        'back to the start (± 256 KiB)',
        Math.abs(left) <= 256,
      ),
      figure(
        'an event while 10,000 wait for 128 places, work of one microtask',
        `${medianOf(runs, ({ full }) => full.micros).toFixed(2)} µs`,
      ),
    ];
  },
};
