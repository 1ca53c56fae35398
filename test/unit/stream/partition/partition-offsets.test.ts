import { describe, expect, it } from 'vitest';
import { createPartitionOffsets } from '../../../../src/stream/partition/partition-offsets.ts';
import { parseOffset } from '../../../../src/stream/buffer/parse-offset.ts';
import { checkOffsets } from './partition-offsets-model.ts';

describe('partition offsets', () => {
  it('never passes an undecided record', () => {
    const offsets = createPartitionOffsets({ startOffset: 10 });
    for (const offset of [10, 11, 12]) offsets.receive(offset, 1);
    offsets.finishPiece(12);
    offsets.finishPiece(11);
    expect([offsets.watermark(), offsets.span(), offsets.undecided()]).toEqual([10, 3, 1]);
    offsets.finishPiece(10);
    expect([offsets.watermark(), offsets.span(), offsets.undecided()]).toEqual([13, 0, 0]);
  });

  it('holds a record of many pieces until its last is finished', () => {
    const offsets = createPartitionOffsets({ startOffset: 0 });
    offsets.receive(0, 2);
    offsets.finishPiece(0);
    expect(offsets.watermark()).toBe(0);
    offsets.finishPiece(0);
    expect(offsets.watermark()).toBe(1);
  });

  it('holds an open record until it is closed, whatever its pieces', () => {
    const offsets = createPartitionOffsets({ startOffset: 0 });
    offsets.receive(0, 'open');
    offsets.addPiece(0);
    offsets.finishPiece(0);
    expect([offsets.watermark(), offsets.undecided()]).toEqual([0, 0]);
    offsets.addPiece(0);
    offsets.close(0);
    expect(offsets.watermark()).toBe(0);
    offsets.finishPiece(0);
    expect(offsets.watermark()).toBe(1);
  });

  it('takes a record without pieces as finished', () => {
    const offsets = createPartitionOffsets({ startOffset: 0 });
    expect(offsets.receive(0, 0)).toBe(true);
    expect(offsets.watermark()).toBe(1);
    offsets.receive(1, 1);
    offsets.receive(2, 0);
    expect(offsets.watermark()).toBe(1);
    offsets.finishPiece(1);
    expect(offsets.watermark()).toBe(3);
  });

  it('says which records are duplicates, and takes nothing of them', () => {
    const offsets = createPartitionOffsets({ startOffset: 5 });
    expect([offsets.receive(4, 1), offsets.receive(5, 1), offsets.receive(5, 3)]).toEqual([
      false,
      true,
      false,
    ]);
    expect([offsets.position(), offsets.undecided()]).toEqual([6, 1]);
  });

  it('passes gaps with what surrounds them', () => {
    const offsets = createPartitionOffsets({ startOffset: 0 });
    offsets.receive(3, 1);
    expect(offsets.watermark()).toBe(3);
    offsets.receive(9_000_000_000, 1);
    offsets.finishPiece(9_000_000_000);
    expect(offsets.watermark()).toBe(3);
    offsets.finishPiece(3);
    expect(offsets.watermark()).toBe(9_000_000_001);
  });

  it('moves over control records, not over undecided ones, never back', () => {
    const offsets = createPartitionOffsets({ startOffset: 0 });
    offsets.skipTo(2);
    expect([offsets.position(), offsets.watermark()]).toEqual([2, 2]);
    offsets.receive(2, 1);
    offsets.skipTo(5);
    offsets.skipTo(1);
    expect([offsets.position(), offsets.watermark(), offsets.span()]).toEqual([5, 2, 3]);
    offsets.finishPiece(2);
    expect(offsets.watermark()).toBe(5);
    expect(offsets.receive(4, 1)).toBe(false);
  });

  it.each<[string, (offsets: ReturnType<typeof createPartitionOffsets>) => void]>([
    ['finishing twice', (offsets) => offsets.finishPiece(1)],
    ['finishing what was passed', (offsets) => offsets.finishPiece(0)],
    ['finishing what was never received', (offsets) => offsets.finishPiece(7)],
    ['finishing a gap', (offsets) => offsets.finishPiece(3)],
    ['finishing an open record without pieces', (offsets) => offsets.finishPiece(4)],
    ['closing what is not open', (offsets) => offsets.close(2)],
    ['adding to what is not open', (offsets) => offsets.addPiece(2)],
    ['adding to what was never received', (offsets) => offsets.addPiece(9)],
    ['an offset that is none', (offsets) => offsets.receive(5.5, 1)],
    ['pieces below none', (offsets) => offsets.receive(5, -1)],
  ])('throws upon %s and stays as it was', (_name, misuse) => {
    const offsets = createPartitionOffsets({ startOffset: 0 });
    offsets.receive(0, 1);
    offsets.finishPiece(0);
    offsets.receive(1, 1);
    offsets.receive(2, 1);
    offsets.receive(4, 'open');
    offsets.finishPiece(1);
    // 1 is finished and passed; 2 holds the watermark.
    expect(() => misuse(offsets)).toThrow();
    expect([offsets.position(), offsets.watermark(), offsets.undecided()]).toEqual([5, 2, 1]);
  });

  it.each([-1, 1.5, NaN, Infinity, 2 ** 53 + 2])('takes no %s for an offset', (offset) => {
    expect(() => createPartitionOffsets({ startOffset: offset })).toThrow(
      'offset: expected an integer 0…2^53',
    );
    const offsets = createPartitionOffsets({ startOffset: 0 });
    expect(() => offsets.receive(offset, 1)).toThrow(RangeError);
    expect(() => offsets.skipTo(offset)).toThrow(RangeError);
    expect([offsets.position(), offsets.undecided()]).toEqual([0, 0]);
  });

  it.each([-1, 1.5, NaN, 2 ** 30 + 1])('takes no %s for a number of pieces', (pieces) => {
    const offsets = createPartitionOffsets({ startOffset: 0 });
    expect(() => offsets.receive(0, pieces)).toThrow('pieces: expected an integer 0…2^30');
    expect(offsets.position()).toBe(0);
  });

  it('takes the largest there may be', () => {
    const offsets = createPartitionOffsets({ startOffset: 2 ** 53 - 2 });
    offsets.receive(2 ** 53 - 2, 2 ** 30);
    offsets.finishPiece(2 ** 53 - 2);
    expect(offsets.undecided()).toBe(2 ** 30 - 1);
    offsets.skipTo(2 ** 53);
    expect(offsets.position()).toBe(2 ** 53);
  });

  it('says which offset was misused, and how', () => {
    const offsets = createPartitionOffsets({ startOffset: 0 });
    offsets.receive(0, 1);
    offsets.receive(1, 'open');
    expect(() => offsets.close(0)).toThrow('offset 0 is not open');
    expect(() => offsets.finishPiece(1)).toThrow('offset 1 has no undecided piece');
    expect(() => offsets.finishPiece(7)).toThrow('offset 7 is finished already or was never received');
  });

  it('does as a plain map does, whatever the order', { timeout: 60_000 }, () => {
    checkOffsets(createPartitionOffsets, { numRuns: 100 });
  });

  it('keeps what it must through growing and shrinking', () => {
    const offsets = createPartitionOffsets({ startOffset: 0 });
    for (let offset = 0; offset < 100_000; offset += 1) offsets.receive(offset, 1);
    for (let offset = 99_999; offset > 0; offset -= 1) offsets.finishPiece(offset);
    expect(offsets.watermark()).toBe(0);
    offsets.finishPiece(0);
    expect(offsets.watermark()).toBe(100_000);
    offsets.receive(100_000, 1);
    offsets.receive(100_001, 1);
    offsets.finishPiece(100_001);
    expect(offsets.watermark()).toBe(100_000);
  });
});

describe('an offset from Kafka', () => {
  it('is read up to 2^53 - 1', () => {
    expect(parseOffset('0')).toBe(0);
    expect(parseOffset('9007199254740991')).toBe(Number.MAX_SAFE_INTEGER);
  });

  it.each([
    '9007199254740992',
    '9223372036854775807',
    '-1',
    '',
    ' 1',
    '1.5',
    '1e3',
    '0x10',
    'x'.repeat(1000),
  ])('is refused: %j', (text) => {
    expect(() => parseOffset(text)).toThrow(RangeError);
    const told = `offset ${JSON.stringify(text.slice(0, 40))}: expected 0…9007199254740991`;
    expect(() => parseOffset(text)).toThrow(new RangeError(told));
  });
});
