/** One partition's flow with everything around it that a test can hold in its hands. */
import { setImmediate as turn } from 'node:timers/promises';
import type { Ownership } from '../../../../src/domain/ownership.ts';
import { createRecordChunk } from '../../../../src/stream/buffer/record-chunk.ts';
import { createKeyedExecutor } from '../../../../src/stream/execute/keyed-executor.ts';
import type { FlowOptions } from '../../../../src/stream/partition/flow-options.ts';
import { createPartitionFlow } from '../../../../src/stream/partition/partition-flow.ts';
import { createPartitionShares } from '../../../../src/stream/partition/partition-shares.ts';

/** What an event's JSON says to the rig. */
export interface RigEvent {
  readonly user?: string;
  readonly atMs?: number;
}

interface RunningEvent {
  readonly ownership: Ownership;
  readonly end: () => void;
  readonly fail: (error: unknown) => void;
}

/** Events are named by offset and index (`7/0`). Nothing ends unless it is told to. */
export function openFlow(changes: Partial<FlowOptions> & { readonly maxRunning?: number } = {}) {
  const running = new Map<string, RunningEvent>();
  /** In order: what was started, `ahead …`, `abandoned …`. */
  const log: string[] = [];
  const faults: unknown[] = [];
  const counts = { woken: 0, finished: 0, hurried: 0, passedOver: [] as number[] };
  const executor = createKeyedExecutor({
    maxRunning: changes.maxRunning ?? Infinity,
    onFault: (error) => faults.push(error),
  });
  const eventShares = createPartitionShares(1000, 1);
  const flow = createPartitionFlow({
    ...{ topic: 't', partition: 3, startOffset: 0, committed: 0, inherited: undefined, highWaterMark: 0 },
    ...{ maxRecordBytes: 2 ** 20, maxUncommittedEvents: 1000, readyAhead: Infinity },
    eventShares,
    executor,
    handleEvent: ({ source: { offset, index }, content }) => {
      const name = `${offset}/${String(index)}`;
      const { user, atMs } = (content.kind === 'json' ? content.value : {}) as RigEvent;
      return {
        key: user,
        occurredAtMs: atMs,
        ahead: () => void log.push(`ahead ${name}`),
        run: (ownership) => {
          log.push(name);
          return new Promise((resolve, reject) => {
            running.set(name, { ownership, end: () => resolve(), fail: reject });
          });
        },
        abandon: () => void log.push(`abandoned ${name}`),
      };
    },
    keyOf: ({ key }) => key ?? Symbol('its own'),
    pump: { wake: () => void (counts.woken += 1) },
    committer: {
      eventFinished: () => void (counts.finished += 1),
      hurry: () => void (counts.hurried += 1),
    },
    meter: { passedOver: (records) => void counts.passedOver.push(records) },
    onFault: (error) => void faults.push(error),
    ...changes,
  });
  const one = (name: string): RunningEvent => {
    const found = running.get(name);
    if (found === undefined) throw new Error(`${name} does not run`);
    return found;
  };
  return {
    ...{ flow, executor, eventShares, log, faults, counts },
    /** Records by offset; each has one event, or a list of them, or is text that is none. */
    append(
      records: Readonly<Record<number, RigEvent | readonly RigEvent[] | string>>,
      writtenAtMs = 1000,
    ): void {
      const messages = Object.entries(records).map(([offset, value]) => ({
        ...{ key: null, offset, timestamp: String(writtenAtMs), headers: {} },
        value: Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)),
      }));
      const chunk = createRecordChunk({ topic: 't', partition: 3 }, messages);
      flow.append([{ kind: 'records', chunk }], Number(messages.at(-1)?.offset) + 1);
    },
    skip(next: number, passedOver = 0): void {
      flow.append([{ kind: 'skip', next, passedOver }], next);
    },
    /** Takes in what may be. @returns what was started since it was asked last. */
    async admitAll(): Promise<string[]> {
      const before = log.length;
      for (let idle = 0; idle < 5; idle += 1) {
        while (flow.admit()) idle = 0;
        await turn();
      }
      return log.slice(before);
    },
    ownershipOf: (name: string): Ownership => one(name).ownership,
    async end(...names: readonly string[]): Promise<void> {
      for (const name of names) one(name).end();
      await turn();
    },
    async fail(name: string, error: unknown): Promise<void> {
      one(name).fail(error);
      await turn();
    },
  };
}
