/** What the page lists: every number from its place, in an order that serves whoever looks. */
import { describe, expect, it } from 'vitest';
import { DEAD_LETTER_REASONS, FILTER_REASONS } from '../../../../src/domain/outcome.ts';
import type { Fleet } from '../../../../src/ops/page/fleet.ts';
import type { PodSnapshot } from '../../../../src/ops/page/snapshot.ts';
import { SLOT_MS, SLOTS } from '../../../../src/ops/page/hour.ts';
import { pageViewOf } from '../../../../src/ops/page/view/page-view.ts';
import type { PageView } from '../../../../src/ops/page/view/shape.ts';
import { counts, fleet, hourOf, NOW_MS, partition, snapshot } from './example-fleet.ts';

function viewOf(pods: readonly Partial<PodSnapshot>[], changes: Partial<Fleet> = {}): PageView {
  return JSON.parse(JSON.stringify(pageViewOf(fleet(pods, changes))).replaceAll('\u00A0', ' ')) as PageView;
}

const HOUR = hourOf({
  received: 1000,
  queued: 100,
  'filtered.cooldown': 620,
  'filtered.stale': 270,
  'dead_lettered.invalid': 10,
  'delivered.sent': 90,
  'delivered.unknown': 1,
});

describe('the funnel', () => {
  const { funnel } = viewOf([{ rates: counts({ received: 50, queued: 5, 'filtered.cooldown': 31 }) }], {
    hour: HOUR,
  });

  it('goes from received to sent, with counts, shares and paces', () => {
    expect(funnel.steps.map(({ name, count, share, rate }) => [name, count, share, rate])).toEqual([
      ['Received', '1,000', '100 %', '50'],
      ['Decided', '1,000', '100 %', '36'],
      ['Filtered', '890', '89 %', '31'],
      ['Dead-lettered', '10', '1 %', '0'],
      ['Queued', '100', '10 %', '5'],
      ['Sent', '90', '9 %', '0'],
    ]);
  });

  it('says why events end, most first, each with its sentence', () => {
    expect(funnel.reasons.map(({ name, value, part }) => [name, value, part])).toEqual([
      ['cooldown', 620, 0.62],
      ['stale', 270, 0.27],
      ['invalid', 10, 0.01],
    ]);
    expect(funnel.reasons[0]?.meaning).toBe(FILTER_REASONS.cooldown);
    expect(funnel.reasons[2]?.meaning).toContain('breaks the table of an event’s fields.');
  });

  it('names each reason once, of nobody or of somebody', () => {
    const named = [...funnel.reasons.map(({ name }) => name), ...funnel.none].sort();
    expect(named).toEqual([...Object.keys(FILTER_REASONS), ...Object.keys(DEAD_LETTER_REASONS)].sort());
  });

  it('says how pushes ended that were not sent', () => {
    expect(funnel.deliveries.map(({ name, count }) => [name, count])).toEqual([['unknown', '1']]);
  });

  it('says since when it counts', () => {
    const since = (slots: number): string => {
      const firstSlot = Math.floor(NOW_MS / SLOT_MS) - slots + 1;
      return viewOf([{}], { hour: { firstSlot, slots, columns: {} } }).funnel.since;
    };
    expect(since(1)).toBe('since 12:04 UTC');
    expect(since(SLOTS)).toBe('the last hour');
    expect(viewOf([{}], { hour: { firstSlot: 0, slots: 0, columns: {} } }).funnel.since).toBe('nothing yet');
  });

  it('of nothing has no shares', () => {
    expect(viewOf([{}]).funnel.steps.map(({ share, part }) => [share, part])).toEqual(
      Array.from({ length: 6 }, () => ['–', 0]),
    );
  });
});

describe('what events wait for', () => {
  it('is one row a name, of all pods', () => {
    const wait = (name: string, events: number, oldestSeconds: number) => ({
      for: name,
      events,
      oldestSeconds,
    });
    const view = viewOf([
      { waiting: [wait('redis', 2, 3), wait('partition events-1: no leader', 0, 5)] },
      { pod: 'pod-2', waiting: [wait('redis', 5, 1)] },
    ]);
    expect(view.waiting).toEqual([
      { for: 'redis', events: '7 events', oldest: '3 s' },
      { for: 'partition events-1: no leader', events: 'unread', oldest: '5 s' },
    ]);
  });
});

describe('partitions', () => {
  const rows = Array.from({ length: 20 }, (_, number) =>
    partition({ partition: number, lag: 10 * number, behindSeconds: number, etaSeconds: number }),
  );

  it('are listed slowest first, few of them, with what is left', () => {
    const { partitions } = viewOf([{ partitions: rows, partitionCount: 20, lag: 1900 }]);
    expect(partitions.rows).toHaveLength(8);
    expect(partitions.rows[0]).toEqual({
      ...{
        name: 'events-19',
        lag: '190',
        behind: '19 s',
        gone: 'in 19 s',
        fault: '',
        tone: 'watch',
      },
    });
    expect(partitions.more).toBe('12 others, less behind than these');
    expect(partitions.summary).toBe(
      '20 partitions, 1,900 records to commit, gone in 19 s: events-19 is the slowest',
    );
  });

  it('that are not behind have no end to tell', () => {
    const { rows: told, summary } = viewOf([{}]).partitions;
    expect(told).toMatchObject([{ gone: '', tone: 'good' }]);
    expect(summary).toBe('1 partition, no backlog');
  });

  it('that can’t be read say why', () => {
    const fault = partition({ lag: null, behindSeconds: null, etaSeconds: null, fault: 'no leader' });
    const { partitions } = viewOf([{ partitions: [fault] }]);
    expect(partitions.rows).toMatchObject([{ lag: '–', behind: '–', fault: 'no leader', tone: 'bad' }]);
    expect(partitions.summary).toContain('1 can’t be read or committed');
  });

  it('that grow have no end', () => {
    const grows = partition({ lag: 900, behindSeconds: 60, etaSeconds: null });
    const { partitions } = viewOf([{ partitions: [grows], lag: 900 }]);
    expect(partitions.rows[0]?.gone).toBe('not at this pace');
    expect(partitions.summary).toContain('not gone at this pace: events-0 is the slowest');
  });
});

describe('pods', () => {
  it('are listed by name, with what each has and how far it is', () => {
    const { pods } = viewOf([
      {
        pod: 'pod-2',
        counts: counts({ received: 1234 }),
        partitions: [partition({ partition: 5 }), partition()],
        partitionCount: 2,
      },
      {},
    ]);
    expect(pods.map(({ pod, isOwn }) => [pod, isOwn])).toEqual([
      ['pod-1', true],
      ['pod-2', false],
    ]);
    expect(pods[1]).toMatchObject({
      ...{
        state: 'ok',
        tone: 'good',
        why: '',
        version: '1.2.3',
        up: '1 h 2 min',
        rules: 'r1 (0123456789ab)',
      },
      ...{
        partitions: '2: 0, 5',
        rate: '812',
        behind: '0.4 s',
        received: '1,234',
        inFlight: '12',
        seen: 'just now',
      },
    });
  });

  it('that are not well say why, each thing once', () => {
    const { pods } = viewOf([
      {
        notReady: ['redis is not reachable'],
        condition: 'degraded',
        away: ['redis'],
        lane: 'large',
        dryRun: true,
      },
    ]);
    expect(pods[0]).toMatchObject({
      ...{ state: 'not ready', tone: 'watch' },
      why: 'redis is not reachable; waits for redis; lane large; dry run',
    });
    expect(viewOf([{ condition: 'stalled' }]).pods[0]?.tone).toBe('bad');
  });

  it('that are silent are listed, too', () => {
    const silent = [{ pod: 'pod-0', version: '1.2.2', silentSeconds: 7 }];
    expect(viewOf([{}], { silent }).pods[0]).toMatchObject({
      pod: 'pod-0',
      state: 'silent',
      seen: '7 s ago',
    });
  });
});

describe('rules', () => {
  it('are one line where pods agree', () => {
    expect(viewOf([{}, { pod: 'pod-2' }]).rules).toEqual([
      { name: 'Rules', value: 'r1', detail: '0123456789ab, loaded 4 min ago', tone: 'good' },
      { name: 'Switch in the rules', value: 'lets pushes through', detail: '`enabled: true`', tone: 'good' },
      { name: 'Switch in Redis', value: 'not set', detail: '', tone: 'good' },
    ]);
  });

  it('are a line a document where they don’t, with who has it', () => {
    const other = { ...snapshot().rules, version: 'r2', hash: 'ffffffffffff' };
    const { rules } = viewOf([{}, { pod: 'pod-2', rules: other }]);
    expect(rules.filter(({ name }) => name === 'Rules').map(({ value, detail }) => [value, detail])).toEqual([
      ['r1', '0123456789ab, loaded 4 min ago in pod-1'],
      ['r2', 'ffffffffffff, loaded 4 min ago in pod-2'],
    ]);
  });

  it('say what was not replaced, and who holds pushes back', () => {
    const set = { why: 'a wrong text', by: 'anna', since: '2026-11-27T11:00:00.000Z' };
    const { rules } = viewOf([
      {
        rules: { ...snapshot().rules, lastError: 'line 3' },
        merchants: { version: 'm1', hash: null, loadedAt: null, lastError: null },
        killSwitch: { document: true, flag: true, set },
      },
    ]);
    expect(rules.slice(1)).toEqual([
      { name: 'Rules', value: 'not replaced', detail: 'line 3', tone: 'watch' },
      { name: 'Merchants', value: 'm1', detail: '', tone: 'good' },
      { name: 'Switch in the rules', value: 'holds pushes back', detail: '`enabled: false`', tone: 'watch' },
      {
        ...{ name: 'Switch in Redis', value: 'holds pushes back', tone: 'watch' },
        detail: 'anna, since 11:00 UTC, a wrong text',
      },
    ]);
  });

  it('say a time that is none as it stands in Redis, where a hand has written it', () => {
    const set = { why: 'a wrong text', by: null, since: 'this morning' };
    const { rules } = viewOf([{ killSwitch: { document: false, flag: true, set } }]);
    expect(rules.at(-1)?.detail).toBe('somebody, since this morning, a wrong text');
  });
});

describe('partners', () => {
  it('have the slowest pod’s latency, the worst breaker, all calls, and the queue', () => {
    const slow = { inFlight: 5, breaker: 'half_open', p50Ms: 40, p99Ms: 1900 } as const;
    const failing = { inFlight: 2, recentCalls: 36, recentFailures: 10, lastError: 'HTTP 503' };
    const { partners } = viewOf([{}, { pod: 'pod-2', couponApi: slow, pushApi: failing }]);
    expect(partners).toEqual([
      { name: 'Coupon API', value: 'p50 40 ms, p99 1.9 s', detail: '8 calls out', tone: 'watch' },
      { name: 'Breaker', value: 'half open: trying one call', detail: 'in pod-2', tone: 'bad' },
      {
        ...{ name: 'Push API', value: '90 % of the last 100 calls answered', tone: 'watch' },
        detail: '3 calls out, last failure: HTTP 503',
      },
      { name: 'Push queue', value: '4 waiting', detail: '3 being sent, 2 delayed, 0 failed', tone: 'good' },
    ]);
  });

  it('that were never called have no latency', () => {
    const none = { inFlight: 0, breaker: 'closed', p50Ms: 0, p99Ms: 0 } as const;
    const idle = { inFlight: 0, recentCalls: 0, recentFailures: 0, lastError: null };
    const { partners } = viewOf([{ couponApi: none, pushApi: idle }]);
    expect(partners.map(({ value }) => value).slice(0, 3)).toEqual([
      'no call yet',
      'closed',
      'no call in the last minute',
    ]);
  });
});

describe('dead letters', () => {
  it('are listed by kind, newest first, by whichever pod', () => {
    const at = (seconds: number) => NOW_MS - seconds * 1000;
    const hour = hourOf({
      'dead_lettered.invalid': 7,
      'dead_lettered.malformed': 2,
      'dead_lettered.too_large': 1,
    });
    const { deadLetters } = viewOf(
      [
        { deadLetteredAtMs: { invalid: at(300), malformed: at(90) } },
        { pod: 'pod-2', deadLetteredAtMs: { invalid: at(12) } },
      ],
      { hour },
    );
    expect(deadLetters.map(({ reason, count, newest }) => [reason, count, newest])).toEqual([
      ['invalid', '7', '12 s ago'],
      ['malformed', '2', '90 s ago'],
      ['too_large', '1', 'by a pod that has ended'],
    ]);
  });
});

describe('key numbers', () => {
  const told = (view: PageView) => view.keyNumbers.map(({ name, value, unit }) => [name, value, unit]);

  it('are read from afar', () => {
    const rates = counts({ queued: 812, 'delivered.sent': 4.2 });
    expect(told(viewOf([{ rates }]))).toEqual([
      ['Decided', '812', 'events/s'],
      ['Behind', '0.4', 's'],
      ['Backlog', 'none', ''],
      ['In flight', '12', 'events'],
      ['Pushes sent', '4.2', 'pushes/s'],
    ]);
  });

  it('say when a backlog is gone, and where it is not', () => {
    const behind = (etaSeconds: number | null) =>
      told(viewOf([{ partitions: [partition({ lag: 9, behindSeconds: 60, etaSeconds })] }]))[2];
    expect(behind(240)).toEqual(['Backlog gone in', '4', 'min']);
    expect(behind(null)).toEqual(['Backlog', 'stays', '']);
  });

  it('say so where nothing is known of how far behind', () => {
    const [, behind] = told(viewOf([{ partitions: [partition({ behindSeconds: null })] }]));
    expect(behind).toEqual(['Behind', '–', '']);
  });
});

describe('charts', () => {
  it('have every slot that is over, per second', () => {
    const firstSlot = Math.floor(NOW_MS / SLOT_MS) - 2;
    const columns = {
      queued: [10, 20, 30],
      'filtered.stale': [5, 0, 0],
      'delivered.sent': [1, 2, 3],
      behindSeconds: [0.4, 2, 9],
      couponP99Ms: [80, 1900, 5],
    };
    const { charts } = viewOf([{}], { hour: { firstSlot, slots: 3, columns } });
    expect(charts).toMatchObject({ startSeconds: firstSlot * 10, stepSeconds: 10 });
    expect(charts.lines.map(({ values, summary }) => [values, summary])).toEqual([
      [[1.5, 2], 'now 2, at most 2 in this time'],
      [[0.1, 0.2], 'now 0.2, at most 0.2 in this time'],
      [[0.4, 2], 'now 2 s, at most 2 s in this time'],
      [[80, 1900], 'now 1.9 s, at most 1.9 s in this time'],
    ]);
  });

  it('are empty at first', () => {
    expect(viewOf([{}]).charts.lines.map(({ values, summary }) => [values, summary])).toEqual(
      Array.from({ length: 4 }, () => [[], 'nothing yet']),
    );
  });
});
