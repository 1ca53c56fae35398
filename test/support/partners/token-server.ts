/**
 * A company's auth server that gives signed tokens (JWT, RS256) to whoever has the client's secret. A broker that knows
 * its public keys checks them by itself.
 */
import { createSign, generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface TokenServer {
  readonly url: string;
  /** Its public keys, as a JSON Web Key Set. */
  readonly keys: string;
  /** While true it answers 503. */
  isAway: boolean;
  /** Tokens given so far. */
  given: number;
  stop(): void;
}

const KEY_ID = 'test';

/** @param subject whom its tokens are for. @param lifetimeSeconds of each. */
export async function startTokenServer(options: {
  readonly subject: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly lifetimeSeconds: number;
}): Promise<TokenServer> {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const keys = JSON.stringify({
    keys: [{ ...publicKey.export({ format: 'jwk' }), kid: KEY_ID, use: 'sig', alg: 'RS256' }],
  });
  const part = (content: object): string => Buffer.from(JSON.stringify(content)).toString('base64url');
  const token = (): string => {
    const now = Math.floor(Date.now() / 1000);
    const claims = { sub: options.subject, scope: 'kafka', iat: now, exp: now + options.lifetimeSeconds };
    const signed = `${part({ alg: 'RS256', kid: KEY_ID, typ: 'JWT' })}.${part(claims)}`;
    return `${signed}.${createSign('RSA-SHA256').update(signed).sign(privateKey, 'base64url')}`;
  };
  const server = createServer((request, response) => {
    request.resume();
    const { clientId, clientSecret } = loginOf(request.headers.authorization);
    const isKnown = clientId === options.clientId && clientSecret === options.clientSecret;
    const status = state.isAway ? 503 : isKnown ? 200 : 401;
    response.writeHead(status, { 'content-type': 'application/json' });
    if (status === 200) state.given += 1;
    const answer = { access_token: token(), token_type: 'Bearer', expires_in: options.lifetimeSeconds };
    response.end(status === 200 ? JSON.stringify(answer) : '{"error":"invalid_client"}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const state: TokenServer = {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/token`,
    keys,
    isAway: false,
    given: 0,
    stop: () => {
      server.close();
      server.closeAllConnections();
    },
  };
  return state;
}

/** Id and secret are form-encoded each before they are joined (RFC 6749 section 2.3.1). */
function loginOf(authorization = ''): { readonly clientId: string; readonly clientSecret: string } {
  const pair = Buffer.from(authorization.replace(/^Basic /, ''), 'base64').toString();
  const [id = '', secret = ''] = pair.split(':');
  const decoded = (text: string): string => new URLSearchParams(`part=${text}`).get('part') ?? '';
  return { clientId: decoded(id), clientSecret: decoded(secret) };
}
