/**
 * Writes what is generated from the code into the files that show it: the README's configuration table and the
 * rules' JSON schema. With `--check` it writes nothing and exits 1 where a file has drifted.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { format, resolveConfig } from 'prettier';
import { VARIABLES } from '../../src/config-variables.ts';
import { rulesJsonSchema } from '../../src/rules/json-schema.ts';

const BEGIN = '<!-- generated: configuration -->';
const END = '<!-- end of generated: configuration -->';

function configurationTable(): string {
  const rows = Object.entries(VARIABLES).map(
    ([name, { shownDefault, description }]) => `| \`${name}\` | ${shownDefault} | ${description} |`,
  );
  return ['| variable | default | |', '| --- | --- | --- |', ...rows].join('\n');
}

function withTable(readme: string): string {
  const from = readme.indexOf(BEGIN);
  const to = readme.indexOf(END);
  if (from < 0 || to < from) throw new Error(`README.md lacks the lines ${BEGIN} and ${END}`);
  return `${readme.slice(0, from)}${BEGIN}\n\n${configurationTable()}\n\n${readme.slice(to)}`;
}

async function pretty(path: string, text: string): Promise<string> {
  return format(text, { ...(await resolveConfig(path)), filepath: path });
}

const generated = [
  { path: 'README.md', make: (now: string) => withTable(now) },
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
