/** What an upload is held back by: its examples, and what a recording says against it. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TriedChange } from '../../../../src/cli/rules/judge-change.ts';
import type { CompareOnRecording } from '../../../../src/cli/rules/ports.ts';
import { tryExamples } from '../../../../src/cli/rules/test.ts';
import { openRulesDesk, rulesText, type RulesDesk } from '../../../support/cli/rules-desk.ts';

const quiet: TriedChange = {
  ...{ events: 1000, pushesBefore: 100, pushesAfterAtLeast: 100, pushesAfterAtMost: 100, changePercent: 0 },
  ...{ silencedMerchants: [], silencedLocales: [], unknownEvents: 0 },
};

let desk: RulesDesk;
let hold: boolean | undefined;
let tried: TriedChange;
let asked: Parameters<CompareOnRecording>[0][];
beforeEach(() => {
  hold = true;
  tried = quiet;
  asked = [];
  desk = openRulesDesk({
    tryExamples: async (file, { say }) => {
      say(`examples of ${file.replace(/.*\//, '')}`);
      return hold;
    },
    compareOnRecording: async (what) => {
      asked.push(what);
      return tried;
    },
  });
});
afterEach(() => {
  desk.close();
});

describe('examples', () => {
  it('are tried before the upload, and hold it back where one fails', async () => {
    hold = false;
    expect(await desk.upload(rulesText('v1'))).toBe(1);
    expect(desk.text()).toMatch(/examples of .*\.yaml[^]*an example does not hold/);
    expect(desk.liveText()).toBeUndefined();
    hold = true;
    expect(await desk.upload(rulesText('v1'))).toBe(0);
  });

  it('need not be there', async () => {
    hold = undefined;
    expect(await desk.upload(rulesText('v1'))).toBe(0);
    expect(desk.text()).toMatch(/no examples are tried/);
  });
});

describe('a recording', () => {
  it('is asked what the change would have done, beside the live document', async () => {
    await desk.upload(rulesText('v1'));
    expect(asked).toEqual([]);
    expect(await desk.upload(rulesText('v2'), '--recording', 'monday.ndjson')).toBe(0);
    expect(asked).toEqual([
      { candidate: rulesText('v2'), live: rulesText('v1'), recordingFile: 'monday.ndjson' },
    ]);
    expect(desk.text()).toMatch(/1000 recorded events: 100 → 100 pushes/);
  });

  it('holds a large change back, unless it is accepted', async () => {
    tried = { ...quiet, changePercent: 30 };
    expect(await desk.upload(rulesText('v1'), '--recording', 'r')).toBe(1);
    expect(desk.text()).toMatch(/30 %, more than 20 %[^]*--accept/);
    expect(desk.liveText()).toBeUndefined();
    expect(await desk.upload(rulesText('v1'), '--recording', 'r', '--accept')).toBe(0);
    expect(desk.text()).toMatch(/uploaded nevertheless/);
  });

  it('that can not be read holds it back, too', async () => {
    const broken = openRulesDesk({ compareOnRecording: () => Promise.reject(new Error('no such file')) });
    expect(await broken.upload(rulesText('v1'), '--recording', 'r', '--accept')).toBe(1);
    expect(broken.text()).toMatch(/no such file/);
    expect(broken.liveText()).toBeUndefined();
    broken.close();
  });

  it('is asked on the way back, too', async () => {
    await desk.upload(rulesText('v1'));
    await desk.upload(rulesText('v2'));
    tried = { ...quiet, pushesAfterAtLeast: 0, pushesAfterAtMost: 0, changePercent: 100 };
    expect(await desk.run('rollback', '--recording', 'r')).toBe(1);
    expect(desk.text()).toMatch(/nothing is pushed any more/);
    expect(await desk.run('rollback', '--recording', 'r', '--accept')).toBe(0);
  });
});

it('rules with enabled: false are not tried: stopping is never refused', async () => {
  hold = false;
  tried = { ...quiet, pushesAfterAtLeast: 0, pushesAfterAtMost: 0, changePercent: 100 };
  expect(await desk.upload(rulesText('v1', 'enabled: false'), '--recording', 'r')).toBe(0);
  expect(asked).toEqual([]);
});

it('tries the examples that lie beside the file, as `test` does', async () => {
  const real = openRulesDesk({ tryExamples });
  const rules = real.file(rulesText('v1'), 'mine.yaml');
  expect(await real.run('upload', rules, '--note', 'first')).toBe(0);
  expect(real.text()).toMatch(/no examples are tried/);
  real.file('nonsense: 1\n', 'mine.test.yaml');
  const changed = real.file(rulesText('v2'), 'mine.yaml');
  expect(await real.run('upload', changed, '--note', 'second')).toBe(1);
  expect(real.text()).toMatch(/mine\.test\.yaml[^]*an example does not hold/);
  expect(real.liveText()).toBe(rulesText('v1'));
  real.close();
});
