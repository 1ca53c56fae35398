/** The figures as they are kept, and the pages' tables of them. */
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

/** Markdown: a table a measurement, a row a figure. */
export function benchTables(results: readonly BenchResult[]): string {
  const tables = results.map(({ title, workload, rounds, figures }) => {
    const rows = figures.map(({ measured, value, reach, met }) => {
      const verdict = reach === undefined ? '' : `${reach}${met === true ? '' : ': **missed**'}`;
      return `| ${measured} | ${value} | ${verdict} |`;
    });
    return [
      `**${title}** (${workload}; rounds: ${String(rounds)})`,
      '',
      '| | measured | reach |',
      '| --- | --- | --- |',
      ...rows,
    ].join('\n');
  });
  const machines = [...new Set(results.map(({ machine }) => machine))].join('; ');
  return [`On ${machines}.`, ...tables].join('\n\n');
}
