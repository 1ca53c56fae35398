/** The verdict as a person reads it. */
import { styleText } from 'node:util';
import { funnelRows, grouped } from '../demo/live.ts';
import { checkLines, title } from '../demo/report.ts';
import type { ChaosReport } from './run.ts';
import { showTrend } from './soak.ts';

/** The last page of a run. */
export const formatChaos = (report: ChaosReport): string => {
  const { funnel, seconds, options, faults } = report;
  return [
    title(`${grouped(funnel.events)} events, ${faults.length} faults`),
    ...funnelRows(funnel, report.deliveries),
    `  ${grouped(report.pushRequests)} push requests, ${grouped(report.pushesSent)} sent; ${grouped(funnel.repeated)} events processed again`,
    ...(report.trends.length > 0
      ? [
          title('First quarter against last, medians'),
          ...report.trends.map((trend) => `  ${showTrend(trend)}`),
        ]
      : []),
    title('The promises, checked from outside'),
    ...report.checks.flatMap(checkLines),
    '',
    `  ${report.ok ? styleText(['bold', 'green'], 'All promises kept') : styleText(['bold', 'red'], 'A promise was broken')} · seed ${options.seed} · ${Math.round(seconds.play)} s of events, ${Math.round(seconds.drain)} s to drain`,
    '',
  ].join('\n');
};
