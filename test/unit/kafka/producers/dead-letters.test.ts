import { expect, test } from 'vitest';
import { oneLine } from '../../../../src/kafka/producers/dead-letters.ts';
import type { Seat } from '../../../../src/stream/execute/places.ts';
import { createKeyRule } from '../../../../src/stream/partition/event-keys.ts';
import { createOwnershipLedger } from '../../../../src/stream/partition/event-ownership.ts';
import { AbandonedError } from '../../../../src/runtime/errors.ts';

test('an error is one bounded line', () => {
  expect(oneLine(' a\r\nb\t\u0000c\u2028d ')).toBe('a b c d');
  expect(oneLine('x'.repeat(10_000))).toHaveLength(500);
  expect(oneLine(`a\u202eb\u200b\ud800c ${'🦊'.repeat(1000)}`).isWellFormed()).toBe(true);
});

test('keys: no user can meet another ordering’s key', () => {
  const work = (key: string | undefined) => ({ key, run: () => Promise.resolve(), abandon: () => undefined });
  const user = createKeyRule('user');
  expect(user(work('a'), 0)).toBe(user(work('a'), 1));
  expect(user(work('a'), 0)).not.toBe(user(work('b'), 0));
  expect(user(work(undefined), 0)).not.toBe(user(work(undefined), 0));
  expect(user(work('unordered'), 0)).not.toBe(user(work(undefined), 0));
  const partition = createKeyRule('partition');
  expect(partition(work('a'), 3)).toBe(partition(work(undefined), 3));
  expect(partition(work('a'), 3)).not.toBe(partition(work('a'), 4));
  const none = createKeyRule('none');
  expect(none(work('a'), 0)).not.toBe(none(work('a'), 0));
});

const IDLE_SEAT: Seat = {
  ...{ busy: true, partition: 0, startedAt: 0, arrival: 0 },
  ...{ parked: false, returned: false, admit: undefined },
};

test('a hold that is lost: told by its signal, by its question, and to who asks later', () => {
  const parking = { park: () => undefined, unpark: () => undefined, whenRoom: () => undefined };
  const book = createOwnershipLedger(parking);
  const take = () => book.take({ ...IDLE_SEAT });
  const [asked, silent, ended] = [take(), take(), take()];
  const { signal } = asked;
  const endedSignal = ended.signal;
  ended.release();
  asked.assertOwned();
  book.revokeAll();
  expect(signal.aborted).toBe(true);
  expect(signal.reason).toBeInstanceOf(AbandonedError);
  expect(silent.signal.aborted).toBe(true);
  expect(endedSignal.aborted).toBe(false);
  expect(() => {
    silent.assertOwned();
  }).toThrow(AbandonedError);
  expect(take().signal.aborted).toBe(true);
});
