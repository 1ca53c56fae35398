/** Held partitions' data is kept, not fetched again, and the free one does not feel them. */
import { randomUUID } from 'node:crypto';
import { figure, judged, type Benchmark } from '../benchmark.ts';
import { measureIn } from '../child.ts';
import { benchValue } from '../events.ts';
import type { BenchEvent, Lab } from '../lab.ts';
import { medianRatio } from '../statistics.ts';

const PARTITIONS = 10;
const HELD_RECORDS = 20_000;
/** Long enough that the start, while what is fetched of the held ones fills its room, does not decide. */
const FREE_RECORDS = 100_000;
const FREE = PARTITIONS - 1;

interface Read {
  readonly freeMs: number;
  /** To as many records of the free one as a held one has. */
  readonly startMs: number;
  readonly bytes: number;
}

export const flowControl: Benchmark = {
  name: 'flow-control',
  title: 'flow control',
  workload:
    '9 partitions of 20,000 records, held until the tenth, of 100,000, has been read; bytes as they come over the wire',
  async run(lab, rounds) {
    const ten = await lab.topic(PARTITIONS, tenPartitions());
    const one = await lab.topic(1, records(0, FREE_RECORDS));
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
    const startMs = ({ startMs: took }: Read): number => took;
    const fetched = medianRatio(held, plain, bytes, bytes);
    const naive = medianRatio(pausing, plain, bytes, bytes);
    const speed = medianRatio(alone, held, freeMs, freeMs);
    return [
      judged('bytes fetched ÷ consumed', fetched.toFixed(3), '≤ 1.05', fetched <= 1.05),
      judged('the free one of its speed alone', speed.toFixed(2), '≥ 0.95', speed >= 0.95),
      figure(
        '… its first 20,000 records, while the rooms of the held ones fill',
        medianRatio(alone, held, startMs, startMs).toFixed(2),
      ),
      figure('bytes fetched ÷ consumed with kafkajs pause', naive.toFixed(2)),
      figure(
        'the free one of its speed alone with kafkajs pause',
        medianRatio(alone, pausing, freeMs, freeMs).toFixed(2),
      ),
    ];
  },
};

function* tenPartitions(): Generator<BenchEvent> {
  for (let partition = 0; partition < PARTITIONS; partition += 1) {
    yield* records(partition, partition === FREE ? FREE_RECORDS : HELD_RECORDS);
  }
}

function* records(partition: number, count: number): Generator<BenchEvent> {
  for (let record = 0; record < count; record += 1) {
    const userId = `user-${String(record % 1000)}`;
    yield { userId, value: benchValue(record, userId, 0.5), partition };
  }
}

function read(lab: Lab, topic: string, way: string): Promise<Read> {
  return measureIn<Read>(lab, 'flow-control-run.ts', {
    ...{ TOPIC: topic, GROUP: `bench-${randomUUID().slice(0, 8)}`, WAY: way },
    ...{ FREE: String(FREE), FREE_RECORDS: String(FREE_RECORDS), HELD_RECORDS: String(HELD_RECORDS) },
  });
}
