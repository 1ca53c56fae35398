/** The partitions of a pod, for tests: with events that end when they are told to. */
import type { Ownership } from '../../../src/domain/ownership.ts';
import type { HeaderValue } from '../../../src/domain/record.ts';
import type { RecordChunk } from '../../../src/stream/buffer/record-chunk.ts';
import type { Assignment } from '../../../src/stream/partition/assignment.ts';
import type { CommitResult } from '../../../src/stream/pace/committer.ts';
import { createPartitions, type Partitions, type PartitionsOptions } from '../../../src/stream/partitions.ts';

export const MIB = 1024 * 1024;
export const START = {
  ...{ startOffset: 0, committed: 0, inherited: undefined, highWaterMark: 0 },
};

const opened: Partitions[] = [];

/** Stops what {@link setUp} has begun. */
export function stopAll(): void {
  for (const { committer } of opened.splice(0)) committer.stop();
}

/** Events end when they are told to; a record is an event, or a gzip of one a line. */
export function setUp(
  changes: Partial<PartitionsOptions> = {},
  answers: readonly (CommitResult | 'nothing')[] = [],
) {
  const running = new Map<string, { readonly ownership: Ownership; readonly end: () => void }>();
  const paused = new Set<number>();
  const faults: unknown[] = [];
  const results: CommitResult[] = [];
  let passedOver = 0;
  const commits: Assignment[] = [];
  const partitions = createPartitions({
    ...{ topic: 't', ordering: 'user', maxInFlightEvents: 1000, maxUncommittedEvents: 1000 },
    ...{
      maxRecordBytes: 4 * MIB,
      commitIntervalMs: 1000,
      commitMaxEvents: 1000,
      fetchBytes: MIB,
      fetchMs: 100,
    },
    clock: Date,
    meter: {
      passedOver: (records) => void (passedOver += records),
      commit: (result) => void results.push(result),
    },
    pause: (partition) => void paused.add(partition),
    resume: (partition) => void paused.delete(partition),
    commit: (assignment) => {
      commits.push(assignment);
      for (const flow of assignment.flows.values()) flow.committed = flow.watermark;
      return Promise.resolve(answers[commits.length - 1] ?? 'ok');
    },
    onFault: (error) => void faults.push(error),
    handleEvent: ({ source: { partition, offset, index } }) => ({
      key: undefined,
      run: (ownership) =>
        new Promise((end) => {
          running.set(`${String(partition)}:${offset}/${String(index)}`, { ownership, end });
        }),
      abandon: () => undefined,
    }),
    ...changes,
  });
  opened.push(partitions);
  const settle = async (): Promise<void> => {
    for (let turns = 0; turns < 10; turns += 1) await new Promise((resolve) => setImmediate(resolve));
  };
  /** Records of so many bytes, as far as is counted. */
  const chunkOf = (
    partition: number,
    offsets: readonly number[],
    bytes = 10,
    value = Buffer.from('{}'),
    headers: Record<string, HeaderValue> = {},
  ): RecordChunk => ({
    length: offsets.length,
    writtenAt: () => 0,
    offsetAt: (index) => offsets[index]!,
    bytesAt: () => bytes,
    recordAt: (index) => ({
      topic: 't',
      partition,
      offset: String(offsets[index]),
      key: null,
      value,
      headers,
    }),
    release: () => undefined,
  });
  return {
    ...{ partitions, running, paused, faults, results, commits, settle, chunkOf },
    passedOver: () => passedOver,
    /** Begins all partitions of a new assignment. */
    begin(count: number): void {
      const assignment = partitions.assign('member', [...Array(count).keys()]);
      for (const partition of assignment.partitions) partitions.begin(partition, START);
      partitions.serve();
    },
    async append(partition: number, chunk: RecordChunk): Promise<void> {
      const next = chunk.offsetAt(chunk.length - 1) + 1;
      partitions.current?.flows.get(partition)?.append([{ kind: 'records', chunk }], next);
      partitions.pump.wake();
      await settle();
    },
    async end(name: string): Promise<void> {
      running.get(name)?.end();
      running.delete(name);
      await settle();
    },
  };
}

export const upTo = (count: number): number[] => [...Array(count).keys()];
