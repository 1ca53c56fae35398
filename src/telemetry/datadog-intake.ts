/** Datadog's intake: the two calls of its v1 API that take series and distributions. */
import type { Backoff } from '../runtime/backoff.ts';
import { systemClock } from '../runtime/clock.ts';
import { shortError } from '../runtime/error-text.ts';
import { retry } from '../runtime/retry.ts';
import { postJson, type PostOptions } from './post-json.ts';

const REQUEST_TIMEOUT_MS = 5000;
const TRIES = 3;
/** Pods that flushed together and failed together do not come back together. */
const BACKOFF: Backoff = { firstMs: 500, longestMs: 2000 };

export interface IntakeOptions {
  readonly apiKey: string;
  /** Such as `datadoghq.eu`; undefined: `datadoghq.com`. */
  readonly site: string | undefined;
  /** Overrides the whole base URL: the API's own paths come under it. */
  readonly apiUrl: string | undefined;
  /** Undefined: the intake is reached directly. */
  readonly proxies?: PostOptions['proxies'];
  /** Default: over the network. */
  readonly post?: typeof postJson;
}

interface Point {
  readonly type: string;
}

/**
 * Sends what one flush holds. What the intake can't take now (429, 5xx, no answer) is sent again, in all three
 * times. @throws Error where it is not taken in the end.
 */
export async function reportToDatadog(series: readonly Point[], options: IntakeOptions): Promise<void> {
  const distributions = series.filter(({ type }) => type === 'distribution');
  const others = series.filter(({ type }) => type !== 'distribution');
  await Promise.all([
    post('/api/v1/series', others, options),
    post('/api/v1/distribution_points', distributions, options),
  ]);
}

async function post(path: string, series: readonly Point[], options: IntakeOptions): Promise<void> {
  if (series.length === 0) return;
  const url = `${baseUrl(options)}${path}`;
  const body = JSON.stringify({ series });
  try {
    await retry(() => postOnce(url, body, options), {
      ...{ clock: systemClock, backoff: BACKOFF, maxTries: TRIES },
      isCurable: (error) => !(error instanceof RefusedError),
    });
  } catch (error) {
    throw new Error(`${path}: ${shortError(error)}`, { cause: error });
  }
}

/** The intake would answer the same again. */
class RefusedError extends Error {
  override readonly name = 'RefusedError';
}

/** @throws RefusedError where it is not taken and never will be, any other error where it may be later. */
async function postOnce(url: string, body: string, options: IntakeOptions): Promise<void> {
  const { apiKey, proxies, post = postJson } = options;
  const headers = { 'dd-api-key': apiKey };
  const status = await post(url, { headers, body, timeoutMs: REQUEST_TIMEOUT_MS, proxies });
  if (status >= 200 && status < 300) return;
  const why = status === 403 ? ' (is DATADOG_API_KEY right?)' : '';
  const said = `answered ${String(status)}${why}`;
  throw status === 429 || status >= 500 ? new Error(said) : new RefusedError(said);
}

function baseUrl({ apiUrl, site }: IntakeOptions): string {
  // `app.` is what a browser's address line shows in front of the site.
  const url = apiUrl ?? `https://api.${(site ?? 'datadoghq.com').replace(/^app\./i, '')}`;
  return url.replace(/\/+$/, '');
}
