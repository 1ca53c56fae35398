/**
 * Writes what is generated into the files that show it: the README's configuration table, its table of reasons, of hazards
 * (what the tests compare), the fault matrix, its tables of chaos and of measurements (from what `npm run chaos` and `npm run bench` left) and the rules' JSON schema.
 * With `--check` it writes nothing and exits 1 where a file has drifted.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { format, resolveConfig } from 'prettier';
import { VARIABLES } from '../../src/config/variables.ts';
import { DEAD_LETTER_REASONS, FILTER_REASONS } from '../../src/domain/outcome.ts';
import { rulesJsonSchema } from '../../src/rules/document/json-schema.ts';
import { benchTables, RESULTS_FILE, type BenchResult } from '../bench/results.ts';
import { DEPENDENCIES } from '../fault-matrix/list.ts';
import { matrixPage } from '../fault-matrix/matrix.ts';
import { hazardTable } from '../scenarios/hazards/list.ts';
import { chaosTables, readChaosReports } from './chaos-table.ts';

/** The parts of the README that are made, each between two comments that name it. */
function withGenerated(readme: string, parts: Readonly<Record<string, string>>): string {
  let made = readme;
  for (const [name, text] of Object.entries(parts)) {
    const begin = `<!-- generated: ${name} -->`;
    const end = `<!-- end of generated: ${name} -->`;
    const from = made.indexOf(begin);
    const to = made.indexOf(end);
    if (from < 0 || to < from) throw new Error(`README.md lacks the lines ${begin} and ${end}`);
    made = `${made.slice(0, from)}${begin}\n\n${text}\n\n${made.slice(to)}`;
  }
  return made;
}

function configurationTable(): string {
  const rows = Object.entries(VARIABLES).map(
    ([name, { shownDefault, description }]) => `| \`${name}\` | ${shownDefault} | ${description} |`,
  );
  return ['| variable | default | |', '| --- | --- | --- |', ...rows].join('\n');
}

function reasonsTable(): string {
  const lists = { filtered: FILTER_REASONS, dead_lettered: DEAD_LETTER_REASONS };
  const rows = Object.entries(lists).flatMap(([outcome, reasons]) =>
    Object.entries(reasons).map(([reason, sentence]) => `| \`${outcome}\` | \`${reason}\` | ${sentence} |`),
  );
  return ['| outcome | reason | |', '| --- | --- | --- |', ...rows].join('\n');
}

async function pretty(path: string, text: string): Promise<string> {
  return format(text, { ...(await resolveConfig(path)), filepath: path });
}

const measured = JSON.parse(await readFile(RESULTS_FILE, 'utf8')) as BenchResult[];
const played = await readChaosReports();
const generated = [
  {
    path: 'README.md',
    make: (now: string) =>
      withGenerated(now, {
        configuration: configurationTable(),
        reasons: reasonsTable(),
        hazards: hazardTable(),
        chaos: chaosTables(played),
        measurements: benchTables(measured),
      }),
  },
  { path: 'test/fault-matrix/README.md', make: () => matrixPage(DEPENDENCIES) },
  { path: 'rules/rules.schema.json', make: () => JSON.stringify(rulesJsonSchema(), null, 2) },
];

const checkOnly = process.argv.includes('--check');
for (const { path, make } of generated) {
  const now = await readFile(path, 'utf8').catch(() => '');
  const wanted = await pretty(path, make(now));
  if (wanted === now) continue;
  if (checkOnly) {
    console.error(`${path} has drifted from the code: run npm run docs`);
    process.exitCode = 1;
  } else {
    await writeFile(path, wanted);
    console.log(`${path} written`);
  }
}
