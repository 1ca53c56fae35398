/** Zones and locales are strings from producers: answers are remembered, and what is remembered has an end. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { canonicalLocale } from '../../../src/domain/civil.ts';

/** As many different locales as wanted. */
const locales = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, at) => `de-x-n${String(from + at)}`);

/** How often the runtime is asked while these are. */
function timesAsked(names: readonly string[]): number {
  const spy = vi.spyOn(Intl, 'getCanonicalLocales');
  for (const name of names) expect(canonicalLocale(name)).toBe(name);
  return spy.mock.calls.length;
}
afterEach(() => {
  vi.restoreAllMocks();
});

describe('a memory of answers', () => {
  it('keeps two thousand of them, and then begins anew', () => {
    const first = locales(0, 2000);
    expect(timesAsked(first)).toBe(2000);
    vi.restoreAllMocks();
    expect(timesAsked(first)).toBe(0);
    vi.restoreAllMocks();
    expect(timesAsked(['de-x-more', 'de-x-n0', 'de-x-more', 'de-x-n0'])).toBe(2);
  });

  it('takes no text of more than 128 characters', () => {
    const tag = (length: number): string =>
      `de-x-${'a'.repeat(8)}${'-abcdefg'.repeat(14)}`.padEnd(length, 'b');
    expect(canonicalLocale(tag(126))).toBeDefined();
    const long = `${tag(125)}-bc`;
    expect(long).toHaveLength(128);
    expect(canonicalLocale(long)).toBe(long);
    expect(canonicalLocale(`${long}d`)).toBeUndefined();
    expect(Intl.getCanonicalLocales(`${long}d`)).toEqual([`${long}d`]);
  });
});
