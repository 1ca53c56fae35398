/** Whether everybody can use a page, as far as a machine can tell. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';

const require = createRequire(import.meta.url);

export interface AxeReport {
  /** Rules that were kept, and those that could be judged at all. */
  readonly passed: number;
  /** Rule → the elements that break it. */
  readonly violations: readonly (readonly [string, readonly string[]])[];
}

export async function runAxe(page: Page): Promise<AxeReport> {
  await page.evaluate(await readFile(require.resolve('axe-core/axe.min.js'), 'utf8'));
  return page.evaluate(
    `axe.run().then(({ passes, violations }) => ({
      passed: passes.length,
      violations: violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]),
    }))`,
  );
}
