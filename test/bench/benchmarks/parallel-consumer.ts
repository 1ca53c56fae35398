/** The workload of Confluent Parallel Consumer's README, on this engine and real Kafka. */
import { randomUUID } from 'node:crypto';
import { judged, type Benchmark, type Figure } from '../benchmark.ts';
import { measureIn } from '../child.ts';
import { benchEvents } from '../events.ts';
import { median, medianOf } from '../statistics.ts';

const EVENTS = 10_000;
const AT_ONCE = 100;
/** A run of a third of a second is over before a machine's bad moment is: more of them for their median. */
const RUNS_A_ROUND_WHERE_SHORT = 3;
const CASES = [
  { name: 'by partition', ordering: 'partition', users: 1000 },
  { name: 'by user, 1 user', ordering: 'user', users: 1 },
  { name: 'by user, 20 users', ordering: 'user', users: 20 },
  { name: 'by user, 100 users', ordering: 'user', users: 100, isShort: true },
  { name: 'by user, 1,000 users', ordering: 'user', users: 1000, isShort: true },
  { name: 'no order', ordering: 'none', users: 1000, isShort: true },
];

interface Took {
  readonly tookMs: number;
  readonly boundMs: number;
}

export const parallelConsumer: Benchmark = {
  name: 'parallel-consumer',
  title: "Parallel Consumer's README workload",
  workload:
    'real Kafka, 10,000 messages, one partition, 0–5 ms work, 100 at once; the bound: what the work of the hottest key, or all work on 100 places, takes by itself; the last three cases three times a round',
  async run(lab, rounds) {
    const figures: Figure[] = [];
    const topics = new Map<number, string>();
    for (const { name, ordering, users, isShort = false } of CASES) {
      const topic = topics.get(users) ?? (await lab.topic(1, benchEvents(EVENTS, users)));
      topics.set(users, topic);
      const runs: Took[] = [];
      for (let run = 0; run < rounds * (isShort ? RUNS_A_ROUND_WHERE_SHORT : 1); run += 1) {
        const settings = { TOPIC: topic, GROUP: `bench-${randomUUID().slice(0, 8)}`, ORDERING: ordering };
        runs.push(
          await measureIn<Took>(lab, 'parallel-consumer-run.ts', {
            ...settings,
            EVENTS: String(EVENTS),
            AT_ONCE: String(AT_ONCE),
          }),
        );
      }
      const share = median(runs.map(({ tookMs, boundMs }) => boundMs / tookMs));
      const seconds = medianOf(runs, ({ tookMs }) => tookMs) / 1000;
      lab.say(`  ${name}: ${seconds.toFixed(2)} s, ${share.toFixed(3)} of its bound`);
      figures.push(
        judged(`${name}: ${seconds.toFixed(2)} s, of its bound`, share.toFixed(2), '≥ 0.95', share >= 0.95),
      );
    }
    return figures;
  },
};
