/** Held partitions' data is kept, not fetched again, and the free one does not feel them. */
import { randomUUID } from 'node:crypto';
import { figure, judged, type Benchmark } from './benchmark.ts';
import { measureIn } from './child.ts';
import { benchValue } from './events.ts';
import type { BenchEvent, Lab } from './lab.ts';
import { medianRatio } from './statistics.ts';

const PARTITIONS = 10;
const PER_PARTITION = 20_000;

interface Read {
  readonly freeMs: number;
  readonly bytes: number;
}

export const flowControl: Benchmark = {
  name: 'flow-control',
  title: 'flow control',
  workload:
    '10 partitions of 20,000 records, 9 held until the free one has been read; bytes as they come over the wire',
  async run(lab, rounds) {
    const ten = await lab.topic(PARTITIONS, records(PARTITIONS));
    const one = await lab.topic(1, records(1));
    const plain: Read[] = [];
    const held: Read[] = [];
    const alone: Read[] = [];
    const pausing: Read[] = [];
    for (let round = 0; round < rounds; round += 1) {
      plain.push(await read(lab, ten, 'plain'));
      held.push(await read(lab, ten, 'held'));
      alone.push(await read(lab, one, 'alone'));
      pausing.push(await read(lab, ten, 'pausing'));
    }
    const bytes = ({ bytes: read }: Read): number => read;
    const freeMs = ({ freeMs: took }: Read): number => took;
    const fetched = medianRatio(held, plain, bytes, bytes);
    const naive = medianRatio(pausing, plain, bytes, bytes);
    const speed = medianRatio(alone, held, freeMs, freeMs);
    return [
      judged('bytes fetched ÷ consumed', fetched.toFixed(3), '≤ 1.05', fetched <= 1.05),
      judged('the free one of its speed alone', speed.toFixed(2), '≥ 0.95', speed >= 0.95),
      figure('bytes fetched ÷ consumed with kafkajs pause', naive.toFixed(2)),
      figure(
        'the free one of its speed alone with kafkajs pause',
        medianRatio(alone, pausing, freeMs, freeMs).toFixed(2),
      ),
    ];
  },
};

function* records(partitions: number): Generator<BenchEvent> {
  for (let record = 0; record < partitions * PER_PARTITION; record += 1) {
    const userId = `user-${String(record % 1000)}`;
    yield { userId, value: benchValue(record, userId, 0.5), partition: record % partitions };
  }
}

function read(lab: Lab, topic: string, way: string): Promise<Read> {
  return measureIn<Read>(lab, 'flow-control-run.ts', {
    ...{ TOPIC: topic, GROUP: `bench-${randomUUID().slice(0, 8)}`, WAY: way },
    PER_PARTITION: String(PER_PARTITION),
  });
}
