/** The tables of chaos and soak, from the reports that `npm run chaos -- --json .readme/chaos-….json` left. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ChaosReport } from '../simulation/chaos/run.ts';
import { showTrend } from '../simulation/chaos/soak.ts';
import { grouped } from '../simulation/demo/live.ts';

const FOLDER = '.readme';

/** In the order of their names. */
export async function readChaosReports(): Promise<ChaosReport[]> {
  const names = (await readdir(FOLDER)).filter((name) => /^chaos-.*\.json$/.test(name)).toSorted();
  return Promise.all(
    names.map(async (name) => JSON.parse(await readFile(join(FOLDER, name), 'utf8')) as ChaosReport),
  );
}

const titleOf = ({ options }: ChaosReport): string =>
  options.soak ? `soak, ${String(options.minutes)} min` : `seed ${String(options.seed)}`;

const commandOf = ({ options }: ChaosReport): string =>
  `npm run chaos -- ${options.soak ? '--soak ' : ''}--minutes ${String(options.minutes)} --pods ${String(options.pods)} --seed ${String(options.seed)}`;

/** A check's name without its figures, and the figures. */
function partsOf(name: string): { readonly promise: string; readonly figures: string } {
  const [, promise = name, figures = ''] = /^(.*?)(?: \((.*)\))?$/.exec(name) ?? [];
  return { promise, figures };
}

function faultsOf({ faults }: ChaosReport): string {
  if (faults.length === 0) return 'none';
  const ofPods = faults.filter(({ fault }) => fault.kind.startsWith('pod-')).length;
  return `${String(faults.length)}, ${String(ofPods)} of them a pod’s end or freeze`;
}

export function chaosTables(reports: readonly ChaosReport[]): string {
  const promises = [
    ...new Set(reports.flatMap(({ checks }) => checks.map(({ name }) => partsOf(name).promise))),
  ];
  const rows: [name: string, of: (report: ChaosReport) => string][] = [
    ['events', ({ funnel }) => grouped(funnel.events)],
    ['faults', faultsOf],
    [
      'pushes: sent, unknown',
      ({ deliveries }) => `${grouped(deliveries['sent'] ?? 0)}, ${grouped(deliveries['unknown'] ?? 0)}`,
    ],
    ['events done again', ({ funnel }) => grouped(funnel.repeated)],
    ...promises.map((promise): (typeof rows)[number] => [
      promise,
      ({ checks }) => {
        const check = checks.find(({ name }) => partsOf(name).promise === promise);
        if (check === undefined) return '–';
        return `${check.holds ? '✓' : '✗'} ${partsOf(check.name).figures}`.trim();
      },
    ]),
    ['**in all**', ({ ok }) => (ok ? 'all promises kept' : '**a promise was broken**')],
  ];
  const table = [
    `| | ${reports.map(titleOf).join(' | ')} |`,
    `| --- |${' --- |'.repeat(reports.length)}`,
    ...rows.map(([name, of]) => `| ${name} | ${reports.map(of).join(' | ')} |`),
  ];
  const trends = reports
    .filter((report) => report.trends.length > 0)
    .flatMap((report) => [
      `First quarter of the ${titleOf(report)} against its last, medians:`,
      '',
      ...report.trends.map((trend) => `- ${showTrend(trend)}`),
    ]);
  const commands = reports.map((report) => `\`${commandOf(report)}\``);
  return [`Last runs: ${commands.join(', ')}.`, '', ...table, '', ...trends].join('\n').trim();
}
