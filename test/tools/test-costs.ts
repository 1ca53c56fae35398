/**
 * `npm run test:costs [N]`: where the tests' time goes, as a table of the N files (default 40) that took
 * longest when they ran last. CPU is that of the file's worker and of the processes it started; a file whose CPU is far
 * below its seconds waits, and the last column says for which processes. What the shared services use is nobody's.
 */
import { existsSync } from 'node:fs';
import { readCosts, type KeptCost } from './kept-costs.ts';

const most = Number(process.argv[2] ?? 40);
const costs = readCosts()
  .filter(({ file }) => existsSync(file))
  .toSorted((a, b) => b.seconds - a.seconds);
const cpuOf = ({ workerSeconds, childSeconds }: KeptCost): number => workerSeconds + childSeconds;
const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

const rows = costs.slice(0, most).map((cost) => {
  const started = Object.entries(cost.started).map(([kind, count]) => `${String(count)} × ${kind}`);
  return [cost.file, cost.seconds.toFixed(1), cpuOf(cost).toFixed(1), started.join(', ')];
});
for (const project of new Set(costs.map((cost) => cost.project))) {
  const ours = costs.filter((cost) => cost.project === project);
  const seconds = sum(ours.map((cost) => cost.seconds));
  rows.push([
    `all ${String(ours.length)} of ${project}`,
    seconds.toFixed(0),
    sum(ours.map(cpuOf)).toFixed(0),
    '',
  ]);
}
console.log('| file | seconds | CPU seconds | started |\n| --- | ---: | ---: | --- |');
for (const row of rows) console.log(`| ${row.join(' | ')} |`);
