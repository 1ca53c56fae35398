/** One call to an auth server for a token (OAuth client credentials). Secrets and tokens are in no error. */
import { createPoster, type PostReply } from '../http/http-post.ts';
import type { Proxy } from '../http/proxy.ts';
import { ACCEPTED_ENCODINGS, unpackBody } from '../http/unpack-body.ts';
import { basicCredentials, parseTokenAnswer, refusalCode, type TokenAnswer } from './token-answer.ts';

export interface TokenCallOptions {
  readonly url: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** For one call to the auth server, ms; default 5000. */
  readonly timeoutMs?: number;
  /** Absent: the server is reached directly. */
  readonly proxy?: Proxy | undefined;
}

export interface TokenCall {
  /** Never rejects; settles within the time limit. */
  ask(signal?: AbortSignal): Promise<TokenAnswer>;
  /** Closes the sockets; calls that are out fail. */
  close(): void;
}

/** @throws TypeError where `url` is no http(s) URL. */
export function createTokenCall(options: TokenCallOptions): TokenCall {
  const poster = createPoster({
    url: options.url,
    timeoutMs: options.timeoutMs ?? 5000,
    proxy: options.proxy,
  });
  const headers = {
    authorization: basicCredentials(options.clientId, options.clientSecret),
    'content-type': 'application/x-www-form-urlencoded',
    accept: 'application/json',
    'accept-encoding': ACCEPTED_ENCODINGS,
  };
  const body = 'grant_type=client_credentials';
  return {
    async ask(signal) {
      return readReply(await poster.post({ headers, body, wantsBody: true, signal }));
    },
    close: () => poster.close(),
  };
}

const MAX_ANSWER_BYTES = 64 * 1024;

/** What the auth server's reply comes to; what is wrong with it is said without anything of it. */
async function readReply(reply: PostReply): Promise<TokenAnswer> {
  if (reply.kind === 'failed') return { ok: false, error: reply.error };
  const answer = `HTTP ${reply.status}`;
  const unpacked = await unpackBody(reply.body, reply.encoding ?? '', MAX_ANSWER_BYTES);
  if (reply.status < 200 || reply.status >= 300) {
    const code = unpacked.kind === 'bytes' ? refusalCode(unpacked.bytes.toString()) : undefined;
    return { ok: false, error: code === undefined ? answer : `${answer}: ${code}` };
  }
  if (unpacked.kind === 'too_large') return { ok: false, error: `${answer}: the answer is too large` };
  if (unpacked.kind === 'unreadable') return { ok: false, error: `${answer}: ${unpacked.error}` };
  const granted = parseTokenAnswer(unpacked.bytes.toString());
  return granted.ok ? granted : { ok: false, error: `${answer}: ${granted.error}` };
}
