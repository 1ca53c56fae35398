/**
 * A pod that has run for a while and gets answers as partners give them, beside the bare call and beside Confluent
 * Parallel Consumer with the same work. What holds for the first 50,000 events does not hold for the rest.
 */
import type { Benchmark, Figure } from '../benchmark.ts';
import { figure, judged } from '../benchmark.ts';
import { IN_FLIGHT, runBareUndici, runParallelConsumer, runPod, type Load, type Run } from '../contenders.ts';
import { benchEvents } from '../events.ts';
import type { Lab } from '../lab.ts';
import { buildParallelConsumer, type JavaProgram } from '../parallel-consumer-program.ts';
import { firstPartOf, marksOf, partsOf, type Part, type Parts } from '../parts.ts';
import { medianOf, medianRatio, times, whole } from '../statistics.ts';

const EVENTS = 500_000;
const USERS = 1000;
const PARTITIONS = 12;
const SHORT_MS = 5;
const LONG_MS = 20;
const MAX_CPU_MICROS = 55;
const MAX_OVER_BARE = 1.5;
const MIN_OVER_PARALLEL_CONSUMER = 1.5;
const MIN_OF_BOUND = 0.85;
const MAX_RSS_MIB = 286;

interface Told {
  readonly run: Run;
  readonly parts: Parts;
}

/** What each contender did, round by round. */
interface Rounds {
  readonly pods: Told[];
  readonly bare: Told[];
  readonly rivals: Told[];
}

export const steadyState: Benchmark = {
  name: 'steady-state',
  title: 'steady state, answers as they come',
  workload: (events = EVENTS) =>
    `real Kafka, ${whole(events)} events, ${String(PARTITIONS)} partitions, ${whole(USERS)} users, ${String(IN_FLIGHT)} in flight; 40 % of the answers have no coupon, the others 1 to 8 in 300 to 4,096 bytes; Parallel Consumer parses the event, asks Redis, calls, and parses the answer; bare undici calls and parses; µs are CPU an event`,
  async run(lab, rounds, events = EVENTS) {
    const program = await buildParallelConsumer(lab);
    if (!program.found) lab.say(`  Parallel Consumer is skipped: ${program.why}`);
    const topic = await lab.topic(PARTITIONS, benchEvents(events, USERS));
    const loads = [SHORT_MS, LONG_MS].map((maxDelayMs): Load => {
      return { topic, events, maxDelayMs, coupons: 'mixed', marks: marksOf(events) };
    });
    const figures: Figure[] = [];
    const all: Rounds[] = [];
    for (const load of loads) {
      const runs = await takeTurns(lab, rounds, load, program);
      figures.push(...compare(load, runs));
      all.push(runs);
    }
    if (!program.found) figures.push(figure('Parallel Consumer on Vert.x', `skipped: ${program.why}`));
    return [...figures, ...judgeAll(all)];
  },
};

async function takeTurns(lab: Lab, rounds: number, load: Load, program: JavaProgram): Promise<Rounds> {
  const runs: Rounds = { pods: [], bare: [], rivals: [] };
  const at = nameOf(load);
  for (let round = 1; round <= rounds; round += 1) {
    const take = async (list: Told[], name: string, running: Promise<Run>): Promise<void> => {
      const run = await running;
      const told = { run, parts: partsOf(run.stats.marks) };
      list.push(told);
      lab.say(`  ${at}, round ${String(round)}: ${name} ${tell([told])}, RSS ${whole(run.peakRssMib)} MiB`);
    };
    await take(runs.pods, 'pod', runPod(lab, load));
    await take(runs.bare, 'bare undici', runBareUndici(lab, load));
    if (program.found) await take(runs.rivals, 'Parallel Consumer', runParallelConsumer(lab, load, program));
  }
  return runs;
}

function compare(load: Load, runs: Rounds): Figure[] {
  const { pods, bare, rivals } = runs;
  const at = nameOf(load);
  const first = whole(firstPartOf(load.events));
  const cpuMicros = late(pods, ({ cpuMicros }) => cpuMicros);
  const overBare = lateRatio(pods, bare, ({ cpuMicros }) => cpuMicros);
  const overRival = lateRatio(pods, rivals, ({ perSecond }) => perSecond);
  const whatOfRival = `${at}: events/s in the second half over Parallel Consumer’s`;
  // Longer calls bound all contenders alike.
  const isShort = load.maxDelayMs < LONG_MS;
  return [
    figure(`${at}: pod, first ${first} · the rest · second half`, tell(pods)),
    figure(`${at}: bare undici, the same`, tell(bare)),
    ...(rivals.length === 0 ? [] : [figure(`${at}: Parallel Consumer, the same`, tell(rivals))]),
    judged(
      `${at}: CPU an event in the second half, and over bare undici’s`,
      `${cpuMicros.toFixed(0)} µs, ${times(overBare)}`,
      `≤ ${String(MAX_CPU_MICROS)} µs or ≤ ${String(MAX_OVER_BARE)}×`,
      cpuMicros <= MAX_CPU_MICROS || overBare <= MAX_OVER_BARE,
    ),
    ...(rivals.length === 0
      ? []
      : [
          isShort
            ? judged(
                whatOfRival,
                times(overRival),
                `≥ ${String(MIN_OVER_PARALLEL_CONSUMER)}×`,
                overRival >= MIN_OVER_PARALLEL_CONSUMER,
              )
            : figure(whatOfRival, times(overRival)),
        ]),
    ...(isShort ? [] : boundOf(at, runs)),
  ];
}

function boundOf(at: string, runs: Rounds): Figure[] {
  const ofBound = late(runs.pods, shareOfBound);
  const reach = `≥ ${String(MIN_OF_BOUND)}`;
  const others = othersOf(runs);
  return [
    judged(
      `${at}: of cap ÷ service time in the second half`,
      ofBound.toFixed(2),
      reach,
      ofBound >= MIN_OF_BOUND,
    ),
    figure(
      `${at}: the same of ${others.map(([name]) => name).join(', ')}`,
      others.map(([, told]) => late(told, shareOfBound).toFixed(2)).join(', '),
    ),
  ];
}

/** What is asked of all runs, at whatever delay. */
function judgeAll(all: readonly Rounds[]): Figure[] {
  const together: Rounds = {
    pods: all.flatMap(({ pods }) => pods),
    bare: all.flatMap(({ bare }) => bare),
    rivals: all.flatMap(({ rivals }) => rivals),
  };
  const { pods } = together;
  const others = othersOf(together);
  const names = others.map(([name]) => name).join(', ');
  const violations = pods.reduce((sum, { run: { stats } }) => sum + stats.disorder + stats.overlaps, 0);
  const rss = mostRss(pods);
  const busy = [pods, ...others.map(([, told]) => told)].map((told) =>
    late(told, ({ otherCores }) => otherCores).toFixed(2),
  );
  return [
    judged('pod, order violations', String(violations), '0', violations === 0),
    judged('pod, RSS at most', `${whole(rss)} MiB`, '< 286 MiB (300 MB)', rss < MAX_RSS_MIB),
    figure(`${names}, RSS at most`, others.map(([, told]) => `${whole(mostRss(told))} MiB`).join(', ')),
    figure(`cores that all else on the machine took, beside the pod, ${names}`, busy.join(', ')),
  ];
}

/** Those beside the pod that have run. */
function othersOf({ bare, rivals }: Rounds): [name: string, runs: readonly Told[]][] {
  return rivals.length === 0
    ? [['bare undici', bare]]
    : [
        ['bare undici', bare],
        ['Parallel Consumer', rivals],
      ];
}

function nameOf({ maxDelayMs }: Load): string {
  return `0–${String(maxDelayMs)} ms`;
}

/** The share of what so many calls at once, as long as these were, allow. */
function shareOfBound({ perSecond, serviceMs }: Part): number {
  return (perSecond * serviceMs) / 1000 / IN_FLIGHT;
}

function late(runs: readonly Told[], read: (part: Part) => number): number {
  return medianOf(runs, ({ parts }) => read(parts.secondHalf));
}

function lateRatio(above: readonly Told[], below: readonly Told[], read: (part: Part) => number): number {
  const ofHalf = ({ parts }: Told): number => read(parts.secondHalf);
  return medianRatio(above, below, ofHalf, ofHalf);
}

function mostRss(runs: readonly Told[]): number {
  return Math.max(...runs.map(({ run }) => run.peakRssMib));
}

/** The three parts, medians of the rounds. */
function tell(runs: readonly Told[]): string {
  return (['first', 'rest', 'secondHalf'] as const)
    .map((name) => {
      const of = (read: (part: Part) => number): string =>
        whole(medianOf(runs, ({ parts }) => read(parts[name])));
      return `${of(({ perSecond }) => perSecond)}/s ${of(({ cpuMicros }) => cpuMicros)} µs`;
    })
    .join(' · ');
}
