/**
 * The order of the test files: projects that run side by side are each spread evenly over the run, the longest files
 * first. Integration tests wait much; unit tests only compute. Any stretch of the run has some of both, and the end has
 * short files.
 */
import { readCosts } from './kept-costs.ts';

export interface TestFile {
  readonly project: string;
  /** Path from the root. */
  readonly file: string;
}

/** Where no run has kept a file's cost: seconds, by the beginning of `PROJECT PATH`; the first that fits. */
const GUESSES: readonly (readonly [beginning: string, seconds: number])[] = [
  ['scenarios test/scenarios/hazards', 300],
  ['scenarios test/scenarios/chaos', 100],
  ['scenarios test/scenarios/encrypted', 95],
  ['scenarios test/scenarios/liveness', 90],
  ['scenarios', 45],
  ['integration test/integration/kafka/cluster', 50],
  ['integration test/integration/kafka/partly-away', 45],
  ['integration test/integration/kafka', 20],
  ['integration test/integration/local-services', 30],
  ['integration', 8],
  ['', 1],
];

const guess = (name: string): number => GUESSES.find(([beginning]) => name.startsWith(beginning))?.[1] ?? 1;

/** @returns the files in the order in which they begin. */
export function spread<T>(
  files: readonly T[],
  describe: (file: T) => TestFile,
  costs: readonly (TestFile & { readonly seconds: number })[] = readCosts(),
): T[] {
  const kept = new Map(costs.map(({ project, file, seconds }) => [`${project} ${file}`, seconds]));
  const weighed = files.map((item) => {
    const { project, file } = describe(item);
    const name = `${project} ${file}`;
    return { item, project, seconds: kept.get(name) ?? guess(name) };
  });
  return [...Map.groupBy(weighed, ({ project }) => project).values()]
    .flatMap((ours) => {
      const total = ours.reduce((sum, { seconds }) => sum + seconds, 0);
      let before = 0;
      return ours
        .toSorted((a, b) => b.seconds - a.seconds)
        .map(({ item, seconds }) => {
          const at = before / total;
          before += seconds;
          return { item, seconds, at };
        });
    })
    .toSorted((a, b) => a.at - b.at || b.seconds - a.seconds)
    .map(({ item }) => item);
}
