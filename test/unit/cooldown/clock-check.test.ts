import { describe, expect, it } from 'vitest';
import { createClockCheck } from '../../../src/cooldown/clock-check.ts';
import { createLogBook } from '../../support/partner-fakes.ts';

function setUp() {
  const book = createLogBook();
  let podMs = 0;
  const clock = createClockCheck(book, () => podMs);
  /** The pod's clock shows so much more than Redis's did, and the answer took so long. */
  const compare = (aheadMs: number, tookMs = 0): string[] => {
    podMs = 1_000_000 + aheadMs;
    clock.compare(1_000_000, tookMs);
    return book.lines.map(({ level }) => level);
  };
  return { compare, book };
}

describe('the comparison with Redis’s clock', () => {
  it.each([0, 9_000, -9_000])('is quiet where they differ by %d ms', (aheadMs) => {
    expect(setUp().compare(aheadMs)).toEqual([]);
  });

  it.each([11_000, -11_000])(
    'says once that they differ by %d ms, and once that they agree again',
    (aheadMs) => {
      const { compare, book } = setUp();
      compare(aheadMs);
      expect(compare(aheadMs)).toEqual(['error']);
      expect(book.lines[0]?.fields).toEqual({ aheadMs });
      compare(0);
      expect(compare(0)).toEqual(['error', 'info']);
    },
  );

  it('takes no late answer for a clock that is ahead', () => {
    const { compare } = setUp();
    expect(compare(25_000, 20_000)).toEqual([]);
    expect(compare(-11_000, 20_000)).toEqual(['error']);
  });
});
