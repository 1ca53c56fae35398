/**
 * Whoever is woken finds the part of the runbook: every alert and every name that events can wait for has one, with what
 * it means, how to look, what to do, and what was seen when its fault was caused.
 */
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { WAITING_NAMES } from '../../../src/ops/health/waiting-names.ts';
import type { Status } from '../../../src/ops/status.ts';
import { readAlerts } from '../../support/alerts/alert-files.ts';
import { maskOf, notWell, waitsOf } from '../../support/alerts/operator-view.ts';
import type { AlertSight } from '../../support/alerts/proofs.ts';
import { partition } from '../ops/health/well-pod.ts';
import { runbookParts, sectionOfAlert } from '../../tools/runbook.ts';

const page = await readFile('deploy/RUNBOOK.md', 'utf8');
const alerts = await readAlerts();

/** Heading of the third level → its text. */
function sectionsOf(text: string): ReadonlyMap<string, string> {
  const parts = text.split(/^### /m).slice(1);
  return new Map(
    parts.map((part) => {
      const [heading = ''] = part.split('\n');
      return [heading.replaceAll('`', ''), part.slice(heading.length).split(/^## /m)[0] ?? ''];
    }),
  );
}

/** What a section lacks of what it must have. */
function lacks(section: string | undefined): string[] {
  if (section === undefined) return ['the section'];
  const words = ['Means', 'Look', 'Do'].filter(
    (word) => !new RegExp(`^\\*\\*${word}\\*\\*: \\S`, 'm').test(section),
  );
  const shown = /^Seen while \S.*:\n\n```text\n([^]*?)^```$/m.exec(section)?.[1] ?? '';
  const rows = ['page ', '/ready ', '/status ', 'log '].filter(
    (row) => !new RegExp(`^${row}.*\\S`, 'm').test(shown),
  );
  return [...words, ...rows];
}

const sections = sectionsOf(page);

describe('has meaning, look, do and output of', () => {
  it.each(alerts.map(({ name }) => name))('the alert %s', (name) => {
    expect(lacks(sections.get(sectionOfAlert(name)))).toEqual([]);
  });

  it.each(WAITING_NAMES)('waiting: %s', (name) => {
    expect(lacks(sections.get(name))).toEqual([]);
  });

  it('nothing that is no more', () => {
    const known = new Set<string>([...alerts.map(({ name }) => sectionOfAlert(name)), ...WAITING_NAMES]);
    expect([...sections.keys()].filter((name) => !known.has(name))).toEqual([]);
  });
});

describe('what is shown', () => {
  const seen = { page: 'Quiet: no events.', ready: '200 {"ready":true}', status: ['away: redis'], log: '' };
  const sight: AlertSight = { alert: 'AFast', fault: 'it broke', seen };

  it('is the page, /ready, /status and the log; of two alerts at one moment once', () => {
    const words = ['AFast', 'ASlow'].map((name) => ({ name, severity: 'page', summary: '' }));
    const kept = { proofs: [], sights: [sight, { ...sight, alert: 'ASlow' }], waits: [], quiet: undefined };
    expect(runbookParts(words, kept)).toEqual({
      A: [
        'Seen while it broke:',
        '',
        '```text',
        'page     Quiet: no events.',
        '/ready   200 {"ready":true}',
        '/status  away: redis',
        'log      no warning',
        '```',
      ].join('\n'),
    });
  });

  it('says nothing that another run has otherwise', () => {
    const mask = maskOf({ names: { idPrefix: '0a1b2c3d-' } } as Parameters<typeof maskOf>[0]);
    expect(mask('pod-1-0a1b2c3d of scenario-0a1b2c3d at 127.0.0.1:4711')).toBe(
      'pod-1 of location-events at 127.0.0.1:…',
    );
    expect(mask('1,204\u00A0events wait, the oldest for 4.2\u00A0s; 12 events/s; HTTP 503')).toBe(
      '… events wait, the oldest for … s; … events/s; HTTP 503',
    );
    expect(mask('logLinesDropped: 37')).toBe('logLinesDropped: …');
    expect(mask('since 2026-11-28T07:00:00.000Z by 11111111-2222-4333-8444-555555555555')).toBe(
      'since … by …',
    );
  });
});

describe('of /status', () => {
  /** What of it is looked at. */
  const well = {
    ...{ condition: 'ok', away: [], reasons: [], waiting: [], partitions: [partition] },
    ...{ pods: [{ rulesVersion: 'v1' }], rules: { lastError: null }, merchants: null, logLinesDropped: 0 },
    ...{ events: { dead_lettered: { malformed: 0 } }, deliveries: { sent: 7, dry_run: 0, unknown: 0 } },
    killSwitch: { document: false, flag: false, set: null },
    couponApi: { breaker: 'closed' },
    pushApi: { recentFailures: 0, lastError: 'HTTP 503' },
    queue: { delayed: 0 },
    redis: { faults: [], warnings: [], dataLost: 0, serverChanged: 0 },
  };
  const told = (changes: object): string[] => notWell({ ...well, ...changes } as unknown as Status);

  it('nothing is told of a pod that is well', () => {
    expect(told({})).toEqual([]);
  });

  it('everything else is named by its field', () => {
    expect(told({ condition: 'degraded', away: ['redis'] })).toEqual(['condition: degraded', 'away: redis']);
    expect(told({ waiting: [{ for: 'redis', events: 3, oldestSeconds: 1.5 }] })).toEqual([
      'waiting: redis, 3 events, oldest 1.5 s',
    ]);
    expect(told({ partitions: [{ ...partition, fault: 'no leader', lost: 4, behindSeconds: 11 }] })).toEqual([
      'partitions[].fault: no leader',
      'partitions[].lost: 4',
      'partitions[].behindSeconds: 11',
    ]);
    expect(told({ pods: [{ rulesVersion: 'v1' }, { rulesVersion: 'v2' }] })).toEqual([
      'pods[].rulesVersion: v1, v2',
    ]);
    expect(told({ deliveries: { sent: 7, dry_run: 1, unknown: 2 } })).toEqual(['deliveries.unknown: 2']);
  });

  it('what is waited for goes by the closed list', () => {
    const rows = ['redis', 'partition t-0: no leader', 'the weather'].map((name) => ({
      ...{ for: name, events: 1, oldestSeconds: 1 },
    }));
    expect(waitsOf({ ...well, waiting: rows } as unknown as Status)).toEqual([
      'redis',
      'partition …',
      'unknown: the weather',
    ]);
  });
});
