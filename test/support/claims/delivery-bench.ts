/** A delivery with everything around it in memory: scripted answers, one clock that sleeps move, faults on demand. */
import type { SendResult, DeliveryStore, SendCall } from '../../../src/domain/delivery.ts';
import { UnavailableError } from '../../../src/runtime/errors.ts';
import type { EventRef } from '../../../src/domain/event.ts';
import type { OutcomeRecord } from '../../../src/domain/outcome.ts';
import { createDeliver, type DeliverOptions } from '../../../src/push/deliver.ts';
import type { Verdict } from '../../../src/push/delivery-run.ts';
import type { Withdrawal } from '../../../src/push/ports.ts';
import { createReportOutcome } from '../../../src/push/report-outcome.ts';
import { claimOne } from './claims-harness.ts';
import { createInMemoryClaims, type InMemoryClaims } from './in-memory-claims.ts';
import { silentLogger } from '../silent-logger.ts';

export type Step = keyof DeliveryStore | 'killSwitch' | 'send' | 'record' | 'reserve';

export interface DeliveryBench {
  readonly memory: InMemoryClaims;
  readonly ref: EventRef;
  readonly calls: SendCall[];
  readonly records: OutcomeRecord[];
  readonly counted: string[];
  /** The order of everything that was asked of the world. */
  readonly steps: Step[];
  readonly script: {
    answers: (SendResult | (() => SendResult | Promise<SendResult>))[];
    killed: boolean;
    withdrawn: Withdrawal | undefined;
    /** Each failure happens once: before the step's effect, or after it (the reply is lost). */
    faults: { step: Step; when: 'before' | 'after'; error: Error | 'kill -9' }[];
  };
  now(): number;
  advance(ms: number): void;
  claim(ttlMs?: number): Promise<void>;
  run(changes?: Partial<DeliverOptions>): Promise<Verdict>;
  /** Runs the job until it ends or is killed. */
  runToDeath(): Promise<void>;
  /** Runs the job as the queue does, waiting between, until it has ended. */
  runToEnd(changes?: Partial<DeliverOptions>): Promise<void>;
  readonly stop: AbortController;
}

/** Killed: nothing after this line happens, not even a catch. */
function fail(error: Error | 'kill -9'): Promise<never> {
  return error === 'kill -9' ? new Promise<never>(() => {}) : Promise.reject(error);
}

export const away = (): Error => new UnavailableError('redis', 'test');

export function createBench(): DeliveryBench {
  let nowMs = Date.parse('2026-11-22T12:00:00Z');
  const memory = createInMemoryClaims({ now: () => nowMs });
  const ref = { userId: 'u-1', eventId: 'e-1' };
  const [calls, records, counted, steps]: [SendCall[], OutcomeRecord[], string[], Step[]] = [[], [], [], []];
  const script: DeliveryBench['script'] = { answers: [], killed: false, withdrawn: undefined, faults: [] };
  const stop = new AbortController();

  const step = async <T>(name: Step, task: () => Promise<T>): Promise<T> => {
    steps.push(name);
    const index = script.faults.findIndex((fault) => fault.step === name);
    const [fault] = index < 0 ? [] : script.faults.splice(index, 1);
    if (fault?.when === 'before') return fail(fault.error);
    const answer = await task();
    return fault === undefined ? answer : fail(fault.error);
  };
  const { store: plain } = memory;
  const store: DeliveryStore = {
    checkPending: (...args) => step('checkPending', () => plain.checkPending(...args)),
    permit: (...args) => step('permit', () => plain.permit(...args)),
    takeOver: (...args) => step('takeOver', () => plain.takeOver(...args)),
    settle: (...args) => step('settle', () => plain.settle(...args)),
    retreat: (...args) => step('retreat', () => plain.retreat(...args)),
    release: (...args) => step('release', () => plain.release(...args)),
    reported: (...args) => step('reported', () => plain.reported(...args)),
  };
  const clock = { now: () => nowMs, sleep: async (ms: number) => void (nowMs += ms) };
  const options: DeliverOptions = {
    store,
    sender: {
      send: (_push, call) => {
        return step('send', async () => {
          calls.push(call);
          const answer = script.answers.shift() ?? { kind: 'sent' };
          return typeof answer === 'function' ? answer() : answer;
        });
      },
    },
    guard: {
      killSwitch: () => step('killSwitch', async () => script.killed),
      isWithdrawn: () => script.withdrawn,
    },
    report: createReportOutcome({
      outcomeLog: { record: (record) => step('record', async () => void records.push(record)) },
      store,
      meter: { delivered: (outcome) => void counted.push(outcome) },
      clock,
      pod: 'pod-1',
      signal: stop.signal,
    }),
    clock,
    logger: silentLogger,
    apiIsIdempotent: false,
    dryRun: false,
    time: { monotonicMs: () => nowMs, wallMs: () => nowMs },
    random: () => 0.5,
  };
  const bench: DeliveryBench = {
    memory,
    ref,
    calls,
    records,
    counted,
    steps,
    script,
    stop,
    now: () => nowMs,
    advance: (ms) => void (nowMs += ms),
    claim: async (ttlMs = 60_000) => {
      await claimOne(memory, ref, [], { ttlMs });
    },
    run: (changes = {}) =>
      createDeliver({ ...options, ...changes })(ref, { soon: stop.signal, now: stop.signal }),
    runToDeath: async () => {
      const killed = new Promise((resolve) => setTimeout(resolve, 5));
      await Promise.race([bench.run(), killed]);
    },
    runToEnd: async (changes) => {
      for (let runs = 0; runs < 1000; runs += 1) {
        const verdict = await bench.run(changes).catch((error: unknown) => {
          if (error instanceof UnavailableError) return { kind: 'again', delayMs: 30_000 };
          throw error;
        });
        if (verdict.kind === 'ended') return;
        nowMs += 'delayMs' in verdict ? verdict.delayMs : 0;
      }
      throw new Error('the delivery never ends');
    },
  };
  return bench;
}
