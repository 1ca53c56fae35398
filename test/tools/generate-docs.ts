/**
 * Writes what is generated into the pages that show it, and the JSON schemas of rules and their examples. A page holds its generated parts
 * between two comments that name them; everything else of the page is written by hand.
 * With `--check` it writes nothing and exits 1 where a file has drifted.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { format, resolveConfig } from 'prettier';
import { VARIABLES } from '../../src/config/variables.ts';
import { DEAD_LETTER_REASONS, FILTER_REASONS } from '../../src/domain/outcome.ts';
import { rulesTestJsonSchema } from '../../src/replay/examples/json-schema.ts';
import { rulesJsonSchema } from '../../src/rules/document/json-schema.ts';
import { benchTables, RESULTS_FILE, type BenchResult } from '../bench/results.ts';
import { DEPENDENCIES } from '../fault-matrix/list.ts';
import { matrixPage } from '../fault-matrix/matrix.ts';
import { mutationTable, readResults } from '../mutation/results.ts';
import { hazardTable } from '../scenarios/hazards/list.ts';
import { readAlerts } from '../support/alerts/alert-files.ts';
import { readProofs } from '../support/alerts/proofs.ts';
import { readReplay } from '../support/replay-proof/kept-replay.ts';
import { readScaling } from '../support/scaling/kept-scaling.ts';
import { readUpgrade } from '../support/upgrade/kept-upgrade.ts';
import { alertsTable } from './alerts-table.ts';
import { capacityTable } from './capacity-table.ts';
import { chaosTables, readChaosReports } from './chaos-table.ts';
import { eventTable } from './event-table.ts';
import { metricsTables } from './metrics-table.ts';
import { pageFactsTable, readPageFacts } from './page-facts.ts';
import { runbookParts } from './runbook.ts';
import { readExplained, replayTable, scalingTable, upgradeTable, whyExamples } from './proof-tables.ts';

/** Variables that a first pod may need, beside the required ones. */
const FIRST_SETTINGS: readonly (keyof typeof VARIABLES)[] = [
  'KAFKA_TOPIC',
  'KAFKA_GROUP_ID',
  'KAFKA_OUTCOME_TOPIC',
  'S3_ENDPOINT',
  'MERCHANTS_S3_URI',
  'AUTH_TOKEN_URL',
  'PUSH_API_IDEMPOTENT',
  'COUPON_API_CONCURRENCY',
  'DRY_RUN',
  'DATADOG_API_KEY',
];

/** @throws Error where the page lacks one of the parts' comments. */
function withGenerated(path: string, page: string, parts: Readonly<Record<string, string>>): string {
  let made = page;
  for (const [name, text] of Object.entries(parts)) {
    const begin = `<!-- generated: ${name} -->`;
    const end = `<!-- end of generated: ${name} -->`;
    const from = made.indexOf(begin);
    const to = made.indexOf(end);
    if (from < 0 || to < from) throw new Error(`${path} lacks the lines ${begin} and ${end}`);
    made = `${made.slice(0, from)}${begin}\n\n${text}\n\n${made.slice(to)}`;
  }
  return made;
}

function configurationTable(shows: (name: string, shownDefault: string) => boolean = () => true): string {
  const rows = Object.entries(VARIABLES)
    .filter(([name, { shownDefault }]) => shows(name, shownDefault))
    .map(
      ([name, { shownDefault, description, isSecret }]) =>
        `| \`${name}\` | ${shownDefault} | ${description}${isSecret ? `; also \`${name}_FILE\`` : ''} |`,
    );
  return ['| variable | default | |', '| --- | --- | --- |', ...rows].join('\n');
}

const isFirst = (name: string, shownDefault: string): boolean =>
  shownDefault === 'required' || FIRST_SETTINGS.some((first) => first === name);

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
const [alerts, proved] = [await readAlerts(), await readProofs()];
const played = await readChaosReports();
/** The benchmarks that say what a pod and its Redis can take. */
const CAPACITY: readonly string[] = ['backlog', 'redis-memory', 'capacity'];

/** Each page, and what is generated in it. */
const PAGES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'README.md': { reasons: reasonsTable(), 'first settings': configurationTable(isFirst) },
  'deploy/README.md': {
    page: pageFactsTable(await readPageFacts(), '../'),
    event: eventTable(),
    configuration: configurationTable(),
    metrics: metricsTables(),
    alerts: alertsTable(alerts, proved),
    scaling: scalingTable(await readScaling()),
    replay: replayTable(await readReplay()),
    upgrade: upgradeTable(await readUpgrade()),
    why: whyExamples(await readExplained()),
    'capacity plan': await capacityTable(),
    capacity: benchTables(measured.filter(({ name }) => CAPACITY.includes(name))),
  },
  'deploy/RUNBOOK.md': runbookParts(alerts, proved),
  'test/README.md': { hazards: hazardTable(), chaos: chaosTables(played) },
  'test/bench/README.md': { measurements: benchTables(measured) },
  'test/mutation/README.md': { mutation: mutationTable(readResults()) },
};
const generated = [
  ...Object.entries(PAGES).map(([path, parts]) => ({
    path,
    make: (now: string) => withGenerated(path, now, parts),
  })),
  { path: 'test/fault-matrix/README.md', make: () => matrixPage(DEPENDENCIES) },
  { path: 'rules/rules.schema.json', make: () => JSON.stringify(rulesJsonSchema(), null, 2) },
  { path: 'rules/rules-test.schema.json', make: () => JSON.stringify(rulesTestJsonSchema(), null, 2) },
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
