/** The auth server's stand-in: client credentials in, short-lived bearer tokens out. */
import type { Desk, Handler } from './answering.ts';
import { answer, header, readBody } from './answering.ts';
import { AUTH_FAULTS, drawFault } from './faults.ts';

export interface Credentials {
  readonly clientId: string;
  readonly clientSecret: string;
}

/** Serves `POST /token`. */
export const createAuthServer = (desk: Desk, { clientId, clientSecret }: Credentials): Handler => {
  const expected = `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}`;
  return (request, response) => {
    if (request.method !== 'POST' || request.url !== '/token') {
      request.resume();
      answer(response, 404, { error: 'no such resource' });
      return;
    }
    readBody(request, (body) => {
      if (body === undefined) return;
      const { rates, tokenLifeSeconds } = desk.settings().auth;
      const fault = drawFault(desk.random, AUTH_FAULTS, rates);
      if (fault === 'timeout') return;
      if (fault === 'error500') {
        answer(response, 500, { error: 'server_error' });
        return;
      }
      if (fault === 'rejected' || header(request, 'authorization') !== expected) {
        answer(response, 401, { error: 'invalid_client' });
        return;
      }
      const form = header(request, 'content-type')?.startsWith('application/x-www-form-urlencoded') === true;
      if (!form || new URLSearchParams(body).get('grant_type') !== 'client_credentials') {
        desk.ledger.breach('auth', 'not a client_credentials form', body.slice(0, 100));
        answer(response, 400, { error: 'unsupported_grant_type' });
        return;
      }
      desk.ledger.tokenIssued();
      answer(response, 200, {
        access_token: desk.tokens.issue(tokenLifeSeconds),
        expires_in: tokenLifeSeconds,
        token_type: 'Bearer',
      });
    });
  };
};
