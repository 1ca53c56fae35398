/** The figures as they are kept, and the README's table of them. */
import type { Figure } from './benchmark.ts';

export const RESULTS_FILE = '.readme/bench.json';

export interface BenchResult {
  readonly name: string;
  readonly title: string;
  readonly workload: string;
  readonly rounds: number;
  readonly machine: string;
  readonly figures: readonly Figure[];
}

/** Markdown; a row a figure. */
export function benchTable(results: readonly BenchResult[]): string {
  const rows = results.flatMap(({ title, workload, figures }) =>
    figures.map(({ measured, value, reach, met }, index) => {
      const what = index === 0 ? `**${title}**: ${workload}` : '';
      const verdict = reach === undefined ? '' : `${reach}${met === true ? '' : ' **missed**'}`;
      return `| ${what} | ${measured} | ${value} | ${verdict} |`;
    }),
  );
  const machines = [...new Set(results.map(({ machine }) => machine))].join('; ');
  return [
    `On ${machines}; medians of ${String(Math.min(...results.map(({ rounds }) => rounds)))} interleaved rounds.`,
    '',
    '| measurement | what | figure | reach |',
    '| --- | --- | --- | --- |',
    ...rows,
  ].join('\n');
}
