/**
 * Tests of tests: a copy of the source with one fault planted in it, which a property must then find.
 *
 * The copy is made of the whole `src` (without the simulation and the demo), so that every module of it meets
 * the faulty one through its ordinary imports. The text to be replaced must be there exactly once: a guard that
 * was rewritten makes its planted fault fail loudly instead of leaving the guard unproved.
 */
import type { Parameters } from 'fast-check';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** A text of one source file (from `src/` on), there exactly once, and what stands there instead. */
export interface SourceEdit {
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

export interface Fault extends SourceEdit {
  /** What is broken, in a few words. */
  readonly name: string;
}

/** How a property is run. */
export type Runs = Pick<Parameters<unknown>, 'numRuns' | 'endOnFailure' | 'includeErrorInReport'>;

/** For a property that must fail: soon, with its reason in the message, and without looking for a small example. */
export const FEW_RUNS = { numRuns: 100, endOnFailure: true, includeErrorInReport: true } as const;

/** Imports a module, by its path from `src/` on. */
export type ImportFrom = (path: string) => Promise<unknown>;

const root = join(import.meta.dirname, '..', '..');

/** The source as it is. */
export const fromSource: ImportFrom = (path) => import(pathToFileURL(join(root, 'src', path)).href);

/** Runs `work` with imports from a copy of the source in which the fault is planted, and removes the copy. */
export async function withFault<T>(fault: Fault, work: (load: ImportFrom) => Promise<T>): Promise<T> {
  const copy = await mkdtemp(join(tmpdir(), 'planted-fault-'));
  try {
    await cp(join(root, 'src'), join(copy, 'src'), { recursive: true });
    await writeFile(join(copy, 'package.json'), '{"type":"module"}');
    await symlink(join(root, 'node_modules'), join(copy, 'node_modules'), 'junction');
    const path = join(copy, 'src', fault.file);
    await writeFile(path, plant(await readFile(path, 'utf8'), fault));
    return await work((wanted) => import(pathToFileURL(join(copy, 'src', wanted)).href));
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}

/** @throws Error where the text is not there exactly once. */
export function plant(text: string, { file, find, replace }: SourceEdit): string {
  const found = text.split(find).length - 1;
  if (found === 1) return text.replace(find, () => replace);
  throw new Error(`${file}: the text to be replaced is there ${String(found)} times, not once:\n${find}`);
}
