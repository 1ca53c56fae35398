/**
 * What the pages say that a machine can hold against the code: links, and names of files, variables, commands,
 * endpoints and metrics. Every function here is pure; `readCode` reads what they compare with.
 */
import { glob, readFile } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';

/** Path from the root → text. */
export type Texts = ReadonlyMap<string, string>;

export interface Code {
  /** Sources, and the files that name variables beside them. */
  readonly texts: Texts;
  /** Every path that a page may name, folders too. */
  readonly paths: ReadonlySet<string>;
  /** npm script → what it runs. */
  readonly scripts: Readonly<Record<string, string>>;
}

async function readTexts(patterns: readonly string[]): Promise<Texts> {
  const paths: string[] = [];
  for await (const path of glob(patterns)) paths.push(path);
  const read = paths.toSorted().map(async (path) => [path, await readFile(path, 'utf8')] as const);
  return new Map(await Promise.all(read));
}

export const readPages = (): Promise<Texts> =>
  readTexts(['README.md', '{src,rules,test,deploy}/**/README.md', 'deploy/RUNBOOK.md']);

export async function readCode(): Promise<Code> {
  const texts = await readTexts([
    '{src,test}/**/*.ts',
    '*.ts',
    'Dockerfile',
    'docker-compose.yml',
    '.ci/run',
  ]);
  const paths = new Set<string>();
  for await (const path of glob(['{src,test,rules,deploy,.readme,.ci}/**', '*', '.*.js'])) {
    if (!path.startsWith('node_modules')) paths.add(path);
  }
  const { scripts } = JSON.parse(await readFile('package.json', 'utf8')) as Code;
  return { texts, paths, scripts };
}

/** As GitHub makes them of a page's headings. */
export function anchorsOf(page: string): ReadonlySet<string> {
  const anchors = new Set<string>();
  for (const [, heading = ''] of withoutBlocks(page).matchAll(/^#{1,6} (.*)$/gm)) {
    const text = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
    const slug = text.replace(/[^\p{L}\p{N}\p{Pc} -]/gu, '').replaceAll(' ', '-');
    for (let name = slug, n = 1; ; name = `${slug}-${String(n)}`, n += 1) {
      if (anchors.has(name)) continue;
      anchors.add(name);
      break;
    }
  }
  return anchors;
}

function withoutBlocks(page: string): string {
  return page.replace(/^ *```[^]*?^ *```$/gm, '');
}

/** Links that lead nowhere, as `page: link`. */
export function brokenLinks(pages: Texts, paths: ReadonlySet<string>): string[] {
  return [...pages].flatMap(([page, text]) =>
    [...withoutBlocks(text).matchAll(/\]\(([^)\s]+)\)/g)]
      .map(([, link = '']) => link)
      .filter((link) => !/^https?:/.test(link))
      .filter((link) => {
        const [path = '', anchor] = link.split('#');
        const target = path === '' ? page : normalize(join(dirname(page), path));
        if (!pages.has(target) && !paths.has(target)) return true;
        return anchor !== undefined && !anchorsOf(pages.get(target) ?? '').has(anchor);
      })
      .map((link) => `${page}: ${link}`),
  );
}

/** What stands in backticks or in a block of code. */
export function codeOf(page: string): string[] {
  const blocks = [...page.matchAll(/^ *```[^\n]*\n([^]*?)^ *```$/gm)].map(([, block = '']) => block);
  const spans = [...withoutBlocks(page).matchAll(/`([^`\n]+)`/g)].map(([, span = '']) => span);
  return [...blocks.flatMap((block) => block.split('\n')), ...spans];
}

/** Files that pages name and that are not there. A name without a folder is that of any file. */
export function unknownFiles(pages: Texts, paths: ReadonlySet<string>): string[] {
  const names = new Set([...paths].map((path) => path.slice(path.lastIndexOf('/') + 1)));
  return [...pages].flatMap(([page, text]) =>
    codeOf(text)
      .flatMap((code) => code.match(/(?<![\w./:-])[\w.-]+(?:\/[\w.-]+)*/g) ?? [])
      .map((word) => word.replace(/[.,]+$/, ''))
      .filter((word) =>
        word.includes('/')
          ? /^(src|test|rules|deploy|\.readme)\//.test(word) && !paths.has(word)
          : /^[\w-]+(\.[\w-]+)*\.(ts|md|yaml)$/.test(word) && !names.has(word) && word !== 'rules.yaml',
      )
      .map((word) => `${page}: ${word}`),
  );
}

/** Words in capitals that are neither a variable nor a constant of the code. */
export function unknownVariables(pages: Texts, { texts }: Code, others: readonly string[]): string[] {
  const known = new Set(others);
  for (const [path, text] of texts) {
    const naming = path.endsWith('.ts')
      ? /['"{,]\s*([A-Z][A-Z0-9_]+)\b|\benv(?:ironment)?\.([A-Z][A-Z0-9_]+)|\bconst ([A-Z][A-Z0-9_]+)|^ +([A-Z][A-Z0-9_]+):/gm
      : /\b([A-Z][A-Z0-9_]+)\b/g;
    for (const [, ...names] of text.matchAll(naming)) {
      for (const name of names as (string | undefined)[]) if (name !== undefined) known.add(name);
    }
  }
  return [...pages].flatMap(([page, text]) =>
    codeOf(text)
      .flatMap((code) => [
        ...(code.match(/\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b/g) ?? []),
        ...(/^[A-Z]{4,}(?==|$)/.exec(code) ?? []),
      ])
      .filter((name) => !known.has(name))
      .map((name) => `${page}: ${name}`),
  );
}

/** Scripts, subcommands and options that pages name and that no command has. */
export function unknownCommands(pages: Texts, { texts, scripts }: Code): string[] {
  return [...pages].flatMap(([page, text]) =>
    codeOf(text).flatMap((code) =>
      [
        ...asScript(code).matchAll(/\bnpm (?:run )?(?:-s |--silent )?([a-z][a-z:-]*)(?: -- ([^#&|]*))?/g),
      ].flatMap(([, script = '', rest = '']) => {
        if (script === 'ci' || script === 'run') return [];
        const runs = scripts[script];
        if (runs === undefined) return [`${page}: npm run ${script}`];
        const wanted = [...rest.matchAll(/--([a-z][a-z0-9-]*)/g)].map(([, option = '']) => option);
        const command = runs.includes('src/cli/') ? /^[a-z][a-z-]*/.exec(rest)?.[0] : undefined;
        const source = sourceOf(runs, texts);
        return [
          ...wanted.filter((option) => !new RegExp(`--${option}\\b|['"]${option}['"]`).test(source)),
          ...(command === undefined || source.includes(`.command('${command}')`) ? [] : [command]),
        ].map((name) => `${page}: npm run ${script} -- ${name}`);
      }),
    ),
  );
}

/** The bin's commands are those of the scripts. */
function asScript(code: string): string {
  return code.replace(/\bnpx coupon-notifier ([a-z-]+)/g, 'npm run $1 --');
}

/** All of the folder whose program a script runs. */
function sourceOf(runs: string, texts: Texts): string {
  const [program = ''] = /(?:src|test)\/\S+\.ts/.exec(runs) ?? [];
  const folder = program.endsWith('/main.ts') ? dirname(program) : program.slice(0, -'.ts'.length);
  const ours = [...texts].filter(([path]) => path === program || path.startsWith(`${folder}/`));
  return ours.map(([, text]) => text).join('\n');
}

/** Scripts that no page names. */
export function unnamedScripts(pages: Texts, { scripts }: Code): string[] {
  const said = [...pages.values()].flatMap(codeOf).join('\n');
  return Object.keys(scripts).filter(
    (script) => !new RegExp(`\\bnpm (run )?${script}(?![\\w:-])`).test(asScript(said)),
  );
}

/** The part of a page under a heading of the second level, up to the next. */
export function sectionOf(page: string, heading: string): string {
  const from = page.indexOf(`\n## ${heading}\n`);
  if (from < 0) throw new Error(`no section ${heading}`);
  const to = page.indexOf('\n## ', from + 1);
  return page.slice(from, to < 0 ? undefined : to);
}
