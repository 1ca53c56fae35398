/** `rules simulate` on a recording of some thousand events: what it prints, in each form, and its exit codes. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { runRulesCommand } from '../../../../src/cli/rules/program.ts';
import { compareOnRecording } from '../../../../src/cli/rules/simulation/compare-on-recording.ts';
import type { Report } from '../../../../src/cli/rules/simulation/report.ts';
import { simulateRecording } from '../../../../src/cli/rules/simulation/simulate-recording.ts';
import { parseRules } from '../../../../src/rules/document/parse-rules.ts';
import { writeRecording } from '../../../bench/write-recording.ts';

const EVENTS = 3000;
const BEGAN_MS = Date.parse('2026-11-16T00:00:00Z');
const DEFAULT = resolve(import.meta.dirname, '../../../../rules/default.yaml');

let place: string;
let recording: string;
let text: string;
let said: string[];
let complained: string[];

beforeAll(async () => {
  place = await mkdtemp(join(tmpdir(), 'simulate-'));
  recording = join(place, 'recording.ndjson');
  text = await readFile(DEFAULT, 'utf8');
  const parsed = parseRules(text);
  if (!parsed.ok) throw new Error('the default rules are not valid');
  await writeRecording(recording, parsed.rules, { events: EVENTS, users: 300, days: 3, beganMs: BEGAN_MS });
}, 120_000);
afterAll(() => rm(place, { recursive: true, force: true }));
beforeEach(() => {
  said = [];
  complained = [];
});

function simulate(args: readonly string[], terminal?: { columns: number; isColoured: boolean }) {
  return runRulesCommand(['simulate', ...args, '--recording', recording], {
    env: {},
    say: (line) => void said.push(line),
    complain: (line) => void complained.push(line),
    connectFleet: () => Promise.reject(new Error('no service is needed')),
    ...(terminal !== undefined && { terminal }),
  });
}

async function changed(from: string, to: string): Promise<string> {
  expect(text).toContain(from);
  const file = join(place, 'changed.yaml');
  await writeFile(file, text.replace('2026-11-22.1', '2026-11-23.1').replace(from, to));
  return file;
}

async function reportOf(args: readonly string[]): Promise<Report> {
  expect(await simulate([...args, '--json'])).toBe(0);
  return JSON.parse(said.join('\n')) as Report;
}

describe('the very document that was live', () => {
  it('does what pods did, as far as it is known', async () => {
    const report = await reportOf([DEFAULT]);
    const { events, known, agreed, disagreements } = report.agreement.after;
    expect([events, agreed, disagreements]).toEqual([EVENTS, known, []]);
    expect(known).toBeGreaterThan(0.99 * EVENTS);
    const sum = (side: 'before' | 'after') => report.funnel.reduce((all, row) => all + row[side], 0);
    expect([sum('before'), sum('after')]).toEqual([EVENTS, EVENTS]);
    expect(report.pushes.before.atLeast).toBeGreaterThan(100);
    expect(report.recording.documents).toEqual([
      { version: '2026-11-22.1', hash: report.rules.hash, events: EVENTS },
    ]);
  });

  it('says so', async () => {
    expect(await simulate([DEFAULT])).toBe(0);
    expect(said.join(' ')).toMatch(/agrees with what pods did: ([\d,]+) of \1 known/);
  });
});

describe('a document that asks for more discount', () => {
  it('loses pushes: by rule, with their events; those that its caps let through then are not known', async () => {
    const report = await reportOf([
      await changed('minDiscountPercent: 10', 'minDiscountPercent: 50'),
      '--nothing-before',
    ]);
    const { before, after } = report.pushes;
    expect(after.atLeast).toBeLessThan(before.atLeast);
    expect(after.atMost).toBeGreaterThan(after.atLeast);
    expect(report.lost.atLeast).toBeGreaterThan(0);
    const rule = report.by.rule.find(({ name }) => name === 'coupon.minDiscountPercent');
    expect(rule?.lost.atLeast).toBeGreaterThan(0);
    expect(rule?.lost.eventIds.length).toBe(rule?.lost.atMost);
    expect(report.lost.eventIds).toEqual(expect.arrayContaining([...(rule?.lost.eventIds ?? [])]));
  });
});

describe('rules that let more events through', () => {
  it('are not known to push: the coupons were never asked for', async () => {
    const report = await reportOf([
      await changed('triggers: [enter, dwell]', 'triggers: [enter, dwell, exit]'),
    ]);
    const coupons = report.unknown.after.find(({ because }) => because === 'coupons');
    expect(coupons?.atLeast).toBe(0);
    expect(coupons?.atMost).toBe(coupons?.events);
    expect(coupons?.eventIds.length).toBe(coupons?.events);
    expect(report.pushes.after.atMost).toBeGreaterThan(report.pushes.before.atMost);
  });
});

describe('the answer', () => {
  it.each([80, 60, 200])(
    'is no wider than %i columns, or 120, and coloured only where that is asked for',
    async (columns) => {
      const file = await changed('minDiscountPercent: 10', 'minDiscountPercent: 50');
      await simulate([file], { columns, isColoured: false });
      expect(Math.max(...said.map((line) => line.length))).toBeLessThanOrEqual(Math.min(columns, 120));
      expect(said.join('')).not.toContain('\u001B');
      said = [];
      await simulate([file], { columns, isColoured: true });
      expect(said.join('')).toContain('\u001B[');
    },
  );

  it('in Markdown is one table of the funnel, and folds the rest', async () => {
    expect(
      await simulate([await changed('minDiscountPercent: 10', 'minDiscountPercent: 50'), '--markdown']),
    ).toBe(0);
    const markdown = said.join('\n');
    expect(markdown).toMatch(/^### Rules 2026-11-23\.1 \(\w{12}\) on 3,000 recorded events$/m);
    expect(markdown).toMatch(/^\| `queued` \| [\d,]+ \| [\d,]+ \| −[\d,]+ \|$/m);
    expect(markdown.match(/<details>/g)?.length).toBe(markdown.match(/<\/details>/g)?.length);
  });

  it('against another file is beside that file, and is nothing where both are one', async () => {
    const report = await reportOf([DEFAULT, '--against', DEFAULT]);
    expect(report.against?.version).toBe('2026-11-22.1');
    expect(report.moves).toEqual([]);
    expect(report.agreement.before).toEqual(report.agreement.after);
  });
});

describe('--max-change', () => {
  it('ends with 1 beyond it, and says so', async () => {
    const file = await changed('minDiscountPercent: 10', 'minDiscountPercent: 50');
    expect(await simulate([file, '--max-change', '1'])).toBe(1);
    expect(complained.join('\n')).toMatch(
      /^pushes change by [\d.]+ % at the worst, more than the 1 % allowed$/,
    );
    expect(await simulate([file, '--max-change', '100'])).toBe(0);
  });

  it.each(['-1', 'x', ''])('is no %j', async (percent) => {
    expect(await simulate([DEFAULT, `--max-change=${percent}`])).toBe(1);
    expect(said).toEqual([]);
  });
});

describe('what can’t be used', () => {
  it('is said: rules that are not valid, a recording that is none or is not there', async () => {
    const broken = join(place, 'broken.yaml');
    await writeFile(broken, 'version: 1');
    expect(await simulate([broken])).toBe(1);
    expect(await simulate([DEFAULT, '--against', broken])).toBe(1);
    for (const [file, message] of [
      [broken, /no line of it is a record of a decision/],
      [join(place, 'missing'), /there is no such file/],
    ] as const) {
      complained = [];
      const args = ['simulate', DEFAULT, '--recording', file];
      const context = {
        env: {},
        say: () => {},
        complain: (line: string) => void complained.push(line),
        connectFleet: () => Promise.reject(new Error('')),
      };
      expect(await runRulesCommand(args, context)).toBe(1);
      expect(complained.join('\n')).toMatch(message);
    }
  });

  it('of a recording’s lines is counted, with the first of them', async () => {
    const spoilt = join(place, 'spoilt.ndjson');
    const lines = (await readFile(recording, 'utf8')).split('\n');
    await writeFile(spoilt, [lines[0], 'no JSON', ...lines.slice(1)].join('\n'));
    const simulation = await simulateRecording({ recordingFile: spoilt, rules: text });
    expect([simulation.unreadable, simulation.badLines]).toEqual([1, [{ number: 2, problem: 'not JSON' }]]);
    expect(simulation.comparison.events).toBe(EVENTS);
  });
});

describe('workers', () => {
  it('come to what one comes to alone', async () => {
    const rules = await readFile(await changed('minDiscountPercent: 10', 'minDiscountPercent: 30'), 'utf8');
    const options = { recordingFile: recording, rules, live: [text], maxIds: Infinity };
    const counts = async (workers: number) => {
      const { comparison, deliveries } = await simulateRecording({ ...options, workers });
      const { funnel, pushes, groups, unknown, texts, gained, lost } = comparison;
      const cells = [...funnel].map(([key, { count, ids }]) => [key, count, ids.ids.length]).toSorted();
      const merchants = [...groups.merchant]
        .map(([name, group]) => [name, group.gained.most, group.lost.most])
        .toSorted();
      const becauses = [...unknown.after]
        .map(([because, { events, most }]) => [because, events, most])
        .toSorted();
      return {
        cells,
        pushes,
        merchants,
        becauses,
        deliveries,
        gained: gained.most,
        lost: lost.ids.ids.toSorted(),
        texts: [...texts.after].toSorted(),
      };
    };
    expect(await counts(3)).toEqual(await counts(1));
  });
});

describe('what an upload is guarded by', () => {
  it('names who gets no push any more', async () => {
    const candidate = text
      .replace('2026-11-22.1', 'x')
      .replace("deny: ['m-closed']", "deny: ['m-closed', 'merchant-7']");
    const change = await compareOnRecording({ candidate, live: text, recordingFile: recording });
    expect(change.silencedMerchants.map(({ name }) => name)).toEqual(['merchant-7']);
    expect(change.silencedLocales).toEqual([]);
    expect(change.pushesAfterAtLeast).toBeLessThanOrEqual(change.pushesAfterAtMost);
    expect(change.events).toBe(EVENTS);
  });

  it('is everything where nothing is pushed any more', async () => {
    const candidate = text.replace('enabled: true', 'enabled: false');
    const change = await compareOnRecording({ candidate, live: text, recordingFile: recording });
    expect(change).toMatchObject({
      pushesAfterAtLeast: 0,
      pushesAfterAtMost: 0,
      changePercent: 100,
      unknownEvents: 0,
    });
    expect(change.silencedLocales.length).toBeGreaterThan(3);
  });
});
