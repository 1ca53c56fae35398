/** What `src/README.md` says of kafka/ and stream/ is there: sub-rooms, the files and functions of a record's way, states. */
import { readdir, readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';

const SRC = new URL('../../../src/', import.meta.url);
const page = await readFile(new URL('README.md', SRC), 'utf8');

/** @returns the text from a heading to the next one of its kind. */
function section(heading: string): string {
  const start = page.indexOf(`${heading}\n`);
  const level = `\n${heading.slice(0, heading.indexOf(' ') + 1)}`;
  const rest = page.slice(start + heading.length);
  const ends = [rest.indexOf(level), rest.indexOf('\n## ')].filter((end) => end >= 0);
  return start < 0 ? '' : rest.slice(0, Math.min(...ends));
}

interface Place {
  readonly path: string;
  readonly name: string;
}

/** Each `file` followed by its `function`. */
function placesIn(text: string): Place[] {
  return [...text.matchAll(/`([\w/-]+\.ts)`\s+`(\w+)`/g)].map(([, path = '', name = '']) => ({ path, name }));
}

/** A function, a method or a property that is one. @returns why the place is none; undefined where it is. */
async function missing({ path, name }: Place): Promise<string | undefined> {
  const source = await readFile(new URL(path, SRC), 'utf8').catch(() => undefined);
  if (source === undefined) return `${path} is not there`;
  const defined = new RegExp(
    String.raw`(function\*? ${name}\b|^ +(async )?${name}\(.*\{$|\b${name}: (async )?\()`,
    'm',
  );
  return defined.test(source) ? undefined : `${path} has no function ${name}`;
}

const life = placesIn(section('## The life of a record'));

it('every step of a record’s life names a file and a function that are there', async () => {
  expect(life.length).toBeGreaterThan(15);
  const faults = await Promise.all(life.map(missing));
  expect(faults.filter((fault) => fault !== undefined)).toEqual([]);
});

it('no file is entered more than twice on the way', () => {
  const times = Map.groupBy(life, ({ path }) => path);
  expect([...times].filter(([, places]) => places.length > 2).map(([path]) => path)).toEqual([]);
});

it('every other file that the sections name is there', async () => {
  const text = ['### Sub-rooms of kafka and stream', '## The life of a record', "## The assignment's states"]
    .map(section)
    .join('\n');
  const paths = [...text.matchAll(/`([\w/-]+\.ts)`/g)].map(([, path = '']) => path);
  for (const path of paths) expect(await readFile(new URL(path, SRC), 'utf8'), path).not.toBe('');
});

it('names each sub-room of kafka and stream, in the order in which they may know each other', async () => {
  const named = [...section('### Sub-rooms of kafka and stream').matchAll(/^- `(\w+)\/(\w+)\/`/gm)];
  for (const room of ['kafka', 'stream']) {
    const entries = await readdir(new URL(`${room}/`, SRC), { withFileTypes: true });
    const there = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
    const listed = named.filter(([, of]) => of === room).map(([, , name = '']) => name);
    expect(listed.toSorted()).toEqual(there.toSorted());
    const rules = await readFile(new URL('../.dependency-cruiser.js', SRC), 'utf8');
    expect(rules).toContain(`  ${room}: [${listed.map((name) => `'${name}'`).join(', ')}],`);
  }
});

it('names each state of an assignment', async () => {
  const source = await readFile(new URL('stream/partition/assignment.ts', SRC), 'utf8');
  const union = /^ {2}state: (.*);$/m.exec(source)?.[1] ?? '';
  const states = [...union.matchAll(/'(\w+)'/g)].map(([, state]) => state);
  const listed = [...section("## The assignment's states").matchAll(/^- \*\*(\w+)\*\*/gm)];
  expect(listed.map(([, state]) => state)).toEqual(states);
});

it('a file and a function that are not there are found out', async () => {
  const [first, second] = placesIn('`stream/nowhere.ts` `run`, and `stream/partitions.ts`\n`createNothing`.');
  expect(await missing(first!)).toBe('stream/nowhere.ts is not there');
  expect(await missing(second!)).toBe('stream/partitions.ts has no function createNothing');
});
