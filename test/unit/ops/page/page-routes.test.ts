/** `/` and what it loads: from the pod alone, told so to the browser, small, and nothing else can be read. */
import { readdir } from 'node:fs/promises';
import { request } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { ASSET_PATHS } from '../../../../src/ops/page/assets.ts';
import type { Page } from '../../../../src/ops/page/page.ts';
import type { WatcherSink } from '../../../../src/ops/page/watchers.ts';
import { startOpsServer, type OpsServer } from '../../../../src/ops/server.ts';
import type { Status } from '../../../../src/ops/status.ts';
import { noPage } from '../../../support/no-page.ts';
import { silentLogger } from '../../../support/silent-logger.ts';

const BROWSER = new URL('../../../../src/ops/page/browser/', import.meta.url);

let server: OpsServer | undefined;
afterEach(async () => {
  await server?.stop();
  server = undefined;
});

async function serve(
  page: Page = noPage,
): Promise<(path: string, headers?: Record<string, string>) => Promise<Response>> {
  const started = await startOpsServer({
    ...{ host: '127.0.0.1', port: 0, notLive: () => [], notReady: () => [], notes: async () => [] },
    status: () => Promise.resolve({} as Status),
    metrics: () => Promise.resolve(''),
    ...{ page, board: undefined, logger: silentLogger },
  });
  server = started;
  return (path, headers = {}) => fetch(`http://127.0.0.1:${String(started.port)}${path}`, { headers });
}

const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; " +
  "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'";

describe('the files', () => {
  it('are all those that there are, each with its kind and the policy', async () => {
    const get = await serve();
    const kinds: Record<string, string | null> = {};
    for (const path of ASSET_PATHS) {
      const answer = await get(path);
      expect(answer.status, path).toBe(200);
      expect(answer.headers.get('content-security-policy'), path).toBe(POLICY);
      expect(answer.headers.get('x-content-type-options'), path).toBe('nosniff');
      kinds[path.slice(path.lastIndexOf('.') + 1)] = answer.headers.get('content-type');
    }
    expect(kinds).toEqual({
      '/': 'text/html; charset=utf-8',
      css: 'text/css; charset=utf-8',
      js: 'text/javascript; charset=utf-8',
      svg: 'image/svg+xml',
    });
    const written = (await readdir(BROWSER)).filter(
      (name) => name !== 'tsconfig.json' && name !== 'index.html',
    );
    const served = ASSET_PATHS.map((path) => path.replace('/page/', ''));
    expect(written.filter((name) => !served.includes(name))).toEqual([]);
  });

  it('are what the page asks for, and nothing from elsewhere', async () => {
    const html = await (await (await serve())('/')).text();
    const asked = [...html.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, path = '']) => path);
    expect(
      asked.filter((path) => path !== 'status' && !ASSET_PATHS.some((one) => one === `/${path}`)),
    ).toEqual([]);
    expect(asked.length).toBeGreaterThan(8);
    // The policy forbids both.
    expect(html).not.toMatch(/<script(?![^>]*\bsrc=)|\bon\w+=|\bstyle=|<style/);
  });

  it('together are small, packed', async () => {
    const get = await serve();
    let bytes = 0;
    for (const path of ASSET_PATHS) {
      const answer = await get(path, { 'accept-encoding': 'gzip' });
      bytes += Number(answer.headers.get('content-length'));
    }
    expect(bytes).toBeGreaterThan(20_000);
    expect(bytes).toBeLessThan(60_000);
  });

  it.each(['br', 'gzip', 'identity'])('come packed as the browser likes: %s', async (coding) => {
    const get = await serve();
    const answer = await get('/page/main.js', { 'accept-encoding': coding });
    expect(answer.headers.get('content-encoding') ?? 'identity').toBe(coding);
    expect(answer.headers.get('vary')).toBe('accept-encoding');
    expect(await answer.text()).toContain('openStream(');
  });

  it('are not sent again to who has them', async () => {
    const get = await serve();
    const etag = (await get('/page/page.css')).headers.get('etag') ?? '';
    expect((await get('/page/page.css', { 'if-none-match': etag })).status).toBe(304);
    expect((await get('/page/page.css', { 'if-none-match': '"other"' })).status).toBe(200);
  });

  it.each([
    '/page/tsconfig.json',
    '/page/../server.ts',
    '/page/%2e%2e/server.ts',
    '/page/index.html',
    '/page/',
  ])('are no others: %s', async (path) => {
    expect((await (await serve())(path)).status).toBe(404);
  });
});

describe('the stream', () => {
  it('is handed to the page, with the policy and without a cache', async () => {
    const sinks: WatcherSink[] = [];
    const page: Page = { ...noPage, mayWatch: () => true, watch: (sink) => void sinks.push(sink) };
    const get = await serve(page);
    const answer = await get('/page/events');
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
      'x-content-type-options': 'nosniff',
    });
    sinks[0]?.write('data: {}\n\n');
    sinks[0]?.end();
    expect(await answer.text()).toBe('retry: 1000\n\ndata: {}\n\n');
  });

  it('is refused where as many watch as may', async () => {
    const answer = await (await serve())('/page/events');
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '10']);
  });

  it('does not keep a pod from stopping', async () => {
    const page: Page = { ...noPage, mayWatch: () => true };
    await serve(page);
    const asked = request(`http://127.0.0.1:${String(server?.port)}/page/events`);
    const closed = new Promise((resolve) => {
      asked.on('response', (answer) => {
        answer.resume();
        answer.on('error', () => undefined);
        answer.on('close', resolve);
      });
      asked.on('error', resolve);
    });
    asked.end();
    await new Promise((resolve) => asked.once('response', resolve));
    await server?.stop();
    server = undefined;
    await closed;
  });
});
