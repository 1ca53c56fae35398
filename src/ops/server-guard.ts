/**
 * What stands before every ops endpoint. Probes, `/status` and `/metrics` are for everybody who reaches the port; all
 * else wants the login where there is one, also what does not exist. Probes are always answered; all else at most so
 * often, so that nobody keeps the pod from its events by asking. Every answer tells browsers to trust it with little.
 */
import type { Server } from 'node:http';
import type { FastifyHttpOptions, FastifyInstance, FastifyReply } from 'fastify';
import { createBasicAuth, type Login } from './basic-auth.ts';
import { createRateLimit, type Rate } from './rate-limit.ts';

const PROBES: ReadonlySet<string | undefined> = new Set(['/live', '/ready']);
const OPEN: ReadonlySet<string | undefined> = new Set([...PROBES, '/status', '/metrics']);

/** Of all that is no probe: a page with its files loads at once, and a few people watch. */
const REQUESTS: Rate = { burst: 200, perSecond: 100 };

const MAX_CONNECTIONS = 500;

/** Nobody holds a connection by sending slowly or nothing; requests have no body. */
export const SERVER_BOUNDS = {
  bodyLimit: 1024,
  requestTimeout: 10_000,
  keepAliveTimeout: 5000,
  http: { headersTimeout: 5000, connectionsCheckingInterval: 1000, maxHeaderSize: 16_384 },
} as const satisfies FastifyHttpOptions<Server>;

/** What an answer says unless its endpoint says otherwise: a page of its own names what it loads. */
const ANSWER_HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy':
    "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
} as const;

/**
 * To be called before any endpoint is added.
 * @param login undefined: everything is for everybody.
 * @param nowMs a clock that only moves on.
 */
export function guardServer(app: FastifyInstance, login: Login | undefined, nowMs?: () => number): void {
  const judge = login && createBasicAuth(login, nowMs);
  const requests = createRateLimit(REQUESTS, nowMs);
  app.server.maxConnections = MAX_CONNECTIONS;
  app.addHook('onRequest', async (request, reply) => {
    // At the socket's own answer, as the queue's board does not go through `reply`.
    for (const [name, value] of Object.entries(ANSWER_HEADERS)) reply.raw.setHeader(name, value);
    // The route that will answer, whatever the path looks like.
    const route = request.routeOptions.url;
    if (PROBES.has(route)) return undefined;
    if (!requests.take()) return tooMany(reply);
    if (judge === undefined || OPEN.has(route)) return undefined;
    const verdict = judge(request.headers.authorization, request.ip);
    if (verdict === 'allowed') return undefined;
    if (verdict === 'too_many') return tooMany(reply);
    return reply
      .code(401)
      .header('www-authenticate', 'Basic realm="coupon-notifier", charset="UTF-8"')
      .send({ error: 'user and password are needed: OPS_USER, OPS_PASSWORD' });
  });
}

/** Takes secrets out of every text that goes through fastify's replies; a server behind a hijack needs its own. */
export function maskAnswers(app: FastifyInstance, mask: (text: string) => string): void {
  app.addHook('onSend', async (_request, _reply, payload) =>
    typeof payload === 'string' ? mask(payload) : payload,
  );
}

function tooMany(reply: FastifyReply): FastifyReply {
  return reply.code(429).header('retry-after', '2').send({ error: 'too many requests' });
}
