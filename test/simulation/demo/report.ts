/** What the demo found: one object for `--json`, and the page that a person reads at the end. */
import { styleText } from 'node:util';
import type { PromiseCheck } from '../verify/check-promises.ts';
import type { Funnel, Percentiles } from '../verify/funnel.ts';
import type { Disturbance } from './disturb.ts';
import { funnelRows, grouped } from './live.ts';
import type { DemoOptions } from './options.ts';

export interface DemoReport {
  readonly ok: boolean;
  readonly options: DemoOptions;
  /** RFC 3339. */
  readonly startedAt: string;
  readonly services: readonly { readonly name: string; readonly origin: string; readonly address: string }[];
  readonly seconds: {
    readonly startUp: number;
    readonly play: number;
    readonly drain: number;
    readonly total: number;
  };
  readonly users: number;
  readonly funnel: Funnel;
  readonly deliveries: Readonly<Record<string, number>>;
  readonly eventsPerSecond: number;
  readonly latencyMs: { readonly toOutcome: Percentiles; readonly toPush: Percentiles };
  readonly pushesPerUser: Readonly<Record<string, number>>;
  readonly partners: {
    readonly couponCalls: number;
    readonly pushRequests: number;
    readonly pushesSent: number;
    readonly tokensIssued: number;
  };
  readonly disturbances: readonly Disturbance[];
  readonly checks: readonly PromiseCheck[];
}

const MOST_EXAMPLES = 5;

/** A heading. */
export const title = (text: string): string => `\n  ${styleText('bold', text)}`;

const percentiles = ({ p50, p95, p99, max }: Percentiles): string =>
  `half within ${grouped(p50)} ms · 95 % ${grouped(p95)} · 99 % ${grouped(p99)} · longest ${grouped(max)}`;

/** A promise as a person reads it, with some of what broke it. */
export const checkLines = ({ name, holds, violations }: PromiseCheck): string[] => [
  `  ${holds ? styleText('green', '✓') : styleText('red', '✗')} ${name}`,
  ...violations.slice(0, MOST_EXAMPLES).map(({ message }) => styleText('red', `      ${message}`)),
  ...(violations.length > MOST_EXAMPLES
    ? [styleText('red', `      and ${grouped(violations.length - MOST_EXAMPLES)} more`)]
    : []),
];

const disturbanceLine = ({ at, pod, how, exit, backAfterMs }: Disturbance): string =>
  `  ${pod} ${how === 'kill' ? 'killed' : 'restarted'} after ${Math.round(at * 100)} % of the events: ${exit}, ready again after ${(backAfterMs / 1000).toFixed(1)} s`;

/** The last page. */
export const formatReport = (report: DemoReport): string => {
  const { funnel, partners } = report;
  const users = Object.entries(report.pushesPerUser)
    .map(([pushes, count]) => `${grouped(count)} users got ${pushes}`)
    .join(', ');
  return [
    title(`${grouped(funnel.events)} events of ${grouped(report.users)} people`),
    ...funnelRows(funnel, report.deliveries),
    title('How fast'),
    `  ${grouped(report.eventsPerSecond)} events/s from first to last, paced at ${grouped(report.options.rate)}/s`,
    `  to an outcome: ${percentiles(report.latencyMs.toOutcome)}`,
    `  to the phone:  ${percentiles(report.latencyMs.toPush)}`,
    title('The partners’ side'),
    `  ${grouped(partners.couponCalls)} coupon calls · ${grouped(partners.pushRequests)} push requests, ${grouped(partners.pushesSent)} sent · ${grouped(partners.tokensIssued)} tokens`,
    `  pushes a user: ${users === '' ? 'none' : users}`,
    title('What the pods went through'),
    ...report.disturbances.map(disturbanceLine),
    ...(funnel.repeated > 0
      ? [`  ${grouped(funnel.repeated)} events were processed again: at least once, never lost`]
      : ['  no event was processed twice']),
    title('The promises, checked from outside'),
    ...report.checks.flatMap(checkLines),
    '',
    `  ${report.ok ? styleText(['bold', 'green'], 'All promises kept') : styleText(['bold', 'red'], 'A promise was broken')} · ${Math.round(report.seconds.total)} s in all (${Math.round(report.seconds.startUp)} s to start, ${Math.round(report.seconds.play)} s of events, ${report.seconds.drain.toFixed(1)} s to drain)`,
    '',
  ].join('\n');
};
