/** What is for everybody stays so, what is not wants the login, and nobody keeps the pod busy by asking. */
import { once } from 'node:events';
import { connect } from 'node:net';
import fastify from 'fastify';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { guardServer } from '../../../src/ops/server-guard.ts';
import { startOpsServer, type OpsOptions, type OpsServer } from '../../../src/ops/server.ts';
import type { Status } from '../../../src/ops/status.ts';
import { noPage } from '../../support/no-page.ts';
import { silentLogger } from '../../support/silent-logger.ts';

const servers: OpsServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});

async function start(login?: OpsOptions['login'], logger = silentLogger): Promise<string> {
  const server = await startOpsServer({
    ...{ host: '127.0.0.1', port: 0, login, board: undefined, page: noPage, logger },
    ...{ notLive: () => [], notReady: () => [], notes: async () => [] },
    status: () => Promise.resolve({ pod: 'p' } as Status),
    metrics: () => Promise.resolve(''),
  });
  servers.push(server);
  return `http://127.0.0.1:${String(server.port)}`;
}

const LOGIN = { user: 'ops', password: 'hunter2' };
const authorization = `Basic ${Buffer.from('ops:hunter2').toString('base64')}`;

describe('with a login', () => {
  it.each(['/live', '/ready', '/status', '/live/', '/status?x=/'])('%s is as it is without', async (path) => {
    const [open, closed] = [await start(), await start(LOGIN)];
    expect((await fetch(`${closed}${path}`)).status).toBe(
      (await fetch(`${open}${path}`)).status === 404 ? 401 : 200,
    );
  });

  it.each([
    '/',
    '/queue',
    '/page/main.js',
    '/page/events',
    '/nothing',
    '/status/../queue',
    '//status',
    '/%73tatus/',
    '/status%2F',
  ])('%s asks for it, whether it exists or not', async (path) => {
    const url = await start(LOGIN);
    const answer = await fetch(`${url}${path}`);
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toMatch(/^Basic realm=/);
    expect((await fetch(`${url}${path}`, { headers: { authorization } })).status).not.toBe(401);
  });

  it('a wrong one is refused, and after many not looked at', async () => {
    const url = await start(LOGIN);
    const headers = { authorization: `Basic ${Buffer.from('ops:guess').toString('base64')}` };
    const answers: number[] = [];
    for (let guess = 0; guess < 11; guess++) answers.push((await fetch(url, { headers })).status);
    expect(answers).toEqual([...Array<number>(10).fill(401), 429]);
    expect((await fetch(`${url}/ready`)).status).toBe(200);
  });
});

it.each(['/live', '/ready', '/status', '/nothing'])(
  '%s tells a browser to trust it with little',
  async (path) => {
    const { headers } = await fetch(`${await start()}${path}`);
    expect(Object.fromEntries(headers)).toMatchObject({
      'cache-control': 'no-store',
      'content-security-policy': expect.stringContaining("default-src 'none'") as string,
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
    });
  },
);

it('whoever asks without end is told to wait; probes are answered all the same', async () => {
  let now = 0;
  const app = fastify();
  guardServer(app, undefined, () => now);
  for (const path of ['/live', '/ready', '/status', '/metrics', '/']) app.get(path, () => 'here');
  const ask = async (path: string): Promise<number> => (await app.inject(path)).statusCode;
  for (let request = 0; request < 200; request++) expect(await ask('/status')).toBe(200);
  for (const path of ['/status', '/metrics', '/', '/nothing']) expect(await ask(path), path).toBe(429);
  expect((await app.inject('/')).headers).toMatchObject({ 'retry-after': '2' });
  for (const path of ['/live', '/ready']) expect(await ask(path), path).toBe(200);
  now += 1000;
  expect(await ask('/status')).toBe(200);
});

it.each([
  ['sends nothing', ''],
  ['never ends its headers', 'GET /live HTTP/1.1\r\nhost: x\r\n'],
])(
  'a connection that %s is closed within seconds',
  async (_, sent) => {
    const { port } = new URL(await start());
    const socket = connect(Number(port), '127.0.0.1');
    await once(socket, 'connect');
    socket.write(sent);
    socket.resume();
    await once(socket, 'close', { signal: AbortSignal.timeout(15_000) });
  },
  20_000,
);

it('what the asker did wrong is no fault of the pod, and no line in its log', async () => {
  const said = vi.fn();
  const url = await start(undefined, { ...silentLogger, error: said });
  const answer = await fetch(`${url}/status`, { method: 'POST', body: 'x'.repeat(5000) });
  expect(answer.status).toBe(413);
  expect(await answer.json()).toEqual({ error: 'a bad request' });
  expect(said).not.toHaveBeenCalled();
});
