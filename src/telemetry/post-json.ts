/** One POST of JSON, through the environment's proxy where there is one. No redirects, bounded in time. */
import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';

export interface PostOptions {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly timeoutMs: number;
  /** Undefined: the host is reached directly. */
  readonly proxies?:
    Readonly<Record<'HTTPS_PROXY' | 'HTTP_PROXY' | 'NO_PROXY', string | undefined>> | undefined;
}

/** @returns the answer's status. Rejects where there is none in time. */
export async function postJson(url: string, options: PostOptions): Promise<number> {
  const { body, proxies } = options;
  const isTls = url.startsWith('https:');
  // A connection each: whoever posts seldom would meet an idle one that is just being closed.
  const agent = new (isTls ? HttpsAgent : HttpAgent)(proxies && { proxyEnv: proxies });
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const request = (isTls ? httpsRequest : httpRequest)(url, {
    method: 'POST',
    headers: {
      ...options.headers,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
    },
    agent,
    signal: AbortSignal.timeout(options.timeoutMs),
  });
  request.once('response', (answer) => {
    answer.resume();
    answer.once('error', reject);
    answer.once('end', () => {
      resolve(answer.statusCode ?? 0);
    });
  });
  request.on('error', reject);
  request.end(body);
  return promise;
}
