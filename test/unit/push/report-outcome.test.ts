/** What is said of a delivery that has ended, on the outcome topic and in the count. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { OutcomeRecord } from '../../../src/domain/outcome.ts';
import { readDecision } from '../../../src/domain/read-decision.ts';
import type { DecisionLog } from '../../../src/pipeline/ports.ts';
import { UnavailableError } from '../../../src/runtime/errors.ts';
import { createReportOutcome, type ReportOptions } from '../../../src/push/report-outcome.ts';
import { envelopeOf } from '../../support/claims/claims-harness.ts';
import { createBench, type DeliveryBench } from '../../support/claims/delivery-bench.ts';

/** By Redis's clock, before it is reported. */
const ENDED_MS = Date.parse('2026-11-22T11:59:58.765Z');

let bench: DeliveryBench;
let records: OutcomeRecord[];
let counted: string[];
beforeEach(async () => {
  bench = createBench();
  await bench.claim();
  records = [];
  counted = [];
});

const open = (changes: Partial<ReportOptions> = {}) =>
  createReportOutcome({
    outcomeLog: { record: async (record) => void records.push(record) },
    store: bench.memory.store,
    meter: { delivered: (outcome) => void counted.push(outcome) },
    clock: { now: () => Date.parse('2026-11-22T12:00:00Z'), sleep: async () => undefined },
    pod: 'pod-1',
    signal: bench.stop.signal,
    ...changes,
  });
const ended = (userId = 'u-1') => {
  const ref = { userId, eventId: 'e-1' };
  return { ref, outcome: 'sent', envelope: envelopeOf(ref), reporter: 'r-1', endedAtMs: ENDED_MS } as const;
};

it('the record has the hash of the rules that chose the push, where they had one', async () => {
  const { envelope, ...rest } = ended();
  const { rulesHash: _hash, ...old } = envelope;
  const report = open();
  await report({ ...rest, envelope: { ...old, rulesHash: '0123456789ab' } });
  await report({ ...rest, envelope: old });
  expect(records[0]).toMatchObject({ rulesHash: '0123456789ab', outcome: 'sent', pod: 'pod-1' });
  expect(records[1]).not.toHaveProperty('rulesHash');
});

it('a delivery is counted where no outcome topic is set', async () => {
  await open({ outcomeLog: undefined })(ended());
  expect(counted).toEqual(['sent']);
});

it('a report that is late says so, and keeps only its own push from being reported', async () => {
  const stuck = Promise.withResolvers<undefined>();
  const report = open({
    outcomeLog: {
      record: async (record) => {
        records.push(record);
        if (record.userId === 'u-1') await stuck.promise;
      },
    },
  });
  await expect(report(ended())).rejects.toThrow('it is not acknowledged yet');
  await expect(report(ended())).rejects.toThrow('it is not acknowledged yet');
  await report(ended('u-2'));
  expect(records.map(({ userId }) => userId)).toEqual(['u-1', 'u-2']);
  stuck.resolve(undefined);
});

describe('the decision topic', () => {
  const log = (lines: string[], changes: Partial<DecisionLog> = {}): DecisionLog => ({
    includes: (userId) => userId === 'u-1',
    record: async (userId, line) => {
      lines.push(`${userId}: ${line}`);
      return 'recorded';
    },
    ...changes,
  });

  it('has when the push of a recorded user ended, and how', async () => {
    const lines: string[] = [];
    const report = open({ decisionLog: log(lines) });
    await report(ended());
    await report(ended('u-2'));
    expect(lines).toHaveLength(1);
    expect(readDecision(lines[0]?.slice('u-1: '.length) ?? '')).toEqual({
      ok: true,
      record: {
        ...{ kind: 'delivery', v: 1, userId: 'u-1', eventId: 'e-1', outcome: 'sent' },
        at: '2026-11-22T11:59:58.765Z',
      },
    });
    expect(records).toHaveLength(2);
  });

  it.each(['rejects', 'too_large'] as const)(
    'that %s leaves the delivery to be reported again',
    async (how) => {
      const record: DecisionLog['record'] = async () => {
        if (how === 'too_large') return how;
        throw new UnavailableError('decision topic', 'away');
      };
      await expect(open({ decisionLog: log([], { record }) })(ended())).rejects.toThrow(UnavailableError);
      expect(counted).toEqual([]);
    },
  );
});
