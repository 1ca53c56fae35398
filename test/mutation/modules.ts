/**
 * Loads the sandbox's modules again and again in one process: each generation sees every module of `src` and `test`
 * new, so that what a mutant left behind in a module never meets the next one. Packages are loaded once.
 */
import { readFileSync } from 'node:fs';
import { registerHooks, stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const SUITE = pathToFileURL(join(import.meta.dirname, 'suite.ts')).href;

export interface Modules {
  /** What every further import belongs to. */
  readonly beginGeneration: () => void;
  /** Part of the address of each module of this generation, as stack traces show it. */
  readonly generationTag: () => string;
  readonly load: (path: string) => Promise<unknown>;
}

/** @param sandbox absolute path. To be called once in a process. */
export function sandboxModules(sandbox: string): Modules {
  const inside = `${pathToFileURL(sandbox).href}/`;
  const sources = new Map<string, string>();
  let generation = 0;
  const tag = (): string => `?generation=${String(generation)}.`;

  const sourceOf = (path: string): string => {
    let source = sources.get(path);
    if (source === undefined) {
      source = stripTypeScriptTypes(readFileSync(path, 'utf8'));
      sources.set(path, source);
    }
    return source;
  };

  registerHooks({
    resolve: (specifier, context, next) => {
      const fromInside = context.parentURL?.startsWith(inside) === true;
      if (specifier === 'vitest' && fromInside) return { url: SUITE, shortCircuit: true };
      const found = next(specifier, context);
      if (!found.url.startsWith(inside) || !found.url.endsWith('.ts')) return found;
      return { ...found, url: `${found.url}${tag()}` };
    },
    load: (url, context, next) => {
      if (!url.startsWith(inside) || !url.includes('?generation=')) return next(url, context);
      return { format: 'module', source: sourceOf(fileURLToPath(url)), shortCircuit: true };
    },
  });
  return {
    beginGeneration: () => {
      generation++;
    },
    generationTag: tag,
    load: (path) => import(pathToFileURL(join(sandbox, path)).href),
  };
}
