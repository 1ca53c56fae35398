/** What the command hands to the process that tries mutants, and what that process answers. */

/** A case may take this much longer than without a mutant, as the machine may be busy with something else by then. */
const LONGER = 20;
const SHORTEST_LIMIT_MS = 10_000;

/** A test file, from the top of the repository, and what it reaches. */
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
  /** What one case may take. Who waits for what never comes is found sooner. */
  readonly caseLimitMs: number;
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
    let slowestMs = 0;
    const files = quickestFirst.flatMap(({ file, loading, cases }) => {
      const atLoad = loading[mutant] ?? 0;
      hits += atLoad;
      const reaching = cases.flatMap((one, index) => {
        const own = one.hits[mutant] ?? 0;
        if (own === 0 && atLoad === 0) return [];
        hits += own;
        slowestMs = Math.max(slowestMs, one.ms);
        return [index];
      });
      return reaching.length > 0 || atLoad > 0 ? [{ file, cases: reaching }] : [];
    });
    const limits = { hitLimit: 1000 + hits * 100, caseLimitMs: SHORTEST_LIMIT_MS + LONGER * slowestMs };
    return files.length > 0 ? [{ mutant, ...limits, files }] : [];
  });
}
