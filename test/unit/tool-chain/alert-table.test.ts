/** Every alert has been proven: the table of deploy/README.md, made of what the scenario kept, has a row for each. */
import { expect, it } from 'vitest';
import { readAlerts } from '../../support/alerts/alert-files.ts';
import { readProofs } from '../../support/alerts/proofs.ts';
import { alertsTable } from '../../tools/alerts-table.ts';

it('every alert has a row with its fault, and none fired over the normal run', async () => {
  const [alerts, kept] = [await readAlerts(), await readProofs()];
  const proved = new Set(kept.proofs.map(({ alert }) => alert));
  expect([...proved].toSorted()).toEqual(alerts.map(({ name }) => name).toSorted());
  expect(kept.quiet).toBeDefined();
  expect(alertsTable(alerts, kept)).not.toContain('not proved');
});

it('an alert without a proof says so; times are told in minutes and hours', () => {
  const alerts = [
    { name: 'Proved', severity: 'page', summary: '{{ $value | humanize }} of it.' },
    { name: 'Other', severity: 'notify', summary: 'Another.' },
  ];
  const proof = {
    alert: 'Proved',
    fault: 'it broke',
    prometheusMinutes: 0,
    datadogMinutes: 245,
    stretch: 60,
  };
  const table = alertsTable(alerts, {
    proofs: [{ ...proof, heldMinutes: 240 }],
    sights: [],
    waits: [],
    quiet: { over: 'a night' },
  });
  expect(table.split('\n').slice(2)).toEqual([
    '| `Proved` (page) | … of it. | it broke | at once, 4 h 5 min (× 60, the last state held 4 h) | ✓ |',
    '| `Other` (notify) | Another. | – | **not proved** | |',
    '',
    'Quiet: over a night.',
  ]);
});
