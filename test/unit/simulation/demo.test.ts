import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../simulation/city/random.ts';
import { planDisturbances, watchProgress } from '../../simulation/demo/disturb.ts';
import { bar, funnelRows, grouped } from '../../simulation/demo/live.ts';
import { nameRun } from '../../simulation/demo/names.ts';
import { chooseUsers } from '../../simulation/demo/five-users.ts';
import { readOptions } from '../../simulation/demo/options.ts';
import { formatReport, type DemoReport } from '../../simulation/demo/report.ts';

describe('the command line', () => {
  it('has the promised defaults', () => {
    expect(readOptions([])).toMatchObject({
      events: 20_000,
      pods: 2,
      seed: 1,
      rate: 800,
      failRate: undefined,
      rules: undefined,
      kill: false,
      keep: false,
      json: undefined,
      record: undefined,
      why: undefined,
    });
  });

  it('reads every option', () => {
    const args =
      '--events 500 --pods 3 --seed 9 --rate 50 --fail-rate 0.1 --rules own.yaml --kill --json out.json --why why.json --keep';
    expect(readOptions(args.split(' '))).toEqual({
      events: 500,
      pods: 3,
      seed: 9,
      rate: 50,
      failRate: 0.1,
      rules: 'own.yaml',
      kill: true,
      keep: true,
      json: 'out.json',
      why: 'why.json',
    });
    expect(readOptions(['--help'])).toBeUndefined();
  });

  it.each([
    ['--events', 'many'],
    ['--events', '0'],
    ['--pods', '1.5'],
    ['--fail-rate', '2'],
    ['--colour', 'red'],
  ])('refuses %s %s by name', (...args) => {
    expect(() => readOptions(args)).toThrow(args[0]);
  });
});

describe('the five users', () => {
  const told = (userId: string, ...names: readonly string[]) =>
    names.map((name, at) => {
      const [outcome = '', reason] = name.split('/');
      return { userId, eventId: String(at), outcome, ...(reason && { reason }) } as Parameters<
        typeof chooseUsers
      >[0][number];
    });

  it('are one of each fate, those of whom least is told', () => {
    const outcomes = [
      ...told('busy', 'queued', 'sent', 'filtered/cooldown', 'filtered/cooldown'),
      ...told('again', 'queued', 'sent', 'filtered/cooldown'),
      ...told('got', 'queued', 'sent'),
      ...told('letter', 'dead_lettered/coupon_api_rejected'),
      ...told('ruled', 'filtered/rules_excluded'),
      ...told('doubtful', 'queued', 'unknown'),
    ];
    expect(chooseUsers(outcomes).map(({ userId }) => userId)).toEqual([
      ...['got', 'again', 'ruled', 'doubtful', 'letter'],
    ]);
  });

  it('nobody stands for a fate that the run does not have', () => {
    expect(chooseUsers(told('got', 'queued', 'sent'))).toHaveLength(1);
  });
});

describe('the disturbances', () => {
  it('are one restart in the middle', () => {
    expect(planDisturbances(createRandom(1), false)).toEqual([{ at: 0.5, how: 'restart' }]);
  });

  it('with kills, three more at other moments each seed, in order', () => {
    const plan = planDisturbances(createRandom(1), true);
    expect(plan.filter(({ how }) => how === 'kill')).toHaveLength(3);
    expect(plan.map(({ at }) => at)).toEqual(plan.map(({ at }) => at).sort((a, b) => a - b));
    expect(plan.every(({ at }) => at > 0 && at < 1)).toBe(true);
    expect(planDisturbances(createRandom(2), true)).not.toEqual(plan);
  });
});

describe('their moment', () => {
  it('comes by the events decided', () => {
    let decided = 0;
    const progress = watchProgress(10, () => decided, 60_000);
    expect(progress()).toBe(0);
    decided = 5;
    expect(progress()).toBe(0.5);
  });

  it('comes at once where nothing is decided any more', async () => {
    const progress = watchProgress(10, () => 5, 20);
    expect(progress()).toBe(0.5);
    await new Promise((resolve) => setTimeout(resolve, 40));
    expect(progress()).toBe(1);
  });
});

it('a run on shared services has names and users of its own', () => {
  expect(nameRun('').topic).toBe('location-events');
  const names = Object.values(nameRun('a1'));
  for (const name of names) expect(name).toContain('a1');
});

describe('the picture', () => {
  it('draws bars of one width', () => {
    for (const share of [-1, 0, 0.3, 0.999, 1, 2]) expect(bar(share, 10)).toHaveLength(10);
    expect(bar(1, 4)).toBe('████');
    expect(bar(0.5, 4)).toBe('██  ');
    expect(grouped(1234567)).toBe('1,234,567');
  });

  const funnel = {
    events: 10,
    queued: 4,
    filtered: { cooldown: 5 },
    deadLettered: { malformed: 1 },
    repeated: 0,
  };

  it('has a row for every outcome', () => {
    const rows = funnelRows(funnel, { sent: 3, unknown: 1 }).map(stripVTControlCharacters).join('\n');
    expect(rows).toMatch(/queued +4 +40\.0 %/);
    expect(rows).toMatch(/cooldown +5 +50\.0 %/);
    expect(rows).toMatch(/dead: malformed +1 +10\.0 %/);
    expect(rows).toMatch(/sent +3 +75\.0 %/);
  });

  it('ends with what held, and names examples of what did not', () => {
    const none = { p50: 0, p95: 0, p99: 0, max: 0 };
    const report: DemoReport = {
      ok: false,
      options: readOptions([])!,
      startedAt: '',
      services: [],
      seconds: { startUp: 1, play: 2, drain: 3, total: 6 },
      users: 7,
      funnel,
      deliveries: { sent: 4 },
      eventsPerSecond: 100,
      latencyMs: { toOutcome: none, toPush: none },
      pushesPerUser: { '1': 4 },
      partners: { couponCalls: 9, pushRequests: 4, pushesSent: 4, tokensIssued: 1 },
      disturbances: [{ at: 0.5, pod: 'pod-1', how: 'restart', exit: 'exit code 0', backAfterMs: 2500 }],
      checks: [
        { name: 'one thing', holds: true, violations: [] },
        {
          name: 'another',
          holds: false,
          violations: Array.from({ length: 7 }, (_, at) => ({ message: `example ${at}` })),
        },
      ],
    };
    const page = stripVTControlCharacters(formatReport(report));
    expect(page).toContain('✓ one thing');
    expect(page).toContain('✗ another');
    expect(page).toContain('example 4');
    expect(page).not.toContain('example 5');
    expect(page).toContain('and 2 more');
    expect(page).toContain('A promise was broken');
    expect(page).toContain('4 users got 1');
  });
});
