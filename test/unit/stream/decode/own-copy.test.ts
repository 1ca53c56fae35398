/** What a copy keeps in memory beside itself. */
import { expect, it } from 'vitest';
import { copyOf } from '../../../../src/stream/decode/own-copy.ts';

it.each([0, 1, 200, 1024, 1025, 100_000])('a copy of %i bytes is the same and keeps little else', (size) => {
  const bytes = Buffer.alloc(size, 'text ');
  const copies = Array.from({ length: 50 }, () => copyOf(bytes));
  for (const copy of copies) {
    expect(copy.equals(bytes)).toBe(true);
    expect(copy.buffer.byteLength).toBeLessThanOrEqual(Math.max(4096, size));
    expect(copy.buffer).not.toBe(bytes.buffer);
  }
  copies[0]?.fill(0);
  expect(copies[1]?.equals(bytes)).toBe(true);
});
