/**
 * Tests of tests: the source with one fault planted in it, which a property must then find.
 *
 * Node loads `src` once more, beside the sound one, and replaces one text of one module as it does: every module meets
 * the faulty one through its ordinary imports. The text to be replaced must be there exactly once: a guard that
 * was rewritten makes its planted fault fail loudly instead of leaving the guard unproved.
 */
import type { Parameters } from 'fast-check';
import { registerHooks, type LoadFnOutput } from 'node:module';
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

const source = pathToFileURL(join(import.meta.dirname, '..', '..', 'src/')).href;

/** The source as it is. */
export const fromSource: ImportFrom = (path) => import(`${source}${path}`);

/** Node's own import, from a module that the test runner leaves alone: the runner's asks none of Node's hooks. */
const LEFT_ALONE = ['data:text/javascript,', 'export const importByNode = (url) => import(url);'].join('');
const { importByNode } = (await import(LEFT_ALONE)) as {
  readonly importByNode: (url: string) => Promise<unknown>;
};

let faults = 0;

/**
 * Runs `work` with imports from a source in which the fault is planted. What it imports stays in memory, so that a
 * file may plant some hundred faults and not more.
 */
export async function withFault<T>(fault: Fault, work: (load: ImportFrom) => Promise<T>): Promise<T> {
  faults += 1;
  const mark = `?fault=${String(faults)}`;
  const planted: string[] = [];
  const hooks = registerHooks({
    // Whoever is of this copy imports from this copy.
    resolve(specifier, context, next) {
      const resolved = next(specifier, context);
      const isOurs = context.parentURL?.endsWith(mark) === true && resolved.url.startsWith(source);
      return isOurs ? { ...resolved, url: `${resolved.url}${mark}` } : resolved;
    },
    load(url, context, next) {
      const loaded = next(url, context);
      if (url !== `${source}${fault.file}${mark}`) return loaded;
      planted.push(url);
      return { ...loaded, source: plant(textOf(loaded.source), fault) };
    },
  });
  try {
    const result = await work((wanted) => importByNode(`${source}${wanted}${mark}`));
    if (planted.length === 0) throw new Error(`${fault.file} was never imported: the fault was not planted`);
    return result;
  } finally {
    hooks.deregister();
  }
}

function textOf(text: LoadFnOutput['source']): string {
  if (text === undefined) throw new Error('a module without a source');
  return typeof text === 'string' ? text : new TextDecoder().decode(text);
}

/** @throws Error where the text is not there exactly once. */
export function plant(text: string, { file, find, replace }: SourceEdit): string {
  const found = text.split(find).length - 1;
  if (found === 1) return text.replace(find, () => replace);
  throw new Error(`${file}: the text to be replaced is there ${String(found)} times, not once:\n${find}`);
}
