/** Every line goes to exactly one worker, all lines of a user to the same one, however the file is cut into parts. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readOwnLines, type OwnLine } from '../../../../src/cli/rules/simulation/own-lines.ts';

let place: string;

beforeAll(async () => {
  place = await mkdtemp(join(tmpdir(), 'own-lines-'));
});
afterAll(() => rm(place, { recursive: true, force: true }));

async function read(file: string, worker = 0, workers = 1): Promise<OwnLine[]> {
  const lines: OwnLine[] = [];
  for await (const some of readOwnLines(file, { worker, workers })) lines.push(...some);
  return lines;
}

async function fileOf(text: string, name = 'recording.ndjson'): Promise<string> {
  const file = join(place, name);
  await writeFile(file, name.endsWith('.gz') ? gzipSync(text) : text);
  return file;
}

const line = (userId: string, index: number, more = '') =>
  JSON.stringify({ kind: 'decision', v: 1, userId, eventId: `e-${String(index)}`, more });

describe('a recording’s lines', () => {
  it.each(['recording.ndjson', 'recording.ndjson.gz'])(
    '%s: come whole and numbered, blank ones counted',
    async (name) => {
      const texts = [line('a', 1), '', line('b', 2, 'x'.repeat(3_000_000)), line('ä', 3)];
      const lines = await read(await fileOf(texts.join('\r\n'), name));
      expect(lines.map(({ text, number }) => [text, number])).toEqual([
        [texts[0], 1],
        [texts[2], 3],
        [texts[3], 4],
      ]);
    },
  );

  it('are each one worker’s, and all of a user the same one’s', async () => {
    const users = ['u-1', 'u-2', 'ä', 'a "quoted" one', 'back\\slash', '🦊', 'x'.repeat(128)];
    const texts = Array.from({ length: 400 }, (_, index) => line(users[index % users.length]!, index));
    // In another order, as a later version might write it, and with an escape that need not be one.
    const other = users.map((userId, index) =>
      JSON.stringify({ padding: 'p'.repeat(80), userId, eventId: `o-${String(index)}` }),
    );
    const escaped = '{"kind":"decision","v":1,"userId":"\\u0075-1","eventId":"escaped"}';
    const bad = ['no JSON', '{"userId":7}', '[]'];
    const all = [...texts, ...other, escaped, ...bad];
    const file = await fileOf(`${all.join('\n')}\n`);
    const shares = await Promise.all([0, 1, 2].map((worker) => read(file, worker, 3)));
    expect(
      shares
        .flat()
        .map(({ number }) => number)
        .toSorted((a, b) => a - b),
    ).toEqual(all.map((_, index) => index + 1));
    expect(shares.filter((share) => share.length > 0).length).toBeGreaterThan(1);
    const workersOf = new Map<string, Set<number>>();
    for (const [worker, share] of shares.entries()) {
      for (const { text } of share) {
        if (bad.includes(text)) continue;
        const { userId } = JSON.parse(text) as { userId: string };
        workersOf.set(userId, (workersOf.get(userId) ?? new Set()).add(worker));
      }
    }
    expect([...workersOf.values()].map((workers) => workers.size)).toEqual(users.map(() => 1));
  });

  it('of no file, or what is no gzip, end in an error', async () => {
    await expect(read(join(place, 'missing'))).rejects.toThrow(/ENOENT/);
    await expect(read(join(place, 'missing.gz'))).rejects.toThrow(/ENOENT/);
    const file = join(place, 'plain.gz');
    await writeFile(file, 'not packed');
    await expect(read(file)).rejects.toThrow(/header/);
  });
});
