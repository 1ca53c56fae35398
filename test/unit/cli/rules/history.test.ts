/** `upload`, `rollback`, `log` and `show`: what is kept, who is refused and told what, and which words are said. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hashDocument } from '../../../../src/domain/document-hash.ts';
import { openRulesDesk, RULES_KEY, rulesText, type RulesDesk } from '../../../support/cli/rules-desk.ts';

let desk: RulesDesk;
beforeEach(() => {
  desk = openRulesDesk();
});
afterEach(() => {
  desk.close();
});

const log = async (): Promise<readonly Record<string, unknown>[]> => {
  expect(await desk.run('log', '--json')).toBe(0);
  return JSON.parse(desk.said[0] ?? '') as Record<string, unknown>[];
};

describe('upload', () => {
  it('of a change asks why', async () => {
    expect(await desk.run('upload', desk.file(rulesText('v1')))).toBe(1);
    expect(desk.text()).toMatch(/--note/);
    expect(desk.liveText()).toBeUndefined();
    expect(await desk.upload(rulesText('v1'))).toBe(0);
  });

  it('of what is live already asks nothing, and still makes sure of the pods', async () => {
    await desk.upload(rulesText('v1'));
    desk.pods = [{ pod: 'a', rulesVersion: 'v1' }];
    expect(await desk.run('upload', desk.file(rulesText('v1')))).toBe(0);
    expect(desk.text()).toMatch(/v1 .*is live already[^]*in force in all 1/);
    expect(await log()).toHaveLength(1);
  });

  it('keeps who, when, why and what it replaced', async () => {
    await desk.upload(rulesText('v1'));
    expect(await desk.upload(rulesText('v2'), '--by', 'ben')).toBe(0);
    expect(await log()).toEqual([
      expect.objectContaining({ version: 'v2', by: 'ben', note: 'why not', live: true }),
      expect.objectContaining({
        ...{ version: 'v1', hash: hashDocument(rulesText('v1')), live: false, replaced: null },
        by: expect.stringMatching(/^anna@./) as string,
      }),
    ]);
  });

  it('refuses a name that was live with other bytes, and names a free one', async () => {
    await desk.upload(rulesText('2026-11-22.1'));
    await desk.upload(rulesText('2026-11-22.2'));
    for (const taken of ['2026-11-22.1', '2026-11-22.2']) {
      expect(await desk.upload(rulesText(taken, 'enabled: true'))).toBe(1);
      expect(desk.text()).toMatch(/by anna@.*"why not".*used once.*next free one is 2026-11-22\.3/);
    }
    expect(desk.liveText()).toBe(rulesText('2026-11-22.2'));
    expect(await log()).toHaveLength(2);
  });

  it('refuses the name of a document that was put there by other means', async () => {
    desk.store.put(RULES_KEY, rulesText('v1'));
    expect(await desk.upload(rulesText('v1', 'enabled: true'))).toBe(1);
    expect(desk.text()).toMatch(/by other means.*next free one is v2/);
  });

  it('tells an editor who comes second', async () => {
    await desk.upload(rulesText('v1'));
    desk.store.onCall({
      before: (call) => {
        if (call === `write ${RULES_KEY}`) desk.store.put(RULES_KEY, rulesText('v9'));
      },
    });
    expect(await desk.upload(rulesText('v2'))).toBe(1);
    desk.store.onCall({});
    expect(desk.text()).toMatch(/changed by somebody else/);
    expect(desk.liveText()).toBe(rulesText('v9'));
  });

  it('says what S3 fails with, where nothing was uploaded', async () => {
    desk.store.onCall({
      before: () => {
        throw new Error('S3 has not answered within 10 s');
      },
    });
    expect(await desk.upload(rulesText('v1'))).toBe(1);
    expect(desk.text()).toMatch(/S3 has not answered/);
    expect(desk.asked).toEqual(['connect', 'close']);
  });

  it('waits until all pods report the hash, and names those that do not', async () => {
    const hash = hashDocument(rulesText('v1'));
    desk.pods = [
      { pod: 'a', rulesVersion: 'v1', rulesHash: hash },
      { pod: 'old', rulesVersion: 'v1' },
      { pod: 'other', rulesVersion: 'v1', rulesHash: '0123456789ab' },
      { pod: 'new', rulesVersion: undefined },
    ];
    expect(await desk.upload(rulesText('v1'), '--timeout', '1s')).toBe(1);
    expect(desk.text()).toMatch(/2 of 4 live pods[^]*other: has v1 \(0123456789ab\)[^]*new: has no rules/);
    desk.onAnnounce = () => {
      desk.pods = desk.pods.map((pod) => ({ ...pod, rulesHash: hash }));
    };
    expect(await desk.upload(rulesText('v1'))).toBe(0);
    expect(desk.text()).toMatch(/in force in all 4 live pods after \d/);
  });

  it.each(['', '  ', 'a\nb', 'x'.repeat(1001)])('takes no note such as %j', async (note) => {
    expect(await desk.run('upload', desk.file(rulesText('v1')), '--note', note)).toBe(1);
    expect(desk.asked).toEqual([]);
  });
});

describe('the kill switch', () => {
  it('is set before anything else, and lifted only after the upload', async () => {
    desk.store.onCall({ before: (call) => void desk.asked.push(call.split(' ')[0] ?? '') });
    expect(await desk.upload(rulesText('v1', 'enabled: false'))).toBe(0);
    expect(desk.asked.slice(0, 3)).toEqual(['connect', 'set', 'read']);
    expect(desk.flag).toMatchObject({
      why: 'rules v1: why not',
      by: expect.stringMatching(/^anna@/) as string,
    });
    expect(await desk.upload(rulesText('v2'))).toBe(0);
    expect(desk.asked.indexOf('lift')).toBeGreaterThan(desk.asked.lastIndexOf('write'));
    expect(desk.text()).toMatch(/kill switch lifted.*set by anna@.*rules v1: why not/);
    expect(desk.flag).toBeUndefined();
  });

  it('is in force with S3 away and without a note, and stays so', async () => {
    const off = desk.file(rulesText('v1', 'enabled: false'));
    expect(await desk.run('upload', off)).toBe(1);
    expect(desk.text()).toMatch(/kill switch set[^]*--note[^]*kill switch stays set/);
    desk.flag = undefined;
    desk.store.onCall({
      before: () => {
        // Whoever uploads in between lifts it.
        desk.flag = undefined;
        throw new Error('away');
      },
    });
    expect(await desk.run('upload', off, '--note', 'stop')).toBe(1);
    expect(desk.flag).toMatchObject({ why: 'rules v1: stop' });
  });

  it('stands beside enabled: true: upload and log say who set it', async () => {
    await desk.upload(rulesText('v1'));
    desk.flag = { why: 'rules v0: stop', by: 'ben', since: '2026-11-27T10:00:00.000Z' };
    expect(await desk.run('upload', desk.file(rulesText('v2')))).toBe(1);
    expect(desk.text()).toMatch(
      /holds all pushes back: it was set by ben on 2026-11-27 10:00:00 UTC, rules v0: stop/,
    );
    expect(await desk.run('log')).toBe(0);
    expect(desk.text()).toMatch(
      /holds all pushes back, while the live document says enabled: true: it was set by ben/,
    );
    expect(desk.flag).toBeDefined();
  });
});

describe('rollback', () => {
  beforeEach(async () => {
    for (const version of ['v1', 'v2', 'v3']) await desk.upload(rulesText(version));
  });

  it('goes back to the one before, as an upload of its own, and forth again', async () => {
    expect(await desk.run('rollback')).toBe(0);
    expect(desk.liveText()).toBe(rulesText('v2'));
    expect(desk.text()).toMatch(/version v3 → v2/);
    expect((await log())[0]).toMatchObject({
      ...{ version: 'v2', note: 'back to v2 from v3', live: true },
      how: { kind: 'rollback', to: { version: 'v2', hash: hashDocument(rulesText('v2')), number: 2 } },
      replaced: { version: 'v3' },
    });
    expect(await desk.run('rollback', '--note', 'no, forth')).toBe(0);
    expect(desk.liveText()).toBe(rulesText('v3'));
    expect(await log()).toHaveLength(5);
  });

  it('goes to a version, or to a hash', async () => {
    expect(await desk.run('rollback', 'v1')).toBe(0);
    expect(desk.liveText()).toBe(rulesText('v1'));
    expect(await desk.run('rollback', hashDocument(rulesText('v3')).slice(0, 6))).toBe(0);
    expect(desk.liveText()).toBe(rulesText('v3'));
    expect(await desk.run('rollback', 'v3')).toBe(0);
    expect(desk.text()).toMatch(/live already/);
  });

  it('lifts the kill switch that the document before had set', async () => {
    await desk.upload(rulesText('v4', 'enabled: false'));
    expect(desk.flag).toBeDefined();
    expect(await desk.run('rollback')).toBe(0);
    expect(desk.flag).toBeUndefined();
  });

  it.each([
    ['v9', /no version and no hash v9/],
    ['0000', /no version and no hash/],
  ])('to %s: nothing happens', async (version, message) => {
    expect(await desk.run('rollback', version)).toBe(1);
    expect(desk.text()).toMatch(message);
    expect(desk.liveText()).toBe(rulesText('v3'));
  });

  it('to what is not valid any more says why not', async () => {
    desk.store.put(RULES_KEY, 'version: broken\nnonsense: 1\n');
    await desk.upload(rulesText('v5'));
    expect(await desk.run('rollback')).toBe(1);
    expect(desk.text()).toMatch(/unknown key "nonsense"[^]*not valid/);
  });

  it('with nothing before', async () => {
    const other = openRulesDesk();
    await other.upload(rulesText('v1'));
    expect(await other.run('rollback')).toBe(1);
    expect(other.text()).toMatch(/nothing to go back to/);
    other.close();
  });
});

describe('show', () => {
  it('writes the exact bytes of what is live, or was', async () => {
    const first = `\uFEFF${rulesText('v1')}# ü\r\n\r\n`;
    await desk.upload(first);
    await desk.upload(rulesText('v2'));
    expect(await desk.run('show')).toBe(0);
    expect(desk.said).toEqual([rulesText('v2')]);
    for (const name of ['v1', hashDocument(first), hashDocument(first).slice(0, 4)]) {
      expect(await desk.run('show', name)).toBe(0);
      expect(desk.said).toEqual([first]);
    }
    expect(await desk.run('show', 'v9')).toBe(1);
  });

  it('finds a document that was put there by other means', async () => {
    expect(await desk.run('show')).toBe(1);
    desk.store.put(RULES_KEY, rulesText('v1'));
    expect(await desk.run('show', 'v1')).toBe(0);
    expect(desk.said).toEqual([rulesText('v1')]);
  });

  it('tells apart two documents of one version that other means have brought', async () => {
    desk.store.put(RULES_KEY, rulesText('v1'));
    await desk.upload(rulesText('v2'));
    desk.store.put(RULES_KEY, rulesText('v1', 'enabled: true'));
    await desk.upload(rulesText('v3'));
    expect(await desk.run('show', 'v1')).toBe(1);
    expect(desk.text()).toContain(hashDocument(rulesText('v1')));
  });
});

describe('log', () => {
  it('lists newest first, with what is live, and as many as are wanted', async () => {
    desk.store.put(RULES_KEY, rulesText('v0'));
    for (const version of ['v1', 'v2']) await desk.upload(rulesText(version));
    await desk.run('rollback');
    expect(await desk.run('log')).toBe(0);
    expect(desk.said.map((line) => line.split(/ {2,}/).slice(0, 2))).toEqual([
      ['* live', 'v1'],
      ['', 'v2'],
      ['', 'v1'],
      ['', 'v0'],
    ]);
    expect(desk.said[0]).toMatch(/back to v1 from v2 {2}\(rollback\)/);
    expect(desk.said[3]).toMatch(/nobody knows who {2}\(put there by other means\)/);
    expect(await desk.run('log', '--limit', '2')).toBe(0);
    expect(desk.said).toHaveLength(3);
    expect(desk.said[2]).toBe('and 2 older: --limit 4');
  });

  it('of a document that has no entry yet says so', async () => {
    expect(await desk.run('log')).toBe(0);
    expect(desk.text()).toMatch(/nothing was live yet/);
    desk.store.put(RULES_KEY, rulesText('v1'));
    expect(await log()).toMatchObject([{ version: 'v1', live: true, how: { kind: 'found' } }]);
  });

  it('tells of an upload that never became live', async () => {
    await desk.upload(rulesText('v1'));
    desk.store.onCall({
      before: (call) => {
        if (call === `write ${RULES_KEY}`) throw new Error('away');
      },
    });
    expect(await desk.upload(rulesText('v2'))).toBe(1);
    desk.store.onCall({});
    expect(await desk.run('log')).toBe(0);
    expect(desk.text()).toMatch(/the upload of version v2 .* has not become live/);
    expect(await log()).toHaveLength(1);
  });

  it('needs no Redis, and says where Redis is away', async () => {
    const { env } = desk.context;
    const alone = openRulesDesk({ env: { ...env, REDIS_URL: undefined } });
    expect(await alone.run('log')).toBe(0);
    expect(alone.asked).toEqual([]);
    const away = openRulesDesk({ connectFleet: () => Promise.reject(new Error('Redis is away')) });
    expect(await away.run('log')).toBe(0);
    expect(away.text()).toMatch(/kill switch is set is not known: Redis is away/);
    for (const other of [alone, away]) other.close();
  });
});

it.each(['log', 'show', 'rollback', 'diff'])('%s without its variables is 78', async (command) => {
  const bare = openRulesDesk({ env: {} });
  const args = command === 'diff' ? [bare.file(rulesText('v1'))] : [];
  expect(await bare.run(command, ...args)).toBe(78);
  expect(bare.text()).toMatch(/RULES_S3_URI/);
  expect(await bare.run(command, '--help')).toBe(0);
  expect(bare.text()).toMatch(/xit codes/);
  bare.close();
});
