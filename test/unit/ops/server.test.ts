/** The ops endpoints answer by the contract's codes, with reasons, and never leak a defect's text. */
import { afterEach, expect, it } from 'vitest';
import type { OpenQueue } from '../../../src/ops/queue-board.ts';
import { startOpsServer, type OpsOptions, type OpsServer } from '../../../src/ops/server.ts';
import type { Status } from '../../../src/ops/status.ts';
import { createMask } from '../../../src/runtime/mask-secrets.ts';
import { noPage } from '../../support/no-page.ts';
import { silentLogger } from '../../support/silent-logger.ts';

const servers: OpsServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});

async function start(changes: Partial<OpsOptions>): Promise<(path: string) => Promise<Response>> {
  const server = await startOpsServer({
    host: '127.0.0.1',
    port: 0,
    notLive: () => [],
    notReady: () => [],
    notes: async () => [],
    status: () => Promise.resolve({ pod: 'p' } as Status),
    metrics: () => Promise.resolve('coupon_notifier_starts_total 1\n'),
    page: noPage,
    board: undefined,
    logger: silentLogger,
    ...changes,
  });
  servers.push(server);
  return (path) => fetch(`http://127.0.0.1:${String(server.port)}${path}`);
}

it.each(['/live', '/ready'])('%s is 200 without a body of reasons', async (path) => {
  const get = await start({});
  const answer = await get(path);
  expect(answer.status).toBe(200);
  expect(await answer.json()).not.toHaveProperty('reasons');
});

it.each([
  ['/live', { notLive: () => ['no progress for 120000 ms'] }],
  ['/ready', { notReady: () => ['no progress for 120000 ms'] }],
])('%s is 503 with reasons', async (path, changes) => {
  const get = await start(changes);
  const answer = await get(path);
  expect(answer.status).toBe(503);
  expect(await answer.json()).toMatchObject({ reasons: ['no progress for 120000 ms'] });
});

it('/ready is 200 with notes, where a person should know something', async () => {
  const get = await start({ notes: async () => ['pushes are held back'] });
  const answer = await get('/ready');
  expect(answer.status).toBe(200);
  expect(await answer.json()).toEqual({ ready: true, notes: ['pushes are held back'] });
});

it('/metrics is the text that Prometheus takes', async () => {
  const get = await start({});
  const answer = await get('/metrics');
  expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  expect(await answer.text()).toBe('coupon_notifier_starts_total 1\n');
});

it('/status is JSON', async () => {
  const get = await start({});
  expect(await (await get('/status')).json()).toEqual({ pod: 'p' });
});

it('a defect in /status is a 500 that says nothing of it', async () => {
  const get = await start({ status: () => Promise.reject(new Error('redis://user:secret@host')) });
  const answer = await get('/status');
  expect(answer.status).toBe(500);
  expect(await answer.text()).not.toContain('secret');
});

it('what the queue’s board says of a fault holds no secret', async () => {
  const fails = (): never => {
    throw new Error('it said planted-hunter2');
  };
  const queue = { metaValues: { version: 'bullmq' }, name: 'pushes', opts: {}, getJobCounts: fails };
  const board = () => Promise.resolve(queue as unknown as Awaited<ReturnType<OpenQueue>>);
  const get = await start({ board, mask: createMask(['planted-hunter2']) });
  const text = await (await get('/queue/api/queues?activeQueue=pushes&status=latest&page=1')).text();
  expect(text).toContain('it said [redacted]');
  expect(text).not.toContain('hunter2');
});

it('/queue is off unless asked for', async () => {
  const get = await start({});
  expect((await get('/queue')).status).toBe(404);
});

it('a port that is taken is named', async () => {
  await start({});
  const [first] = servers;
  await expect(start({ port: first?.port ?? 0 })).rejects.toThrow(/PORT.*127\.0\.0\.1/);
});
