/** The push queue's board: there once Redis is, read-only, and an honest 503 before. */
import { randomUUID } from 'node:crypto';
import { Queue } from 'bullmq';
import { afterEach, expect, inject, it } from 'vitest';
import { startOpsServer, type OpsOptions } from '../../../src/ops/server.ts';
import type { Status } from '../../../src/ops/status.ts';
import { noPage } from '../../support/no-page.ts';
import { silentLogger } from '../../support/silent-logger.ts';

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function serve(board: OpsOptions['board'], login?: OpsOptions['login']): Promise<string> {
  const server = await startOpsServer({
    host: '127.0.0.1',
    port: 0,
    notLive: () => [],
    notReady: () => [],
    notes: async () => [],
    status: () => Promise.resolve({} as Status),
    metrics: () => Promise.resolve(''),
    page: noPage,
    board,
    login,
    logger: silentLogger,
  });
  cleanups.push(() => server.stop());
  return `http://127.0.0.1:${String(server.port)}`;
}

async function openQueue(): Promise<Queue> {
  const { hostname, port } = new URL(inject('services')['REDIS_URL'] ?? '');
  const queue = new Queue('pushes', {
    connection: { host: hostname, port: Number(port) },
    prefix: `{board-${randomUUID()}}`,
  });
  cleanups.push(() => queue.close());
  await queue.add('push', { userId: 'u-1', eventId: 'e-1' }, { jobId: 'job-1' });
  return queue;
}

it('shows the queue and its jobs', async () => {
  const queue = await openQueue();
  const url = await serve(() => Promise.resolve(queue));
  const page = await fetch(`${url}/queue`);
  expect(page.status).toBe(200);
  expect(page.headers.get('content-type')).toContain('text/html');
  const api = await fetch(`${url}/queue/api/queues?activeQueue=pushes&status=waiting&page=1`);
  expect(await api.text()).toContain('job-1');
});

it('loads what it needs, and from nowhere else', async () => {
  const queue = await openQueue();
  const url = await serve(() => Promise.resolve(queue));
  const page = await fetch(`${url}/queue`);
  expect(page.headers.get('content-security-policy')).toContain("default-src 'self'");
  expect(page.headers.get('x-frame-options')).toBe('DENY');
  const own = [...(await page.text()).matchAll(/(?:src|href)="(static\/[^"]+)"/g)].map(([, path]) => path);
  expect(own.length).toBeGreaterThan(2);
  for (const path of own) {
    const answer = await fetch(`${url}/queue/${String(path)}`);
    expect(answer.status, path).toBe(200);
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
  }
});

it('wants the login for itself and for all that it loads', async () => {
  const queue = await openQueue();
  const url = await serve(() => Promise.resolve(queue), { user: 'ops', password: 'secret' });
  const authorization = `Basic ${Buffer.from('ops:secret').toString('base64')}`;
  for (const path of [
    '/queue',
    '/queue/',
    '/queue/api/queues',
    '/queue/static/css/any.css',
    '/queue%2Fapi',
  ]) {
    expect((await fetch(`${url}${path}`)).status, path).toBe(401);
  }
  for (const path of ['/queue', '/queue/api/queues?activeQueue=pushes&status=waiting&page=1']) {
    expect((await fetch(`${url}${path}`, { headers: { authorization } })).status, path).toBe(200);
  }
});

it('changes nothing, whoever asks', async () => {
  const queue = await openQueue();
  const url = await serve(() => Promise.resolve(queue));
  for (const [method, path] of [
    ['PUT', '/queue/api/queues/pushes/job-1/clean'],
    ['PUT', '/queue/api/queues/pushes/pause'],
    ['PUT', '/queue/api/queues/pushes/empty'],
  ] as const) {
    const answer = await fetch(`${url}${path}`, { method });
    expect(answer.ok).toBe(false);
  }
  expect(await queue.getWaitingCount()).toBe(1);
  expect(await queue.isPaused()).toBe(false);
});

it('is a 503 while Redis is away, and there as soon as it is back', async () => {
  const queue = await openQueue();
  let away = true;
  const url = await serve(() => (away ? Promise.reject(new Error('away')) : Promise.resolve(queue)));
  expect((await fetch(`${url}/queue`)).status).toBe(503);
  away = false;
  expect((await fetch(`${url}/queue`)).status).toBe(200);
});
