/** What is sent again and what is not, and where a site's intake is. */
import { afterEach, expect, it, vi } from 'vitest';
import { reportToDatadog, type IntakeOptions } from '../../../src/telemetry/datadog-intake.ts';

const point = { type: 'gauge', metric: 'm' };
let post: (url: string) => Promise<number>;
const options: IntakeOptions = {
  ...{ apiKey: 'key', site: undefined, apiUrl: 'http://proxy/base/' },
  post: (url) => post(url),
};

afterEach(() => {
  vi.useRealTimers();
});

/** To its end, over all of its pauses. */
async function report(to: IntakeOptions): Promise<void> {
  const sent = reportToDatadog([point], to);
  const ended = sent.catch(() => undefined);
  await vi.runAllTimersAsync();
  await ended;
  return sent;
}

/** Plays these answers, the last one for ever. */
function answers(...played: readonly (number | Error)[]): string[] {
  const urls: string[] = [];
  vi.useFakeTimers();
  post = (url) => {
    urls.push(url);
    const next = played[Math.min(urls.length, played.length) - 1] ?? 202;
    return next instanceof Error ? Promise.reject(next) : Promise.resolve(next);
  };
  return urls;
}

it.each([[[500, 202]], [[429, 503, 202]], [[new Error('reset'), 202]]])(
  'sends again after %j',
  async (played) => {
    const urls = answers(...played);
    await report(options);
    expect(urls).toHaveLength(played.length);
  },
);

it('gives up after three tries, and at once where trying again is of no use', async () => {
  const away = answers(500);
  await expect(report(options)).rejects.toThrow('/api/v1/series: answered 500');
  expect(away).toHaveLength(3);
  const refused = answers(403);
  await expect(report(options)).rejects.toThrow('DATADOG_API_KEY');
  expect(refused).toHaveLength(1);
});

it.each([
  [options, 'http://proxy/base/api/v1/series'],
  [{ ...options, apiUrl: undefined }, 'https://api.datadoghq.com/api/v1/series'],
  [{ ...options, apiUrl: undefined, site: 'app.datadoghq.eu' }, 'https://api.datadoghq.eu/api/v1/series'],
])('%j sends to %s', async (given, expected) => {
  const urls = answers(202);
  await report(given);
  expect(urls).toEqual([expected]);
});
