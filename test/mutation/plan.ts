/** What the command hands to the process that tries mutants, and what that process answers. */

/** A test file, from the top of the repository, and how many of its first cases to pass over. */
export interface FileCoverage {
  readonly file: string;
  /** Mutant → how often it was reached while the file loaded. */
  readonly loading: Readonly<Record<string, number>>;
  readonly cases: readonly CaseCoverage[];
}

export interface CaseCoverage {
  readonly name: string;
  readonly ms: number;
  /** Mutant → how often the case reached it. */
  readonly hits: Readonly<Record<string, number>>;
}

/** The cases that reach one mutant. */
export interface Trial {
  readonly mutant: string;
  /** The mutant may be reached this often; beyond it is in an endless loop. */
  readonly hitLimit: number;
  readonly files: readonly { readonly file: string; readonly cases: readonly number[] }[];
}

export type Task =
  | { readonly kind: 'cover'; readonly sandbox: string; readonly files: readonly string[] }
  | { readonly kind: 'try'; readonly sandbox: string; readonly trials: readonly Trial[] };

export type Answer =
  | { readonly kind: 'covered'; readonly coverage: FileCoverage }
  | { readonly kind: 'failed'; readonly test: string; readonly why: string }
  | { readonly kind: 'trying'; readonly mutant: string }
  | { readonly kind: 'tried'; readonly mutant: string; readonly killedBy: string | undefined };

/** @returns one trial a mutant that any case reaches; the quickest files first, as one failing case is enough. */
export function planTrials(mutants: readonly string[], coverage: readonly FileCoverage[]): Trial[] {
  const quickestFirst = coverage
    .map((file) => ({ file, ms: file.cases.reduce((sum, { ms }) => sum + ms, 0) }))
    .sort((a, b) => a.ms - b.ms)
    .map(({ file }) => file);
  return mutants.flatMap((mutant) => {
    let hits = 0;
    const files = quickestFirst.flatMap(({ file, loading, cases }) => {
      const atLoad = loading[mutant] ?? 0;
      hits += atLoad;
      const reaching = cases.flatMap((one, index) => {
        const own = one.hits[mutant] ?? 0;
        hits += own;
        return own > 0 || atLoad > 0 ? [index] : [];
      });
      return reaching.length > 0 || atLoad > 0 ? [{ file, cases: reaching }] : [];
    });
    return files.length > 0 ? [{ mutant, hitLimit: 1000 + hits * 100, files }] : [];
  });
}
