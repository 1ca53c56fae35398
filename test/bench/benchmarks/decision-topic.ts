/** What it costs a pod to write down what its decisions saw: the same load with the topic and without, in turn. */
import type { Benchmark, Figure } from '../benchmark.ts';
import { figure, judged } from '../benchmark.ts';
import { runPod, type Run } from '../contenders.ts';
import { benchEvents } from '../events.ts';
import type { Lab } from '../lab.ts';
import { byTurns, medianOf, medianRatio, whole } from '../statistics.ts';

const EVENTS = 30_000;
const USERS = 1000;
const PARTITIONS = 12;
const COUPONS = [1, 5];
const PERCENTS = [100, 10];

export const decisionTopic: Benchmark = {
  name: 'decision-topic',
  title: 'what decisions saw, written down',
  workload: `real Kafka, ${whole(EVENTS)} events, ${String(PARTITIONS)} partitions, ${whole(USERS)} users, calls of 0–5 ms; each answer has so many coupons of 400 bytes, which the rules exclude; the decision topic against none`,
  async run(lab, rounds) {
    const topic = await lab.topic(PARTITIONS, benchEvents(EVENTS, USERS));
    const figures: Figure[] = [];
    for (const coupons of COUPONS) figures.push(...(await compare(lab, rounds, topic, coupons)));
    return figures;
  },
};

async function compare(lab: Lab, rounds: number, topic: string, coupons: number): Promise<Figure[]> {
  const load = { topic, events: EVENTS, maxDelayMs: 5, coupons };
  const off: Run[] = [];
  const on = new Map<number, Run[]>(PERCENTS.map((percent) => [percent, []]));
  const recorded = [...on].map(([percent, runs]) => async () => {
    const env = { KAFKA_DECISION_TOPIC: `${topic}.decisions`, DECISION_SAMPLE_PERCENT: String(percent) };
    runs.push(await runPod(lab, load, env));
  });
  for (let round = 0; round < rounds; round += 1) {
    await byTurns(round, [async () => off.push(await runPod(lab, load)), ...recorded]);
    const told = [...on].map(([percent, runs]) => `${String(percent)} % ${tell(runs.at(-1))}`);
    lab.say(
      `  ${String(coupons)} coupons, round ${String(round + 1)}: off ${tell(off.at(-1))}, ${told.join(', ')}`,
    );
  }
  const cpu = ({ cpuMicros }: Run): number => cpuMicros;
  const what = `${String(coupons)} ${coupons === 1 ? 'coupon' : 'coupons'}`;
  const absolute = [...on].map(([percent, runs]) => `${String(percent)} % ${whole(medianOf(runs, cpu))} µs`);
  return [
    figure(`${what}: CPU an event`, `off ${whole(medianOf(off, cpu))} µs, ${absolute.join(', ')}`),
    ...[...on].map(([percent, runs]) => {
      const more = (medianRatio(runs, off, cpu, cpu) - 1) * 100;
      return judged(
        `${what}: more with ${String(percent)} % of the users`,
        `${more.toFixed(1)} %`,
        '≤ 5 %',
        more <= 5,
      );
    }),
  ];
}

function tell(run: Run | undefined): string {
  return run === undefined ? '' : `${whole(run.perSecond)}/s ${run.cpuMicros.toFixed(0)} µs`;
}
