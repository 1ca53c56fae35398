/** What is said of a delivery that has ended, on the outcome topic and in the count. */
import { beforeEach, expect, it } from 'vitest';
import type { OutcomeRecord } from '../../../src/domain/outcome.ts';
import { createReportOutcome, type ReportOptions } from '../../../src/push/report-outcome.ts';
import { envelopeOf } from '../../support/claims/claims-harness.ts';
import { createBench, type DeliveryBench } from '../../support/claims/delivery-bench.ts';

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
  return { ref, outcome: 'sent', envelope: envelopeOf(ref), reporter: 'r-1' } as const;
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
