/**
 * Docker's engine over its own HTTP API, with no more than is needed to know it and to pull images.
 *
 * Asking the engine itself proves what a client on the PATH does not: that it is there, that it answers, and that
 * Testcontainers, which speaks the same API to the same address, will reach it. Every call has a time limit.
 */
import { readFileSync } from 'node:fs';
import { request as requestHttp, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as requestHttps } from 'node:https';
import { join } from 'node:path';

/** Where an engine listens. */
export interface EngineAddress {
  /** As DOCKER_HOST has it: `unix:///…`, `npipe:////./pipe/…`, `tcp://host:port`. */
  readonly host: string;
  /** Folder of ca.pem, cert.pem and key.pem; undefined: no TLS. */
  readonly certificates?: string;
  /** Who named the address, for a person: `DOCKER_HOST`, `the docker context "colima"`. */
  readonly namedBy: string;
}

export interface EngineRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/** What an engine says when it refuses: its own words. */
export class EngineError extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.name = 'EngineError';
    this.status = status;
  }
}

/** Longer than a busy engine takes to say who it is. */
const ANSWER_TIMEOUT_MS = 8_000;
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;
const PLAIN_PORT = 2375;
const TLS_PORT = 2376;

/** @throws Error where the address is none that HTTP can be spoken to. */
const target = ({ host, certificates }: EngineAddress): RequestOptions & { readonly tls: boolean } => {
  const url = new URL(host);
  if (url.protocol === 'unix:' || url.protocol === 'npipe:') return { socketPath: url.pathname, tls: false };
  const tls = certificates !== undefined;
  const { hostname, port } = url;
  return {
    host: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: port === '' ? (tls ? TLS_PORT : PLAIN_PORT) : Number(port),
    tls,
    ...(tls && {
      ca: readFileSync(join(certificates, 'ca.pem')),
      cert: readFileSync(join(certificates, 'cert.pem')),
      key: readFileSync(join(certificates, 'key.pem')),
    }),
  };
};

/**
 * Resolves with the head of an answer of status 2xx, whose body the caller reads.
 * Rejects with EngineError on any other status, and with the signal's reason when it aborts.
 */
export const callEngine = (address: EngineAddress, call: EngineRequest): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    const { method, path, headers, signal } = call;
    const refuse = (error: unknown): void => {
      reject((signal.aborted ? signal.reason : error) as Error);
    };
    const { tls, ...where } = target(address);
    const request = (tls ? requestHttps : requestHttp)({
      ...{ ...where, method, path, signal, agent: false },
      headers: { ...headers },
    });
    request.once('error', refuse);
    request.once('response', (answer) => {
      const status = answer.statusCode ?? 0;
      if (status >= 200 && status < 300) resolve(answer);
      else
        void readText(answer).then(
          (text) => reject(new EngineError(status, readRefusal(text, status))),
          refuse,
        );
    });
    request.end();
  });

/** Resolves with the JSON of an answer. Rejects as {@link callEngine} does, and after 8 s. */
export const askEngine = async (
  address: EngineAddress,
  path: string,
  method: EngineRequest['method'] = 'GET',
): Promise<unknown> => {
  const seconds = String(ANSWER_TIMEOUT_MS / 1000);
  const late = new AbortController();
  const timer = setTimeout(() => {
    late.abort(new Error(`no answer within ${seconds} s`));
  }, ANSWER_TIMEOUT_MS);
  try {
    const text = await readText(await callEngine(address, { method, path, signal: late.signal }));
    return text === '' ? undefined : (JSON.parse(text) as unknown);
  } catch (error) {
    throw late.signal.aborted ? late.signal.reason : error;
  } finally {
    clearTimeout(timer);
  }
};

const readText = async (answer: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_ANSWER_BYTES) throw new Error(`an answer of more than ${MAX_ANSWER_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
};

/** The engine refuses with `{"message":"…"}`, a proxy in front of it with anything. */
const readRefusal = (text: string, status: number): string => {
  try {
    const { message } = JSON.parse(text) as { message?: unknown };
    if (typeof message === 'string' && message !== '') return message;
  } catch {
    // Not the engine's own.
  }
  return `status ${status} ${text.trim().slice(0, 200)}`.trim();
};
