/**
 * What a command printed, as an SVG that looks like a terminal: for the README. Made from a real run:
 *
 *   npm run -s demo | tee /tmp/demo.txt; node test/tools/terminal-picture.ts /tmp/demo.txt > .readme/demo.svg
 */
import { readFile } from 'node:fs/promises';

const CHARACTER_WIDTH = 8.4;
const LINE_HEIGHT = 19;
const MARGIN = 22;
const COLUMNS = 92;
const COLOURS: readonly (readonly [RegExp, string])[] = [
  [/^\s+✓|All promises kept/, '#7ee787'],
  [/^\s+✗|BROKEN|broken/, '#ff7b72'],
  [/[█▏▎▍▌▋▊▉]/, '#79c0ff'],
  [/^ {2}(How fast|The |What the pods)/, '#e6edf3'],
];

const [file] = process.argv.slice(2);
if (file === undefined) throw new Error('usage: terminal-picture.ts FILE');
const ansi = new RegExp(`${String.fromCharCode(27)}\\[[0-9;?]*[a-zA-Z]`, 'g');
const printed = (await readFile(file, 'utf8')).replace(ansi, '').split('\n');
const lines = ['$ npm ci && npm run demo', ...printed]
  .map((line) => line.trimEnd())
  .filter((line, index, all) => line !== '' || all[index - 1] !== '')
  .map((line) => (line.length > COLUMNS ? `${line.slice(0, COLUMNS - 1)}…` : line));

const escape = (text: string): string =>
  text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
const colourOf = (line: string): string =>
  line.startsWith('$') ? '#e6edf3' : (COLOURS.find(([pattern]) => pattern.test(line))?.[1] ?? '#9da7b3');

const width = Math.ceil(COLUMNS * CHARACTER_WIDTH + 2 * MARGIN);
const height = lines.length * LINE_HEIGHT + 2 * MARGIN;
const rows = lines.map(
  (line, index) =>
    `<text x="${String(MARGIN)}" y="${String(MARGIN + (index + 1) * LINE_HEIGHT - 5)}" fill="${colourOf(line)}">${escape(line)}</text>`,
);
console.log(
  [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${String(width)} ${String(height)}" width="${String(width)}" role="img" aria-label="The demo, as it ran">`,
    `<rect width="100%" height="100%" rx="10" fill="#0d1117"/>`,
    `<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="14" xml:space="preserve">`,
    ...rows,
    '</g></svg>',
  ].join('\n'),
);
