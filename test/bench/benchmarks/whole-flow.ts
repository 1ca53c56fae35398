/** One pod with everything on, beside what a Node team writes first, its hot path alone, and the bare call. */
import type { Benchmark, Figure } from '../benchmark.ts';
import { figure, judged } from '../benchmark.ts';
import { IN_FLIGHT, runBareUndici, runEachMessage, runPod, runSketch, type Run } from '../contenders.ts';
import { benchEvents } from '../events.ts';
import type { Lab } from '../lab.ts';
import { median, medianOf, medianRatio, times, whole } from '../statistics.ts';

const EVENTS = 50_000;
const USERS = 1000;
const PARTITIONS = 12;
const LOADS = [
  { maxDelayMs: 5, overNaive: 4.5 },
  { maxDelayMs: 20, overNaive: 10 },
];

export const wholeFlow: Benchmark = {
  name: 'whole-flow',
  title: 'whole flow against what a Node team writes first',
  workload: `real Kafka, ${whole(EVENTS)} events, ${String(PARTITIONS)} partitions, ${whole(USERS)} users, ${String(IN_FLIGHT)} in flight; the partner answers "none"; from the first call to the last commit`,
  async run(lab, rounds) {
    const topic = await lab.topic(PARTITIONS, benchEvents(EVENTS, USERS));
    const figures: Figure[] = [];
    for (const { maxDelayMs, overNaive } of LOADS) {
      figures.push(...(await compare(lab, rounds, { topic, events: EVENTS, maxDelayMs }, overNaive)));
    }
    return figures;
  },
};

async function compare(
  lab: Lab,
  rounds: number,
  load: { readonly topic: string; readonly events: number; readonly maxDelayMs: number },
  overNaive: number,
): Promise<Figure[]> {
  const pods: Run[] = [];
  const bare: Run[] = [];
  const sketches: Run[] = [];
  const naive: Run[] = [];
  for (let round = 0; round < rounds; round += 1) {
    pods.push(await runPod(lab, load));
    bare.push(await runBareUndici(lab, load));
    sketches.push(await runSketch(lab, load));
    naive.push(await runEachMessage(lab, load));
    lab.say(
      `  ${String(load.maxDelayMs)} ms, round ${String(round + 1)}: pod ${told(pods.at(-1))}, ` +
        `bare undici ${told(bare.at(-1))}, sketch ${told(sketches.at(-1))}, eachMessage + got ${told(naive.at(-1))}`,
    );
  }
  const at = `0–${String(load.maxDelayMs)} ms`;
  const perSecond = ({ perSecond: value }: Run): number => value;
  const cpu = ({ cpuMicros }: Run): number => cpuMicros;
  const overEach = medianRatio(pods, naive, perSecond, perSecond);
  const overBare = medianRatio(pods, bare, cpu, cpu);
  const sketchOverBare = medianRatio(sketches, bare, cpu, cpu);
  const ofBound = (runs: readonly Run[]): number =>
    median(runs.map((run) => run.perSecond / (IN_FLIGHT / (run.serviceMs / 1000))));
  const podOfBound = ofBound(pods);
  const figures = [
    figure(`${at}: pod, events/s`, whole(medianOf(pods, perSecond))),
    judged(
      `${at}: over eachMessage + got (${whole(medianOf(naive, perSecond))}/s)`,
      times(overEach),
      `≥ ${String(overNaive)}×`,
      overEach >= overNaive,
    ),
    judged(
      `${at}: CPU an event, pod ${whole(medianOf(pods, cpu))} µs over bare undici ${whole(medianOf(bare, cpu))} µs`,
      times(overBare),
      '≤ 1.6×',
      overBare <= 1.6,
    ),
    figure(
      `${at}: the same of a sketch of the hot path (${whole(medianOf(sketches, cpu))} µs; ${whole(medianOf(sketches, perSecond))}/s)`,
      times(sketchOverBare),
    ),
    figure(`${at}: CPU an event, eachMessage + got`, `${whole(medianOf(naive, cpu))} µs`),
  ];
  if (load.maxDelayMs < 20) return figures;
  return [
    ...figures,
    judged(`${at}: of cap ÷ service time`, podOfBound.toFixed(2), '≥ 0.7', podOfBound >= 0.7),
    figure(`${at}: bare undici of cap ÷ service time`, ofBound(bare).toFixed(2)),
  ];
}

function told(run: Run | undefined): string {
  return run === undefined ? '' : `${whole(run.perSecond)}/s ${run.cpuMicros.toFixed(0)} µs`;
}
