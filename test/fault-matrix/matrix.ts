/**
 * The fault matrix: everything that the service depends on against every way in which it can fail. A cell says what
 * stalls, what goes on, how /status names it, and which test shows it; or why there is nothing to show. The page
 * test/fault-matrix/README.md is made of it, and a test holds it against the tests that it names.
 */

export const FAILURES = [
  'away',
  'slow',
  'refuses',
  'refuses a part',
  'answers oddly',
  'answers hugely',
  'comes back as another',
] as const;
export type Failure = (typeof FAILURES)[number];

export interface Shown {
  /** Events that wait, or pushes. */
  readonly stalls: string;
  readonly goesOn: string;
  /** What /status, /ready or, before there is either, the log and the exit code say. */
  readonly status: string;
  /** How long it may last, and what ends it. */
  readonly until: string;
  /** Path below `test/`, ` › ` and a test's title, or a part of it. */
  readonly shownBy: readonly [string, ...string[]];
}

export type Cell =
  | Shown
  /** Cannot happen, or is the same as another cell. */
  | { readonly none: string }
  /** Can happen, and no test here shows it. */
  | { readonly open: string };

export interface Dependency {
  readonly name: string;
  readonly cells: Readonly<Record<Failure, Cell>>;
}

/** As {@link Shown}. Each test: path below `test/`, ` › `, a part of its title. */
export function shown(
  stalls: string,
  goesOn: string,
  status: string,
  until: string,
  ...shownBy: [string, ...string[]]
): Shown {
  return { stalls, goesOn, status, until, shownBy };
}

const INTRODUCTION = `# The fault matrix

What the service depends on, against how it can fail: which events stall, which go on, how it is said, what ends it, and
the tests that show it. What fails alone stalls alone; what nothing shows says so.

This page is made from the files beside it by \`npm run docs\`, and a unit test finds a line whose test is gone.
`;

/** The whole page, Markdown: a section for each dependency, a paragraph for each way to fail. */
export function matrixPage(dependencies: readonly Dependency[]): string {
  const contents = dependencies.map(({ name }) => `[${name}](#${anchorOf(name)})`).join(' · ');
  return (
    [INTRODUCTION, contents, ...dependencies.map(sectionOf)].join('\n\n').replace(/\n{3,}/g, '\n\n') + '\n'
  );
}

function anchorOf(name: string): string {
  return name.toLowerCase().replaceAll(' ', '-');
}

function sectionOf({ name, cells }: Dependency): string {
  return [`## ${name}`, '', ...FAILURES.map((failure) => lineOf(failure, cells[failure]))].join('\n');
}

function lineOf(failure: Failure, cell: Cell): string {
  if ('none' in cell) return `- **${failure}**: – (${cell.none})`;
  if ('open' in cell) return `- **${failure}**: **shown by nothing yet** (${cell.open})`;
  const { stalls, goesOn, status, until, shownBy } = cell;
  return [
    `- **${failure}**`,
    `  - stalls: ${stalls}`,
    `  - goes on: ${goesOn}`,
    `  - said as: ${status}`,
    `  - until: ${until}`,
    ...shownBy.map((reference) => `  - shown by ${showTest(reference)}`),
  ].join('\n');
}

function showTest(reference: string): string {
  const [path = '', title = ''] = reference.split(' › ');
  return `\`${path}\`${title === '' ? '' : `: “${title}”`}`;
}
