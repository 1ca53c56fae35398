/** The table of the alerts' proofs, from what `npm run prove-alerts` kept. */
import type { AlertWords } from '../support/alerts/alert-files.ts';
import type { KeptProofs } from '../support/alerts/proofs.ts';

/** A row a proof: an alert of two causes has two. An alert without any shows that it has none. */
export function alertsTable(alerts: readonly AlertWords[], { proofs, quiet }: KeptProofs): string {
  const rows = alerts.flatMap(({ name, severity, summary }) => {
    const about = `\`${name}\` (${severity}) | ${meaningOf(summary)}`;
    const ours = proofs.filter(({ alert }) => alert === name);
    if (ours.length === 0) return [`| ${about} | – | **not proved** | |`];
    return ours.map(({ fault, prometheusMinutes, datadogMinutes, stretch, heldMinutes }) => {
      const after = `${minutes(prometheusMinutes)}, ${minutes(datadogMinutes)}`;
      const held = heldMinutes === 0 ? '' : `, the last state held ${minutes(heldMinutes)}`;
      return `| ${about} | ${fault} | ${after} (× ${String(stretch)}${held}) | ${quiet === undefined ? '–' : '✓'} |`;
    });
  });
  return [
    '| alert | meaning | fault | fired after: Prometheus, Datadog | quiet |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
    '',
    quiet === undefined ? '' : `Quiet: over ${quiet.over}.`,
  ]
    .join('\n')
    .trim();
}

/** `{{ $value }}` is what differs from time to time. */
function meaningOf(summary: string): string {
  return summary.replaceAll(/\{\{.*?\}\}/g, '…').trim();
}

function minutes(count: number): string {
  if (count < 1) return 'at once';
  const [hours, rest] = [Math.floor(count / 60), count % 60];
  return [hours > 0 ? `${String(hours)} h` : '', rest > 0 ? `${String(rest)} min` : ''].join(' ').trim();
}
