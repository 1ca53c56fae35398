/** What an event makes dies with it: nothing of it is left for the next full garbage collection, which may be far. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

/** About 85 are left. Each of the causes that were mended leaves 150 to 800 (test/bench/README.md, what mattered). */
const MOST_BYTES_AN_EVENT = 120;

it('leaves next to nothing of an event in old space', { timeout: 60_000 }, async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--expose-gc',
    '--no-allocation-site-pretenuring',
    // Far from full: no full collection on the way hides what has grown old.
    '--initial-old-space-size=2048',
    join(import.meta.dirname, '../../../support/pods/old-garbage-run.ts'),
  ]);
  expect(Number(stdout)).toBeLessThan(MOST_BYTES_AN_EVENT);
});
