/**
 * `/` and what it loads. Everything comes from the pod itself, and the browser is told to take nothing from elsewhere.
 * What stands before every endpoint stands before these, too: the login, and how often anybody may ask.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ASSET_PATHS, createAssets, type Asset } from './assets.ts';
import type { Page } from './page.ts';

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join('; ');

/** Ms that a browser waits before it comes back. */
const RETRY_MS = 1000;

export function mountPage(app: FastifyInstance, page: Page): void {
  const assets = createAssets();
  for (const path of ASSET_PATHS) {
    app.get(path, async (request, reply) => sendAsset(request, reply, await assets(path)));
  }
  app.get('/page/events', { exposeHeadRoute: false }, (_request, reply) => {
    stream(reply, page);
  });
}

/** Bytes as the browser likes them packed; nothing where it has them. */
function sendAsset(request: FastifyRequest, reply: FastifyReply, asset: Asset): FastifyReply {
  const { plain, packed, type, etag } = asset;
  // Asked for again each time, so that a new version's page never meets an old script.
  reply.headers({
    ...{ etag, vary: 'accept-encoding', 'cache-control': 'no-cache' },
    'content-security-policy': POLICY,
  });
  if (request.headers['if-none-match'] === etag) return reply.code(304).send();
  const accepted = request.headers['accept-encoding'] ?? '';
  const coding = (['br', 'gzip'] as const).find((name) => new RegExp(`\\b${name}\\b`).test(accepted));
  if (coding === undefined) return reply.type(type).send(plain);
  return reply.type(type).header('content-encoding', coding).send(packed[coding]);
}

function stream(reply: FastifyReply, page: Page): void {
  reply.hijack();
  const { raw } = reply;
  if (!page.mayWatch()) {
    raw.writeHead(503, { 'content-type': 'text/plain; charset=utf-8', 'retry-after': '10' });
    raw.end('as many watch this pod as may');
    return;
  }
  raw.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    // A proxy that collects the answer before it passes it on would hold the page back.
    'x-accel-buffering': 'no',
  });
  raw.write(`retry: ${String(RETRY_MS)}\n\n`);
  page.watch(raw);
}
