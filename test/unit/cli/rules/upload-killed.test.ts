/** `upload` as a process that is killed right after each of its calls to S3: the history tells what is live. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openRulesDesk, RULES_KEY, rulesText } from '../../../support/cli/rules-desk.ts';
import { createMemoryStore, type MemoryStore } from '../../../support/documents/memory-store.ts';
import { startS3Server, type S3Server } from '../../../support/documents/s3-server.ts';

let store: MemoryStore = createMemoryStore();
let onDone: () => boolean = () => true;
let server: S3Server;
beforeAll(async () => {
  server = await startS3Server({ store: () => store, onDone: () => onDone() });
});
afterAll(() => server.stop());

/** Kills it after so many calls, whose last answer it does not get. @returns how it ended, and what it said. */
async function uploadKilledAfter(calls: number, path: string) {
  const args = ['test/support/cli/rules-process.ts', 'upload', path, '--note', 'killed'];
  const child = spawn(process.execPath, args, {
    env: {
      ...process.env,
      ...{ S3_ENDPOINT: server.url, AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' },
      ...{ RULES_S3_URI: `s3://bucket/${RULES_KEY}`, REDIS_URL: 'redis://unused:6379' },
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (said += text));
  }
  let done = 0;
  onDone = () => {
    done += 1;
    if (done < calls) return true;
    child.kill('SIGKILL');
    return false;
  };
  await once(child, 'close');
  return { ended: child.signalCode ?? child.exitCode, said };
}

it('the old document is live, or the new one with its entry, and the next upload goes on from there', async () => {
  const seen: Record<string, number> = {};
  for (let calls = 1; ; calls += 1) {
    const desk = openRulesDesk();
    store = desk.store;
    await desk.upload(rulesText('v1'));
    const { ended, said } = await uploadKilledAfter(calls, desk.file(rulesText('v2')));
    if (ended !== 'SIGKILL') {
      expect(ended, said).toBe(0);
      expect(desk.liveText()).toBe(rulesText('v2'));
      desk.close();
      break;
    }
    const log = async (): Promise<readonly { version: string; live: boolean; note: string }[]> => {
      expect(await desk.run('log', '--json')).toBe(0);
      return JSON.parse(desk.said[0] ?? '') as { version: string; live: boolean; note: string }[];
    };
    const isNew = desk.liveText() === rulesText('v2');
    seen[isNew ? 'new' : 'old'] = (seen[isNew ? 'new' : 'old'] ?? 0) + 1;
    const expected = isNew ? ['v2', 'v1'] : ['v1'];
    expect(
      (await log()).map(({ version }) => version),
      String(calls),
    ).toEqual(expected);
    expect((await log())[0], String(calls)).toMatchObject({ live: true, note: isNew ? 'killed' : 'why not' });

    expect(await desk.upload(rulesText('v3'))).toBe(0);
    expect(
      (await log()).map(({ version }) => version),
      String(calls),
    ).toEqual(['v3', ...expected]);
    desk.close();
  }
  expect(seen['old']).toBeGreaterThan(4);
  // The answer to the document's own write is lost, or that to the mark's.
  expect(seen['new']).toBeGreaterThan(1);
}, 300_000);
