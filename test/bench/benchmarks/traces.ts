/** What traces cost a pod: the same load with one event of a hundred traced, and without traces, in turn. */
import { startOtlpReceiver } from '../../support/telemetry/otlp-receiver.ts';
import type { Benchmark } from '../benchmark.ts';
import { figure, judged } from '../benchmark.ts';
import { runPod, type Run } from '../contenders.ts';
import { benchEvents } from '../events.ts';
import { marksOf, partsOf } from '../parts.ts';
import { byTurns, medianOf, medianRatio, whole } from '../statistics.ts';

const EVENTS = 150_000;
const USERS = 1000;
const PARTITIONS = 12;
const SHARE = 0.01;

/** Once the code is warm: of the events after the first tenth. */
const cpu = ({ stats }: Run): number => partsOf(stats.marks).rest.cpuMicros;

export const traces: Benchmark = {
  name: 'traces',
  title: 'traces, off and on',
  workload: `real Kafka, ${whole(EVENTS)} events, ${String(PARTITIONS)} partitions, ${whole(USERS)} users, calls of 0–5 ms, the first tenth apart; one event of a hundred is traced, to an endpoint that takes all spans, against traces off`,
  async run(lab, rounds) {
    const topic = await lab.topic(PARTITIONS, benchEvents(EVENTS, USERS));
    const receiver = await startOtlpReceiver();
    const load = { topic, events: EVENTS, maxDelayMs: 5, marks: marksOf(EVENTS) };
    const env = {
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
      OTEL_TRACES_SAMPLER_ARG: String(SHARE),
    };
    const [off, on]: [Run[], Run[]] = [[], []];
    try {
      for (let round = 0; round < rounds; round += 1) {
        await byTurns(round, [
          async () => off.push(await runPod(lab, load)),
          async () => on.push(await runPod(lab, load, env)),
        ]);
        const told = [off, on].map((runs) => `${whole(runs.map(cpu).at(-1) ?? NaN)} µs`);
        lab.say(`  round ${String(round + 1)}: off and on ${told.join(', ')}`);
      }
    } finally {
      await receiver.close();
    }
    const traced = receiver.spans.filter(({ name }) => name.startsWith('process ')).length;
    if (traced === 0) throw new Error('no event was traced');
    const more = (medianRatio(on, off, cpu, cpu) - 1) * 100;
    return [
      figure('CPU an event, off and on', `${whole(medianOf(off, cpu))} µs, ${whole(medianOf(on, cpu))} µs`),
      judged('more with traces', `${more.toFixed(1)} %`, '≤ 3 %', more <= 3),
      figure('events traced', whole(traced)),
    ];
  },
};
