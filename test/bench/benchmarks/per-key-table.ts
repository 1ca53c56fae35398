/** The field's per-key table: throughput over how much is in flight. */
import { figure, judged, type Benchmark, type Figure } from '../benchmark.ts';
import { measureIn } from '../child.ts';
import { medianOf, whole } from '../statistics.ts';

interface Row {
  readonly inFlight: number;
  readonly simulated: number;
  readonly ofBound: number;
  readonly window: number;
  readonly real: number;
  readonly realOfBound: number;
}

export const perKeyTable: Benchmark = {
  name: 'per-key-table',
  title: 'the per-key table',
  workload:
    'executor alone, 1,000 users, calls of 10–30 ms, a partner that serves a user one call at a time; beside it an in-order window whose calls give up after 100 ms',
  async run(lab, rounds) {
    const tables: (readonly Row[])[] = [];
    for (let round = 0; round < rounds; round += 1)
      tables.push(await measureIn<Row[]>(lab, 'per-key-run.ts'));
    const first = tables[0] ?? [];
    const figures: Figure[] = first.map(({ inFlight, simulated, window }, index) => {
      const real = medianOf(tables, (rows) => rows[index]?.real ?? NaN);
      return figure(
        `${whole(inFlight)} in flight`,
        `${whole(simulated)}/s simulated, ${whole(real)}/s real; window ${whole(window)}/s`,
      );
    });
    const ofPeak = (first.at(-1)?.simulated ?? NaN) / Math.max(...first.map(({ simulated }) => simulated));
    const worst = Math.min(...first.map(({ ofBound }) => ofBound));
    const ofWindowPeak = (first.at(-1)?.window ?? NaN) / Math.max(...first.map(({ window }) => window));
    const worstReal = Math.min(...tables.flat().map(({ realOfBound }) => realOfBound));
    return [
      ...figures,
      judged('at 3,200 of its own peak', ofPeak.toFixed(2), '≥ 0.98', ofPeak >= 0.98),
      figure('the window at 3,200 of its own peak', ofWindowPeak.toFixed(2)),
      judged('lowest share of min(cap, busy users) ÷ latency', worst.toFixed(3), '≥ 0.95', worst >= 0.95),
      figure('the same by the real clock, whose timers come late', worstReal.toFixed(2)),
    ];
  },
};
