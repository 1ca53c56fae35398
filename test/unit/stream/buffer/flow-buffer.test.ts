/** What waits of a partition: first in, first out, with the bytes that it holds. */
import { describe, expect, it } from 'vitest';
import { createFlowBuffer, type FlowEntry } from '../../../../src/stream/buffer/flow-buffer.ts';
import type { RecordChunk } from '../../../../src/stream/buffer/record-chunk.ts';

/** Each record counts for as many bytes as its offset says. */
function setUp() {
  const released: number[] = [];
  const buffer = createFlowBuffer();
  const records = (...offsets: readonly number[]): FlowEntry => {
    const chunk: RecordChunk = {
      length: offsets.length,
      writtenAt: (index) => 1000 + offsets[index]!,
      offsetAt: (index) => offsets[index]!,
      bytesAt: (index) => offsets[index]!,
      recordAt: (index) => ({
        ...{ topic: 't', partition: 0, key: null, value: null, headers: {} },
        offset: String(offsets[index]),
      }),
      release: () => void released.push(offsets[0]!),
    };
    return { kind: 'records', chunk };
  };
  const skip = (next: number): FlowEntry => ({ kind: 'skip', next, passedOver: 0 });
  return { buffer, records, skip, released };
}

describe('what waits of a partition', () => {
  it('comes in the order in which it was fetched, each record with what it says of itself', () => {
    const { buffer, records, skip } = setUp();
    buffer.append([records(1, 2), skip(5), records(7)]);
    buffer.append([skip(9), records(10, 11, 12)]);
    const seen: unknown[] = [];
    for (let head = buffer.head(); head !== undefined; head = buffer.head()) {
      seen.push(
        head.kind === 'skip'
          ? `to ${String(head.next)}`
          : [head.offset, head.bytes, head.timestampMs, head.open().offset],
      );
      buffer.next();
    }
    expect(seen).toEqual([
      [1, 1, 1001, '1'],
      [2, 2, 1002, '2'],
      'to 5',
      [7, 7, 1007, '7'],
      'to 9',
      [10, 10, 1010, '10'],
      [11, 11, 1011, '11'],
      [12, 12, 1012, '12'],
    ]);
    expect(buffer.head()).toBeUndefined();
    buffer.next();
    expect(buffer.bytes()).toBe(0);
  });

  it('is at its head the same until it is passed, however often it is asked for', () => {
    const { buffer, records, skip } = setUp();
    buffer.append([records(1, 2), skip(5)]);
    const head = buffer.head();
    buffer.append([records(9)]);
    expect(buffer.head()).toBe(head);
    buffer.next();
    expect(buffer.head()).toMatchObject({ offset: 2 });
    buffer.next();
    expect(buffer.head()).toBe(buffer.head());
  });

  it('counts the bytes of the records that were not passed', () => {
    const { buffer, records, skip } = setUp();
    buffer.append([records(1, 2), skip(5), records(7)]);
    const counts = [buffer.bytes()];
    for (let passed = 0; passed < 4; passed += 1) {
      buffer.next();
      counts.push(buffer.bytes());
    }
    expect(counts).toEqual([10, 9, 7, 7, 0]);
  });

  it('gives memory back with the last record that shares it, neither earlier nor later', () => {
    const { buffer, records, skip, released } = setUp();
    buffer.append([records(1, 2), skip(5), records(7)]);
    buffer.next();
    expect(released).toEqual([]);
    buffer.next();
    expect(released).toEqual([1]);
    buffer.next();
    expect(released).toEqual([1]);
    buffer.next();
    expect(released).toEqual([1, 7]);
  });

  it('is gone with all its memory when it is cleared, and begins anew', () => {
    const { buffer, records, skip, released } = setUp();
    buffer.append([records(1, 2), records(3), skip(5), records(7)]);
    buffer.next();
    buffer.head();
    buffer.clear();
    expect(released).toEqual([1, 3, 7]);
    expect([buffer.head(), buffer.bytes()]).toEqual([undefined, 0]);
    buffer.append([records(8, 9)]);
    expect(buffer.head()).toMatchObject({ offset: 8 });
    expect(buffer.bytes()).toBe(17);
  });
});
