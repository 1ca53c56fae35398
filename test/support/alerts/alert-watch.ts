/** Watches pods as Prometheus and Datadog do, and says which alerts fire on what was seen. */
import { eventually } from '../pods/scenario.ts';
import { startHttpStub } from '../partners/http-stub.ts';
import { readDatadogAlerts, RULE_FILES } from './alert-files.ts';
import { asPoints } from './intake.ts';
import { monitorsFiringByMinute } from './monitors.ts';
import { firingByMinute } from './promtool.ts';
import { asInputSeries, recordScrapes, type ScrapeRecorder, type Span } from './scrapes.ts';

/** Name of an alert → the minute at which it fired first since the span's begin. */
export type FirstFired = ReadonlyMap<string, number>;

export interface Firing {
  readonly prometheus: FirstFired;
  readonly datadog: FirstFired;
  /** Seconds of the alert's time that the machine stood still at most: so long everything is away for both. */
  readonly stoodStillSeconds: number;
}

export interface AlertWatch {
  /** What a pod has to have in its environment to be seen by both. */
  readonly env: Readonly<Record<string, string>>;
  /** From now on. @param urls of all pods, also of those that do not run yet. */
  begin(urls: readonly string[]): void;
  /** Resolves when a pod that was started since then has been scraped, and Datadog was told of its start. */
  untilSeen(url: string, sinceMs: number): Promise<void>;
  /** Of a span until now. */
  firing(span: Omit<Span, 'endMs' | 'leadMinutes'>): Promise<Firing>;
  stop(): Promise<void>;
}

/** Ms. Stretched by 60, a scrape is 15 s from the next. */
const SCRAPE_EVERY_MS = 250;
const STEP_SECONDS = 15;
/** Longer than what an alert goes back to for what was not there yet. */
const LEAD_MINUTES = 20;

export async function openAlertWatch(): Promise<AlertWatch> {
  const intake = await startHttpStub();
  intake.script({ status: 202, headers: { 'content-type': 'application/json' }, body: '{"status":"ok"}' });
  const alerts = await readDatadogAlerts();
  let recorder: ScrapeRecorder | undefined;
  return {
    env: {
      DATADOG_API_KEY: 'key',
      DATADOG_API_URL: intake.url,
      DATADOG_FLUSH_INTERVAL_MS: '300',
    },
    begin(urls) {
      recorder = recordScrapes(urls, SCRAPE_EVERY_MS);
    },
    untilSeen: (url, sinceMs) => {
      const [scrapes, sent] = [recorder?.scrapes ?? [], intake.requests];
      return eventually(() => {
        const isScraped = scrapes.some(
          ({ atMs, target, samples }) => atMs > sinceMs && target === url && samples !== undefined,
        );
        const hasSent = sent.some(
          ({ atMs, body }) => atMs > sinceMs && body.includes('coupon_notifier.starts'),
        );
        if (!isScraped || !hasSent) throw new Error(`${url} has not been seen`);
      });
    },
    async firing(from) {
      const span = { ...from, endMs: performance.now(), leadMinutes: LEAD_MINUTES };
      const { beginMs, endMs, stretch, holdMinutes } = span;
      const minutes = LEAD_MINUTES + Math.floor(((endMs - beginMs) / 60_000) * stretch) + holdMinutes;
      const series = asInputSeries(recorder?.scrapes ?? [], span, STEP_SECONDS);
      const byPrometheus = await firingByMinute({
        ...{ files: RULE_FILES, series, minutes, stepSeconds: STEP_SECONDS },
      });
      const stoodStillSeconds = ((recorder?.stoodStillMs(beginMs) ?? 0) / 1000) * stretch;
      const byDatadog = monitorsFiringByMinute(alerts, asPoints(intake.requests, span), minutes);
      return { prometheus: firstOf(byPrometheus), datadog: firstOf(byDatadog), stoodStillSeconds };
    },
    async stop() {
      await recorder?.stop();
      await intake.close();
    },
  };
}

function firstOf(minutes: readonly ReadonlySet<string>[]): FirstFired {
  const first = new Map<string, number>();
  // In the lead everything is new, also what has been there for long.
  for (const [minute, names] of minutes.slice(LEAD_MINUTES).entries())
    for (const name of names) if (!first.has(name)) first.set(name, minute);
  return first;
}
