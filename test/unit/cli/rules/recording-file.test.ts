/** A recording's file is there whole or not at all. */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createWholeFile, whyNotWritable } from '../../../../src/cli/rules/recording-file.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'recording-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

it.each(['out.ndjson', 'out.ndjson.gz'])(
  '%s has every line once it is in its place, and not before',
  async (name) => {
    const path = join(directory, name);
    const file = await createWholeFile(path);
    const lines = Array.from({ length: 5000 }, (_, at) => `{"n":${String(at)},"text":"${'ä'.repeat(30)}"}`);
    for (const line of lines) await file.writeLine(line);
    expect(await readdir(directory)).toEqual([expect.stringMatching(/partial/)]);
    await file.commit();
    expect(await readdir(directory)).toEqual([name]);
    const bytes = await readFile(path);
    const text = (name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString();
    expect(text).toBe(`${lines.join('\n')}\n`);
  },
);

it.each(['out.ndjson', 'out.ndjson.gz'])(
  '%s that is given up leaves nothing, and what was there stays',
  async (name) => {
    const path = join(directory, name);
    await writeFile(path, 'earlier');
    const file = await createWholeFile(path);
    await file.writeLine('x'.repeat(100_000));
    await file.discard();
    expect(await readdir(directory)).toEqual([name]);
    expect(await readFile(path, 'utf8')).toBe('earlier');
  },
);

it('a directory is never replaced, a file only by force', async () => {
  const path = join(directory, 'out');
  expect(await whyNotWritable(path, false)).toBeUndefined();
  await writeFile(path, '');
  expect(await whyNotWritable(path, false)).toMatch(/exists already; --force replaces it$/);
  expect(await whyNotWritable(path, true)).toBeUndefined();
  await mkdir(`${path}.d`);
  expect(await whyNotWritable(`${path}.d`, true)).toMatch(/is a directory$/);
});

it('a place where nothing can be written is said', async () => {
  await expect(createWholeFile(join(directory, 'missing', 'out'))).rejects.toThrow(/ENOENT/);
});
