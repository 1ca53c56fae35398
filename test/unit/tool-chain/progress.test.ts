import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createProgress } from '../../tools/progress.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('says every 30 s how far the run is and what runs, until it ends', () => {
  const said: string[] = [];
  const progress = createProgress(
    (line) => void said.push(line),
    () => Date.now(),
  );
  progress.begin(3);
  progress.started('a.test.ts');
  vi.advanceTimersByTime(10_000);
  progress.started('b.test.ts');
  vi.advanceTimersByTime(20_000);
  progress.ended('a.test.ts');
  vi.advanceTimersByTime(30_000);
  progress.ended('b.test.ts');
  progress.end();
  vi.advanceTimersByTime(60_000);
  expect(said).toEqual([
    '… 30 s: 0 of 3 files done; running a.test.ts (30 s), b.test.ts (20 s)',
    '… 60 s: 1 of 3 files done; running b.test.ts (50 s)',
  ]);
});
