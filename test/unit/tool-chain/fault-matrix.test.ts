/** The fault matrix names tests that are there, and has no cell without an answer. */
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { DEPENDENCIES } from '../../fault-matrix/list.ts';
import { FAILURES, matrixPage, type Cell } from '../../fault-matrix/matrix.ts';

const CELLS = DEPENDENCIES.flatMap(({ name, cells }) =>
  FAILURES.map((failure) => ({ name: `${name}: ${failure}`, cell: cells[failure] })),
);

/** What a test's file says in its titles, quotes and their escapes aside. */
function words(source: string): string {
  return source.replace(/\\'/g, '’').replace(/'/g, '’').replace(/\s+/g, ' ');
}

async function missing(reference: string): Promise<string | undefined> {
  const [path = '', title] = reference.split(' › ');
  if (title === undefined) return `${reference}: names no title`;
  const source = await readFile(new URL(`../../${path}`, import.meta.url), 'utf8').catch(() => undefined);
  if (source === undefined) return `${path} is not there`;
  return words(source).includes(words(title)) ? undefined : `${path} has no test called ${title}`;
}

describe('every cell', () => {
  it.each(CELLS)('$name', async ({ cell }: { cell: Cell }) => {
    if (!('shownBy' in cell)) {
      expect('none' in cell ? cell.none : cell.open).not.toBe('');
      return;
    }
    const faults = await Promise.all(cell.shownBy.map(missing));
    expect(faults.filter((fault) => fault !== undefined)).toEqual([]);
    for (const text of [cell.stalls, cell.goesOn, cell.status, cell.until]) expect(text).not.toBe('');
  });
});

it('a test that is not there is found out', async () => {
  expect(await missing('unit/telemetry/log-output.test.ts › no such title')).toContain('has no test called');
  expect(await missing('unit/nowhere.test.ts › x')).toContain('is not there');
  expect(await missing('unit/telemetry/log-output.test.ts')).toContain('names no title');
});

it('each dependency stands once, with every way to fail', () => {
  const names = DEPENDENCIES.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  const page = matrixPage(DEPENDENCIES);
  for (const name of names) expect(page).toContain(`## ${name}\n`);
  for (const failure of FAILURES) expect(page.split(`- **${failure}**`)).toHaveLength(names.length + 1);
});
