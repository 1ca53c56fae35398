/**
 * What an editor does with the rules' JSON schema, asked of the language server that editors use: it completes keys,
 * shows a text for each, and marks a mistyped one. The server's own process takes about a second of CPU.
 */
import { readFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startLanguageServer, type LanguageServer } from '../../support/language-server.ts';

const folder = pathToFileURL('rules/');
const example = await readFile('rules/default.yaml', 'utf8');
let server: LanguageServer;

beforeAll(async () => {
  server = await startLanguageServer(folder.href);
});
afterAll(() => server.stop());

const header = '# yaml-language-server: $schema=./rules.schema.json\n';
let documents = 0;

/** Opens a text beside the schema. @returns its address. */
function open(text: string): string {
  documents += 1;
  const uri = new URL(`edited-${String(documents)}.yaml`, folder).href;
  server.open(uri, text);
  return uri;
}

/** The place of the `|` in a text, and the text without it. */
function cursor(text: string): { readonly text: string; readonly position: object } {
  const before = text.slice(0, text.indexOf('|')).split('\n');
  return {
    text: text.replace('|', ''),
    position: { line: before.length - 1, character: before.at(-1)?.length ?? 0 },
  };
}

const heads = 'version: "1"\ncaps: []\n';
/** [a key of each section, a text whose cursor stands where it may be completed, with its words]. */
const sections: [string, string, RegExp][] = [
  ['version', `${header}|\ncaps: []\n`, /new for every change/],
  ['enabled', `${header}${heads}|\n`, /kill switch/],
  ['caps', `${header}version: "1"\n|\n`, /All caps must have room/],
  ['window', `${header}version: "1"\ncaps:\n  - per: user\n    |\n`, /sliding window, 1s to 30d/],
  ['unknownTimeZone', `${header}${heads}quietHours:\n  |\n`, /nobody knows the user’s time zone/],
  ['maxAge', `${header}${heads}event:\n  |\n`, /Older events/],
  ['minRemaining', `${header}${heads}coupon:\n  |\n`, /Shortest time/],
  ['deny', `${header}${heads}merchants:\n  |\n`, /never pushed/],
  ['salt', `${header}${heads}rollout:\n  |\n`, /draws the users anew/],
  ['when', `${header}${heads}rules:\n  - id: a\n    |\n`, /CEL over event, coupon and merchant/],
  ['by', `${header}${heads}rules:\n  - id: a\n    then: boost\n    |\n`, /Added to the score/],
  ['ttl', `${header}${heads}push:\n  |\n`, /wait for its delivery/],
  ['title', `${header}${heads}push:\n  locales:\n    de:\n      |\n`, /coupon’s own title/],
];

describe('an editor', () => {
  it.each(sections)('completes %s', async (key, marked, words) => {
    const { text, position } = cursor(marked);
    const uri = open(text);
    const answer = await server.ask('textDocument/completion', { textDocument: { uri }, position });
    const { items } = answer as {
      readonly items: readonly { readonly label: string; readonly documentation?: unknown }[];
    };
    const item = items.find(({ label }) => label === key);
    expect(items.map(({ label }) => label)).toContain(key);
    expect(JSON.stringify(item?.documentation)).toMatch(words);
  });

  it.each(sections.filter(([key]) => example.includes(`${key}:`)))(
    'shows what %s means',
    async (key, _, words) => {
      const uri = open(example);
      const { position } = cursor(
        example.replace(new RegExp(`^([^#\n]*)\\b${key}:`, 'm'), `$1${key.slice(0, 1)}|${key.slice(1)}:`),
      );
      const answer = await server.ask('textDocument/hover', { textDocument: { uri }, position });
      expect(JSON.stringify(answer)).toMatch(words);
      expect(JSON.stringify(answer)).toMatch(/Example|Left out/);
    },
  );

  it('finds nothing wrong with the example', async () => {
    expect(await server.diagnosticsOf(open(example))).toEqual([]);
  });

  it('marks a mistyped key', async () => {
    const found = await server.diagnosticsOf(open(`${header}${heads}evnt: { maxAge: 15m }\n`));
    expect(found).toMatchObject([
      { message: expect.stringContaining('evnt') as string, range: { start: { line: 3, character: 0 } } },
    ]);
  });
});
