/** `upload` as a process that is killed right after each of its calls to S3: the history tells what is live. */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { runRulesCommand } from '../../../src/cli/rules/program.ts';
import { rulesText } from '../../support/cli/rules-desk.ts';

const S3 = process.env['S3_ENDPOINT']!;
const directory = mkdtempSync(join(tmpdir(), 'upload-killed-'));
let proxy: Server;
let onAnswered: () => boolean;

/** Hands everything on; the answer only where the test does not want the caller dead by then. */
beforeAll(async () => {
  proxy = createServer((asked, answer) => {
    const { method, url, headers } = asked;
    const forwarded = request(new URL(url ?? '/', S3), { method, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        if (onAnswered()) {
          answer.writeHead(response.statusCode ?? 500, response.headers).end(Buffer.concat(chunks));
        } else answer.destroy();
      });
    });
    forwarded.on('error', () => answer.destroy());
    asked.pipe(forwarded);
  }).listen(0, '127.0.0.1');
  await once(proxy, 'listening');
});
afterAll(() => {
  proxy.close();
  proxy.closeAllConnections();
  rmSync(directory, { recursive: true });
});

function file(text: string): string {
  const path = join(directory, `${randomUUID()}.yaml`);
  writeFileSync(path, text);
  return path;
}

/** @returns what was said. */
async function run(env: NodeJS.ProcessEnv, ...args: readonly string[]): Promise<string> {
  const said: string[] = [];
  const code = await runRulesCommand(args, {
    env: { ...env, S3_ENDPOINT: S3 },
    connectFleet: async () => ({
      killSwitch: { read: async () => undefined, set: async () => {}, lift: async () => {} },
      announce: async () => {},
      livePods: async () => [],
      close: async () => {},
    }),
    say: (line) => void said.push(line),
    complain: (line) => void said.push(line),
    write: (bytes) => void said.push(Buffer.from(bytes).toString()),
  });
  expect(code, said.join('\n')).toBe(0);
  return said.join('\n');
}

/** Kills it after so many answers. @returns whether it came to that. */
async function uploadKilledAfter(calls: number, env: NodeJS.ProcessEnv, path: string): Promise<boolean> {
  const { port } = proxy.address() as AddressInfo;
  let answered = 0;
  const child = spawn(
    process.execPath,
    ['test/support/cli/rules-process.ts', 'upload', path, '--note', 'killed'],
    { env: { ...env, S3_ENDPOINT: `http://127.0.0.1:${String(port)}` }, stdio: 'ignore' },
  );
  onAnswered = () => {
    answered += 1;
    if (answered < calls) return true;
    child.kill('SIGKILL');
    return false;
  };
  await once(child, 'exit');
  return child.signalCode === 'SIGKILL';
}

it('the old document is live, or the new one with its entry, and the next upload goes on from there', async () => {
  const seen: Record<string, number> = {};
  for (let calls = 1; ; calls += 1) {
    const env = {
      ...process.env,
      RULES_S3_URI: `s3://${inject('bucket')}/killed/${randomUUID()}.yaml`,
      REDIS_URL: '',
    };
    const withRedis = { ...env, REDIS_URL: 'redis://unused:6379' };
    await run(withRedis, 'upload', file(rulesText('v1')), '--note', 'first');
    if (!(await uploadKilledAfter(calls, withRedis, file(rulesText('v2'))))) break;

    const live = await run(env, 'show');
    const log = JSON.parse((await run(env, 'log', '--json')).replace(/\n(the upload of .*)$/, '')) as {
      version: string;
      live: boolean;
      note: string;
    }[];
    const version = /version: (\S+)/.exec(live)?.[1] ?? '';
    seen[version] = (seen[version] ?? 0) + 1;
    const expected = version === 'v2' ? ['v2', 'v1'] : ['v1'];
    expect(
      log.map((entry) => entry.version),
      String(calls),
    ).toEqual(expected);
    expect(log.map((entry) => entry.live)).toEqual(expected.map((_, index) => index === 0));
    expect(log[0]?.note).toBe(version === 'v2' ? 'killed' : 'first');

    await run(withRedis, 'upload', file(rulesText('v3')), '--note', 'next');
    const after = JSON.parse(await run(env, 'log', '--json')) as { version: string }[];
    expect(
      after.map((entry) => entry.version),
      String(calls),
    ).toEqual(['v3', ...expected]);
  }
  expect(seen['v1']).toBeGreaterThan(4);
  // Once the document is written, its answer or that of the mark is lost.
  expect(seen['v2']).toBeGreaterThan(1);
});
