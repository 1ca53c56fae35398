/** What `npm run docs:page` kept of a real run's page, as deploy/README.md tells it. */
import { readFile, writeFile } from 'node:fs/promises';

export const PAGE_FILE = '.readme/page.json';

export interface PageFacts {
  /** How it was run, in the words of the table. */
  readonly run: string;
  /** From the pod to the browser, until the page stands. */
  readonly bytes: number;
  /** How long after all pods' /status had a number the page had it, at most, ms. */
  readonly ageMs: number;
  /** A row a picture. */
  readonly views: readonly {
    readonly state: string;
    readonly width: number;
    readonly file: string;
    readonly pictureBytes: number;
    readonly axePassed: number;
    readonly axeViolations: number;
  }[];
}

export async function readPageFacts(): Promise<PageFacts> {
  return JSON.parse(await readFile(PAGE_FILE, 'utf8')) as PageFacts;
}

export async function keepPageFacts(facts: PageFacts): Promise<void> {
  await writeFile(PAGE_FILE, `${JSON.stringify(facts, null, 2)}\n`);
}

/** Markdown: what was measured, and the pictures. @param root path from the page to the root. */
export function pageFactsTable({ run, bytes, ageMs, views }: PageFacts, root: string): string {
  const passed = Math.min(...views.map(({ axePassed }) => axePassed));
  const broken = views.reduce((sum, { axeViolations }) => sum + axeViolations, 0);
  const widths = [...new Set(views.map(({ width }) => width))];
  const states = [...new Set(views.map(({ state }) => state))];
  const cell = (state: string, width: number): string => {
    const file = views.find((view) => view.state === state && view.width === width)?.file;
    return file === undefined ? '–' : `![${state}, ${String(width)} px wide](${root}${file})`;
  };
  return [
    `Of a real run (${run}):`,
    '',
    '| | |',
    '| --- | --- |',
    `| what a browser loads, the first numbers included | ${(bytes / 1000).toFixed(0)} KB |`,
    `| how long after every pod’s \`/status\` the page had its numbers, at most | ${(ageMs / 1000).toFixed(1)} s |`,
    `| axe, in each of ${String(views.length)} views | ${broken === 0 ? 'no rule broken' : `${String(broken)} rules broken`}, at least ${String(passed)} kept |`,
    '',
    `| | ${widths.map((width) => `${String(width)} px`).join(' | ')} |`,
    `| --- |${' --- |'.repeat(widths.length)}`,
    ...states.map((state) => `| ${state} | ${widths.map((width) => cell(state, width)).join(' | ')} |`),
  ].join('\n');
}
