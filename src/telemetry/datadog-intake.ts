/** Datadog's intake: the two calls of its v1 API that take series and distributions. */

const REQUEST_TIMEOUT_MS = 5000;
const TRIES = 3;
const FIRST_PAUSE_MS = 500;

export interface IntakeOptions {
  readonly apiKey: string;
  /** Such as `datadoghq.eu`; undefined: `datadoghq.com`. */
  readonly site: string | undefined;
  /** Overrides the whole base URL: the API's own paths come under it. */
  readonly apiUrl: string | undefined;
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
  for (let tries = 1; ; tries += 1) {
    const failure = await postOnce(url, body, options.apiKey);
    if (failure === undefined) return;
    if (!failure.again || tries === TRIES) throw new Error(`${path}: ${failure.error}`);
    const pauseMs = FIRST_PAUSE_MS * 2 ** (tries - 1);
    await new Promise<void>((resolve) => setTimeout(resolve, pauseMs).unref());
  }
}

/** @returns undefined where it was taken. */
async function postOnce(
  url: string,
  body: string,
  apiKey: string,
): Promise<{ readonly error: string; readonly again: boolean } | undefined> {
  try {
    const answer = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'dd-api-key': apiKey },
      body,
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    });
    await answer.arrayBuffer();
    if (answer.ok) return undefined;
    const why = answer.status === 403 ? ' (is DATADOG_API_KEY right?)' : '';
    return {
      error: `answered ${String(answer.status)}${why}`,
      again: answer.status === 429 || answer.status >= 500,
    };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error), again: true };
  }
}

function baseUrl({ apiUrl, site }: IntakeOptions): string {
  // `app.` is what a browser's address line shows in front of the site.
  const url = apiUrl ?? `https://api.${(site ?? 'datadoghq.com').replace(/^app\./i, '')}`;
  return url.replace(/\/+$/, '');
}
