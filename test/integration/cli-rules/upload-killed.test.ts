/** `upload` as a process that is killed right after each of its calls to S3: the history tells what is live. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { COMPILE_CACHE } from '../../simulation/demo/pods.ts';
import { interruptAfterEachCall, INTERRUPTED_NOTE } from '../../support/cli/interrupted-upload.ts';
import { RULES_KEY, rulesText } from '../../support/cli/rules-desk.ts';
import { createMemoryStore, type MemoryStore } from '../../support/documents/memory-store.ts';
import { startS3Server, type S3Server } from '../../support/documents/s3-server.ts';

let store: MemoryStore = createMemoryStore();
let onDone: () => boolean = () => true;
let server: S3Server;
beforeAll(async () => {
  server = await startS3Server({ store: () => store, onDone: () => onDone() });
});
afterAll(() => server.stop());

/** Kills it after so many calls, whose last answer it does not get. @returns how it ended, and what it said. */
async function uploadKilledAfter(calls: number, path: string) {
  const args = ['test/support/cli/rules-process.ts', 'upload', path, '--note', INTERRUPTED_NOTE];
  const child = spawn(process.execPath, args, {
    env: {
      ...process.env,
      ...{ S3_ENDPOINT: server.url, AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' },
      ...{ RULES_S3_URI: `s3://bucket/${RULES_KEY}`, REDIS_URL: 'redis://unused:6379' },
      NODE_COMPILE_CACHE: COMPILE_CACHE,
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
  await interruptAfterEachCall(async (calls, desk) => {
    store = desk.store;
    const { ended, said } = await uploadKilledAfter(calls, desk.file(rulesText('v2')));
    if (ended === 'SIGKILL') return false;
    expect(ended, said).toBe(0);
    return true;
  });
}, 300_000);
