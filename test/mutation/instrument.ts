/**
 * Makes mutants with the instrumenter of StrykerJS: all of them in one text, each behind a switch that the process
 * which tries them sets. Stryker's own runner is not used: it starts vitest anew for each mutant, which costs some
 * 0.4 s of CPU; here it is what the cases take.
 */
import { readFileSync } from 'node:fs';

export interface Mutant {
  readonly id: string;
  /** From the top of the repository. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly mutator: string;
  /** The whole line in which it begins, without its indent. */
  readonly at: string;
  /** The text that is replaced, and what stands there instead; white space in one piece. */
  readonly from: string;
  readonly to: string;
}

export interface Instrumented {
  readonly mutants: readonly Mutant[];
  /** Path → text with the mutants in it. */
  readonly texts: ReadonlyMap<string, string>;
}

interface Place {
  /** From 0. */
  readonly line: number;
  readonly column: number;
}

/** What is used of the package, which has more. */
interface Instrumenter {
  readonly instrument: (
    files: readonly { name: string; mutate: true; content: string }[],
    options: { plugins: null; excludedMutations: string[]; ignorers: [] },
  ) => Promise<{
    files: readonly { name: string; content: string }[];
    mutants: readonly {
      id: string;
      fileName: string;
      mutatorName: string;
      replacement: string;
      location: { start: Place; end: Place };
    }[];
  }>;
}

const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim();

export async function instrument(paths: readonly string[]): Promise<Instrumented> {
  const path = import.meta.resolve('@stryker-mutator/instrumenter');
  const { Instrumenter } = (await import(path)) as { Instrumenter: new (logger: object) => Instrumenter };
  const quiet = { debug: () => undefined, info: () => undefined, isDebugEnabled: () => false };
  const files = paths.map((name) => ({ name, mutate: true as const, content: readFileSync(name, 'utf8') }));
  const contents = new Map(files.map(({ name, content }) => [name, content]));
  const made = await new Instrumenter(quiet).instrument(files, {
    plugins: null,
    excludedMutations: [],
    ignorers: [],
  });
  return {
    texts: new Map(made.files.map(({ name, content }) => [name, content])),
    mutants: made.mutants.map(({ id, fileName, mutatorName, replacement, location: { start, end } }) => {
      const lines = (contents.get(fileName) ?? '').split('\n');
      const touched = lines.slice(start.line, end.line + 1);
      touched[touched.length - 1] = (touched.at(-1) ?? '').slice(0, end.column);
      touched[0] = (touched[0] ?? '').slice(start.column);
      return {
        id,
        file: fileName,
        line: start.line + 1,
        mutator: mutatorName,
        at: (lines[start.line] ?? '').trim(),
        from: oneLine(touched.join('\n')),
        to: oneLine(replacement),
      };
    }),
  };
}
