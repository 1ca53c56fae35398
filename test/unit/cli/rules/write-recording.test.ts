/** From records of a topic to a recording: its lines by time, what they are, and what is none of it. */
import { expect, it } from 'vitest';
import { writeRecording, type RecordingOptions } from '../../../../src/cli/rules/write-recording.ts';
import type { FetchedMessage } from '../../../../src/kafka/fetch/fetched-records.ts';
import { isUserInShare } from '../../../../src/domain/user-share.ts';
import { decision } from '../../../support/decisions.ts';

const at = (second: number): string =>
  new Date(Date.parse('2026-11-22T12:00:00Z') + second * 1000).toISOString();
const delivery = (userId: string, second: number) => ({
  ...{ kind: 'delivery', v: 1, userId, eventId: 'e-1', outcome: 'sent', at: at(second) },
});

async function recordOf(
  partitions: readonly (readonly unknown[])[],
  changes: Partial<RecordingOptions> = {},
) {
  const lines: string[] = [];
  const progress: string[] = [];
  const summary = await writeRecording({
    reader: {
      async *read({ partition }) {
        for (const [offset, value] of (partitions[partition] ?? []).entries()) {
          await Promise.resolve();
          const bytes =
            value === null ? null : Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
          yield {
            offset: String(offset),
            timestamp: 0,
            key: null,
            value: bytes,
            headers: {},
            isControlRecord: false,
          } satisfies FetchedMessage;
        }
      },
    },
    spans: partitions.map((records, partition) => ({ partition, from: 0, to: records.length })),
    file: { writeLine: async (line) => void lines.push(line) },
    usersPercent: 100,
    onProgress: (done, of) => void progress.push(`${String(done)}/${String(of)}`),
    ...changes,
  });
  return { summary, lines, progress };
}

it('has the lines as they are, by time, and says what they are', async () => {
  const first = { ...decision({ userId: 'u-1', at: at(1) }), later: 'kept' };
  const { summary, lines } = await recordOf([
    [first, decision({ userId: 'u-2', at: at(3) })],
    [delivery('u-1', 2), delivery('u-1', 4)],
  ]);
  expect(lines[0]).toBe(JSON.stringify(first));
  expect(lines.map((line) => (JSON.parse(line) as { at: string }).at)).toEqual([1, 2, 3, 4].map(at));
  expect(summary).toEqual({
    ...{ decisions: 2, deliveries: 2, users: 2, from: at(1), to: at(4), skipped: 0, firstSkipped: undefined },
  });
});

it('a record over several lines becomes one', async () => {
  const { lines } = await recordOf([[JSON.stringify(decision(), null, 2)]]);
  expect(lines).toHaveLength(1);
  expect(lines[0]).not.toMatch(/\n/);
  expect(JSON.parse(lines[0] ?? '')).toEqual(decision());
});

it('says what it skipped, and where the first of it lies', async () => {
  const { summary, lines } = await recordOf([[decision()], [null, 'no JSON', { kind: 'note' }, decision()]]);
  expect(lines).toHaveLength(2);
  expect(summary).toMatchObject({
    decisions: 2,
    skipped: 3,
    firstSkipped: 'partition 1, offset 0: not JSON',
  });
});

it('of nothing says so', async () => {
  const { summary } = await recordOf([[], []]);
  expect(summary).toMatchObject({ decisions: 0, users: 0, from: undefined, to: undefined });
});

it('of a share of users has all lines of each', async () => {
  const users = Array.from({ length: 200 }, (_, index) => `u-${String(index)}`);
  const records = users.flatMap((userId) => [decision({ userId, at: at(1) }), delivery(userId, 2)]);
  const { lines } = await recordOf([records], { usersPercent: 20 });
  const expected = users.filter((userId) => isUserInShare(userId, 20));
  const found = lines.map((line) => (JSON.parse(line) as { userId: string }).userId);
  expect(found.toSorted()).toEqual(expected.flatMap((userId) => [userId, userId]).toSorted());
});

it('tells how far it is', async () => {
  const many = Array.from({ length: 20_000 }, () => 'no decision');
  const { progress } = await recordOf([many]);
  expect(progress).toEqual(['10000/20000', '20000/20000']);
});
