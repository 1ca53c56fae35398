/** What it costs a pod to write down what its decisions saw: the same load with the topic and without, in turn. */
import type { Benchmark, Figure } from '../benchmark.ts';
import { figure, judged } from '../benchmark.ts';
import { runPod, type Run } from '../contenders.ts';
import { benchEvents } from '../events.ts';
import type { Lab } from '../lab.ts';
import { medianOf, medianRatio, whole } from '../statistics.ts';

const EVENTS = 30_000;
const USERS = 1000;
const PARTITIONS = 12;
const COUPONS = [1, 5];

export const decisionTopic: Benchmark = {
  name: 'decision-topic',
  title: 'what decisions saw, written down',
  workload: `real Kafka, ${whole(EVENTS)} events, ${String(PARTITIONS)} partitions, ${whole(USERS)} users, calls of 0–5 ms; each answer has so many coupons of 400 bytes, which the rules exclude; the decision topic at 100 % against none`,
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
  const on: Run[] = [];
  for (let round = 0; round < rounds; round += 1) {
    off.push(await runPod(lab, load));
    on.push(await runPod(lab, load, { KAFKA_DECISION_TOPIC: `${topic}.decisions` }));
    lab.say(
      `  ${String(coupons)} coupons, round ${String(round + 1)}: off ${told(off.at(-1))}, on ${told(on.at(-1))}`,
    );
  }
  const cpu = ({ cpuMicros }: Run): number => cpuMicros;
  const more = (medianRatio(on, off, cpu, cpu) - 1) * 100;
  const what = `${String(coupons)} ${coupons === 1 ? 'coupon' : 'coupons'}: CPU an event`;
  return [
    figure(`${what}, off and on`, `${whole(medianOf(off, cpu))} µs, ${whole(medianOf(on, cpu))} µs`),
    judged(`${what}, more with the topic`, `${more.toFixed(1)} %`, '≤ 5 %', more <= 5),
  ];
}

function told(run: Run | undefined): string {
  return run === undefined ? '' : `${whole(run.perSecond)}/s ${run.cpuMicros.toFixed(0)} µs`;
}
