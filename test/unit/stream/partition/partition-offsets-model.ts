/**
 * What the offsets of a partition promise under any order of records, pieces, ends and gaps, told by a plain map
 * that is looked through as a whole each time. Takes the tracker to be judged, so that a faulty one can be
 * judged, too.
 */
import fc from 'fast-check';
import { expect } from 'vitest';
import type { Runs } from '../../../tools/planted-fault.ts';
import type { createPartitionOffsets } from '../../../../src/stream/partition/partition-offsets.ts';

const command = fc.oneof(
  fc.record({ do: fc.constant('receive' as const), gap: fc.nat(3), pieces: fc.nat(3) }),
  fc.record({ do: fc.constant('open' as const), gap: fc.nat(1), pieces: fc.constant(0) }),
  fc.record({ do: fc.constantFrom('add' as const, 'close' as const), pick: fc.nat() }),
  fc.record({ do: fc.constant('skip' as const), by: fc.integer({ min: -3, max: 4 }) }),
  { weight: 4, arbitrary: fc.record({ do: fc.constant('finish' as const), pick: fc.nat() }) },
);

/** Throws with the first promise that is broken. */
export function checkOffsets(create: typeof createPartitionOffsets, runs: Runs): void {
  const starts = fc.constantFrom(0, 7, 2 ** 52);
  const lists = fc.array(command, { maxLength: 150, size: 'max' });
  const property = fc.property(starts, lists, (startOffset, commands) => {
    const offsets = create({ startOffset });
    const records = new Map<number, { pieces: number; open: boolean }>();
    let position = startOffset;
    let before = startOffset;
    for (const one of commands) {
      if (one.do === 'receive' || one.do === 'open') {
        const offset = position + one.gap;
        expect(offsets.receive(offset, one.do === 'open' ? 'open' : one.pieces)).toBe(true);
        records.set(offset, { pieces: one.pieces, open: one.do === 'open' });
        position = offset + 1;
      } else if (one.do === 'skip') {
        offsets.skipTo(Math.max(0, position + one.by));
        position += Math.max(0, one.by);
      } else {
        const wanted = [...records].filter(([, { pieces, open }]) =>
          one.do === 'finish' ? pieces > 0 : open,
        );
        const [offset, record] = wanted[one.pick % Math.max(1, wanted.length)] ?? [];
        if (offset === undefined || record === undefined) continue;
        if (one.do === 'close') {
          offsets.close(offset);
          record.open = false;
        } else {
          if (one.do === 'finish') offsets.finishPiece(offset);
          else offsets.addPiece(offset);
          record.pieces += one.do === 'finish' ? -1 : 1;
        }
      }
      const unfinished = [...records].filter(([, { pieces, open }]) => open || pieces > 0);
      const watermark = Math.min(position, ...unfinished.map(([offset]) => offset));
      const undecided = unfinished.reduce((sum, [, { pieces }]) => sum + pieces, 0);
      expect(offsets.watermark(), 'not past an undecided record').toBeLessThanOrEqual(watermark);
      expect(offsets.watermark(), 'not backwards').toBeGreaterThanOrEqual(before);
      before = offsets.watermark();
      expect(offsets.watermark(), 'not behind what is finished').toBe(watermark);
      expect(offsets.position(), 'position, never backwards').toBe(position);
      expect(offsets.undecided(), 'undecided pieces').toBe(undecided);
      expect(offsets.span()).toBe(position - watermark);
    }
  });
  fc.assert(property, runs);
}
