/**
 * What the three stand-ins have in common: how an answer is delayed, written, dripped or withheld. Plain node:http
 * and no framework, because the partners share two cores with everything they are called by.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import type { Random } from '../city/random.ts';
import type { Ledger } from './ledger.ts';
import type { Latency, PartnerSettings } from './settings.ts';
import type { Tokens } from './tokens.ts';

/** What a stand-in works with. */
export interface Desk {
  readonly random: Random;
  readonly ledger: Ledger;
  readonly tokens: Tokens;
  /** The settings in force at this moment. */
  settings(): PartnerSettings;
}

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** Runs `answer` after a time drawn from the latency; at once where that is nothing. */
export const afterLatency = (random: Random, latency: Latency, answer: () => void): void => {
  const drawn = latency.medianMs > 0 ? random.logNormal(latency.medianMs, latency.sigma) : 0;
  const waitMs = Math.min(drawn, latency.maxMs);
  if (waitMs < 1) answer();
  else setTimeout(answer, waitMs);
};

/** Answers with JSON, or with nothing but a status. */
export const answer = (
  response: ServerResponse,
  status: number,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
): void => {
  if (response.destroyed || response.headersSent) return;
  if (body === undefined) {
    response.writeHead(status, { ...headers, 'content-length': '0' }).end();
    return;
  }
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  response
    .writeHead(status, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(text),
      ...headers,
    })
    .end(text);
};

const PACKERS = [
  ['gzip', gzipSync],
  ['deflate', deflateSync],
  ['br', brotliCompressSync],
] as const;

/** Answers 200 with JSON in one of the codings of HTTP. */
export const answerPacked = (random: Random, response: ServerResponse, body: object): void => {
  const [coding, pack] = random.pick<(typeof PACKERS)[number]>(PACKERS);
  const packed = pack(JSON.stringify(body));
  if (response.destroyed || response.headersSent) return;
  response.writeHead(200, {
    'content-type': 'application/json',
    'content-encoding': coding,
    'content-length': packed.length,
  });
  // As the network may cut it: two pieces that the caller reads one after the other.
  const middle = Math.floor(packed.length / 2);
  response.write(packed.subarray(0, middle), () =>
    setTimeout(() => response.end(packed.subarray(middle)), 2),
  );
};

/** Sends the head at once and the body in crumbs, until the caller gives up or the last one is out. */
export const drip = (response: ServerResponse, status: number, body: unknown): void => {
  if (response.destroyed || response.headersSent) return;
  const text = Buffer.from(JSON.stringify(body));
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': text.length });
  const crumb = Math.max(1, Math.ceil(text.length / 20));
  let sent = 0;
  const timer = setInterval(() => {
    response.write(text.subarray(sent, sent + crumb));
    sent += crumb;
    if (sent >= text.length) {
      clearInterval(timer);
      response.end();
    }
  }, 150);
  timer.unref();
  response.once('close', () => {
    clearInterval(timer);
  });
};

/** Answers twice, in one piece: the second answer belongs to no request. */
export const answerTwice = (response: ServerResponse, status: number, body: unknown): void => {
  const { socket } = response;
  if (socket === null || response.destroyed || response.headersSent) return;
  const text = JSON.stringify(body);
  const head = `HTTP/1.1 ${String(status)} OK\r\ncontent-type: application/json\r\ncontent-length: ${String(Buffer.byteLength(text))}\r\n\r\n`;
  socket.cork();
  answer(response, status, text);
  socket.write(`${head}${text}`);
  socket.uncork();
};

/** Cuts the connection without an answer. */
export const reset = (request: IncomingMessage): void => {
  request.socket.resetAndDestroy();
};

/** Reads a whole body; `done` gets undefined where it never came to its end. */
export const readBody = (request: IncomingMessage, done: (body: string | undefined) => void): void => {
  const chunks: Buffer[] = [];
  let ended = false;
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.once('end', () => {
    ended = true;
    done(Buffer.concat(chunks).toString('utf8'));
  });
  request.once('close', () => {
    if (!ended) done(undefined);
  });
};

/** A header that must be there once. */
export const header = (request: IncomingMessage, name: string): string | undefined => {
  const value = request.headers[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
};

const TRACEPARENT = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** What is wrong with the headers that both APIs ask for; `undefined` where nothing is. */
export const checkTrace = (request: IncomingMessage): string | undefined => {
  const traceparent = header(request, 'traceparent');
  if (traceparent === undefined) return 'traceparent is missing';
  return TRACEPARENT.test(traceparent) ? undefined : 'traceparent is none';
};

/** Whether the request may be served: no auth asked for, or a token that still holds. */
export const isAuthorized = (desk: Desk, request: IncomingMessage): boolean => {
  if (!desk.settings().auth.required) return true;
  const value = header(request, 'authorization');
  return value?.startsWith('Bearer ') === true && desk.tokens.holds(value.slice('Bearer '.length));
};

/** The `Retry-After` of this moment, in whole seconds. */
export const retryAfter = (desk: Desk): Readonly<Record<string, string>> => ({
  'retry-after': String(desk.settings().retryAfterSeconds),
});
