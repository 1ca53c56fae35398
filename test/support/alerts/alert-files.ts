/** The alerts as they are deployed: Prometheus' rule files, Datadog's monitors and objectives. */
import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { z } from 'zod';

export const RULE_FILES = [
  'deploy/prometheus/recording-rules.yaml',
  'deploy/prometheus/alerts.yaml',
] as const;

const rule = z.object({
  alert: z.string().optional(),
  labels: z.object({ severity: z.string() }).optional(),
  annotations: z.object({ summary: z.string() }).optional(),
});
const ruleFile = z.object({
  groups: z.array(z.object({ rules: z.array(rule) })),
});
const monitors = z.array(
  z.object({
    name: z.string(),
    query: z.string(),
    options: z.object({
      require_full_window: z.boolean(),
      notify_no_data: z.boolean(),
      no_data_timeframe: z.number().optional(),
    }),
  }),
);
const objectives = z.array(
  z.object({
    name: z.string(),
    query: z.object({ numerator: z.string(), denominator: z.string() }),
    thresholds: z.array(z.object({ target: z.number() })),
  }),
);

/** An objective: what of how many is good, and the share that has to be, in percent. */
export interface Objective {
  readonly numerator: string;
  readonly denominator: string;
  readonly targetPercent: number;
}

export interface Monitor {
  readonly name: string;
  readonly query: string;
  /** A window that began before the first point is not judged. */
  readonly wantsFullWindow: boolean;
  /** It also fires after so many minutes without a point; undefined: never. */
  readonly noDataMinutes: number | undefined;
}

export interface DatadogAlerts {
  readonly monitors: readonly Monitor[];
  readonly objectives: ReadonlyMap<string, Objective>;
}

/** @throws Error where a file can't be read or has another shape. */
export async function readDatadogAlerts(): Promise<DatadogAlerts> {
  const read = async (name: string): Promise<unknown> =>
    JSON.parse(await readFile(`deploy/datadog/${name}.json`, 'utf8'));
  return {
    monitors: monitors.parse(await read('monitors')).map(({ name, query, options }) => ({
      name,
      query,
      wantsFullWindow: options.require_full_window,
      noDataMinutes: options.notify_no_data ? options.no_data_timeframe : undefined,
    })),
    objectives: new Map(
      objectives
        .parse(await read('slos'))
        .map(({ name, query, thresholds }) => [
          name,
          { ...query, targetPercent: thresholds[0]?.target ?? 100 },
        ]),
    ),
  };
}

/** What an alert of Prometheus says of itself; the summary has places for values. */
export interface AlertWords {
  readonly name: string;
  readonly severity: string;
  readonly summary: string;
}

/** All alerts of Prometheus, in the order of the file. */
export async function readAlerts(): Promise<readonly AlertWords[]> {
  const files = await Promise.all(RULE_FILES.map((file) => readFile(file, 'utf8')));
  return files
    .flatMap((text) => ruleFile.parse(parse(text)).groups.flatMap(({ rules }) => rules))
    .flatMap(({ alert, labels, annotations }) =>
      alert === undefined
        ? []
        : [{ name: alert, severity: labels?.severity ?? '', summary: annotations?.summary ?? '' }],
    );
}
