/** `coupon-notifier rules`: what is printed, how it exits, and that an upload is in force when it says so. */
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import type { CommandContext, Fleet, LivePodRules } from '../../../src/cli/rules/ports.ts';
import { runRulesCommand } from '../../../src/cli/rules/program.ts';
import { createS3, parseS3Uri } from '../../../src/documents/s3-client.ts';
import { putDocument, readObject } from '../../../src/documents/s3-object.ts';

const run = promisify(execFile);
const s3 = createS3({ endpoint: process.env['S3_ENDPOINT'] });
afterAll(() => s3.destroy());

const directory = mkdtempSync(join(tmpdir(), 'rules-command-'));
afterAll(() => rmSync(directory, { recursive: true }));

let uri: string;
let said: string[];
let pods: LivePodRules[];
let fleetLog: string[];
let etag: string | undefined;

/** What pods do when they hear of an upload. */
let onAnnounce: () => void | Promise<void>;

beforeEach(() => {
  uri = `s3://${inject('bucket')}/rules/${randomUUID()}.yaml`;
  said = [];
  pods = [];
  fleetLog = [];
  onAnnounce = () => {};
});
afterEach(() => {
  expect(fleetLog.filter((line) => line === 'connect')).toHaveLength(
    fleetLog.filter((line) => line === 'close').length,
  );
});

const fleet: Fleet = {
  killSwitch: async (set) => void fleetLog.push(`kill switch ${String(set)}`),
  announce: async () => {
    fleetLog.push('announce');
    await onAnnounce();
  },
  livePods: async () => pods,
  close: async () => void fleetLog.push('close'),
};

function context(env: CommandContext['env'] = {}): CommandContext {
  return {
    env: { ...process.env, RULES_S3_URI: uri, REDIS_URL: 'redis://unused:6379', ...env },
    connectFleet: async () => {
      fleetLog.push('connect');
      return fleet;
    },
    say: (line) => void said.push(line),
    complain: (line) => void said.push(line),
  };
}

function file(text: string): string {
  const path = join(directory, `${randomUUID()}.yaml`);
  writeFileSync(path, text);
  return path;
}

function rulesText(version: string, more = ''): string {
  return `version: ${version}\ncaps: [{ per: user, max: 1, window: 24h }]\n${more}`;
}

async function live(): Promise<string | undefined> {
  const read = await readObject(s3, parseS3Uri(uri)!, {
    maxBytes: 10_000,
    signal: AbortSignal.timeout(10_000),
  });
  return read.kind === 'found' ? read.text : undefined;
}

const upload = (text: string, ...options: string[]) =>
  runRulesCommand(['upload', file(text), ...options], context());

describe('check', () => {
  it('says what it understood', async () => {
    expect(await runRulesCommand(['check', 'rules/default.yaml'], context())).toBe(0);
    expect(said.join('\n')).toMatch(/valid[^]*1 per user in 24h[^]*21:00 to 08:00[^]*no-alcohol-before-noon/);
  });

  it('prints every problem with line and column', async () => {
    const path = file('version: v\ncaps: [{ per: usr, max: 1, window: 24x }]\nfoo: 1\n');
    expect(await runRulesCommand(['check', path], context())).toBe(1);
    expect(said.slice(0, 3).map((line) => line.slice(path.length, path.length + 25))).toEqual([
      expect.stringMatching(/^:2:15 caps\[0\]\.per: /),
      expect.stringMatching(/^:2:36 caps\[0\]\.window: /),
      expect.stringMatching(/^:3:1 foo: /),
    ]);
  });

  it.each([
    ['/no/such/file.yaml', /there is no such file/],
    [tmpdir(), /is a directory/],
  ])('%s', async (path, message) => {
    expect(await runRulesCommand(['check', path], context())).toBe(1);
    expect(said.join('\n')).toMatch(message);
  });

  it('as a command of its own', async () => {
    const done = await run(process.execPath, ['src/cli/main.ts', 'rules', 'check', 'rules/default.yaml'], {
      env: { PATH: '' },
    });
    expect(done.stdout).toMatch(/valid/);
    const bad = file('version: 1\n');
    const refused = await run(process.execPath, ['src/cli/main.ts', 'rules', 'check', bad]).catch(
      (error: unknown) => error,
    );
    const { code, stdout } = refused as { readonly code: number; readonly stdout: string };
    expect(code).toBe(1);
    expect(stdout).toContain(`${bad}:1:10 version:`);
  });

  it.each([[[]], [['frobnicate']], [['check']], [['upload', 'f', '--timeout', 'soon']]])(
    '%j is 1',
    async (args) => {
      expect(await runRulesCommand(args, context())).toBe(1);
      expect(said.join('\n')).toMatch(/Usage|error/);
    },
  );
});

describe('upload', () => {
  it('names every missing variable at once, and exits 78', async () => {
    const path = file(rulesText('v1'));
    expect(await runRulesCommand(['upload', path], context({ RULES_S3_URI: '', REDIS_URL: undefined }))).toBe(
      78,
    );
    expect(said.join('\n')).toMatch(/RULES_S3_URI[^]*REDIS_URL/);
    expect(fleetLog).toEqual([]);
  });

  it('of an invalid file touches nothing', async () => {
    expect(await upload('version: v1\n')).toBe(1);
    expect(fleetLog).toEqual([]);
    expect(await live()).toBeUndefined();
  });

  it('a first document, with nobody running', async () => {
    expect(await upload(rulesText('v1'))).toBe(0);
    expect(await live()).toBe(rulesText('v1'));
    expect(said).toContain('no pod is running');
  });

  it('shows the difference and waits until all pods report it', async () => {
    await putDocument(s3, uri, rulesText('v1', 'coupon: { minDiscountPercent: 10 }'), { ifNoneMatch: '*' });
    pods = ['a', 'b'].map((pod) => ({ pod, rulesVersion: 'v1' }));
    onAnnounce = () => {
      setTimeout(
        () =>
          (pods = [
            { pod: 'a', rulesVersion: 'v2' },
            { pod: 'b', rulesVersion: 'v1' },
          ]),
        200,
      );
      setTimeout(() => (pods = ['a', 'b', 'c'].map((pod) => ({ pod, rulesVersion: 'v2' }))), 600);
    };
    expect(await upload(rulesText('v2', 'coupon: { minDiscountPercent: 15, minRemaining: 1h }'))).toBe(0);
    expect(said).toEqual(
      expect.arrayContaining([
        '  version: v1 → v2',
        '  coupon.minDiscountPercent: 10 → 15',
        '  coupon.minRemaining: 1h (new)',
        'in force in all 3 live pods',
      ]),
    );
  });

  it('names the pods that have not reported it in time', async () => {
    pods = [
      { pod: 'a', rulesVersion: 'v1' },
      { pod: 'slow', rulesVersion: 'v0' },
      { pod: 'new', rulesVersion: undefined },
    ];
    expect(await upload(rulesText('v1'), '--timeout', '1s')).toBe(1);
    expect(said.join('\n')).toMatch(/2 of 3 live pods[^]*slow: has v0[^]*new: has no rules/);
    expect(said.join('\n')).not.toMatch(/ {2}a: /);
  });

  it('two documents of one version are told apart where pods report the ETag', async () => {
    await putDocument(s3, uri, rulesText('v1'), { ifNoneMatch: '*' });
    pods = [{ pod: 'a', rulesVersion: 'v1', rulesEtag: '"old"' }];
    onAnnounce = async () => {
      const read = await readObject(s3, parseS3Uri(uri)!, {
        maxBytes: 9999,
        signal: AbortSignal.timeout(9999),
      });
      etag = read.kind === 'found' ? read.etag : undefined;
      setTimeout(() => (pods = [{ pod: 'a', rulesVersion: 'v1', rulesEtag: etag }]), 300);
    };
    expect(await upload(rulesText('v1', 'enabled: true'))).toBe(0);
    expect(said.join('\n')).toMatch(/version v1 is not new/);
    expect(pods[0]?.rulesEtag).toBe(etag);
  });

  it('of what is live already uploads nothing, and still makes sure of the pods', async () => {
    await putDocument(s3, uri, rulesText('v1'), { ifNoneMatch: '*' });
    pods = [{ pod: 'a', rulesVersion: 'v1' }];
    expect(await upload(rulesText('v1'))).toBe(0);
    expect(said.join('\n')).toMatch(/v1 is live already[^]*in force in all 1/);
  });

  it('replaces a live document that is not valid', async () => {
    await putDocument(s3, uri, 'nonsense: [', { ifNoneMatch: '*' });
    expect(await upload(rulesText('v1'))).toBe(0);
    expect(await live()).toBe(rulesText('v1'));
  });

  it('says that Redis is away, and uploads nothing', async () => {
    const path = file(rulesText('v1'));
    const away = { ...context(), connectFleet: async () => Promise.reject(new Error('Redis is away')) };
    expect(await runRulesCommand(['upload', path], away)).toBe(1);
    expect(said).toEqual(['Redis is away']);
    expect(await live()).toBeUndefined();
  });
});

describe('the kill switch', () => {
  it('is set before anything else, and lifted only after the upload', async () => {
    expect(await upload(rulesText('v1', 'enabled: false'))).toBe(0);
    expect(fleetLog).toEqual(['connect', 'kill switch true', 'announce', 'close']);
    fleetLog = [];
    expect(await upload(rulesText('v2'))).toBe(0);
    expect(fleetLog).toEqual(['connect', 'kill switch false', 'announce', 'close']);
  });

  it('is in force with S3 away, and stays so', async () => {
    const path = file(rulesText('v1', 'enabled: false'));
    const env = { S3_ENDPOINT: 'http://127.0.0.1:1' };
    expect(await runRulesCommand(['upload', path], context(env))).toBe(1);
    // Set again after the upload failed: whoever uploaded in between may have lifted it.
    expect(fleetLog).toEqual(['connect', 'kill switch true', 'kill switch true', 'close']);
    expect(said.join('\n')).toMatch(/kill switch set[^]*nothing was uploaded[^]*kill switch stays set/);
  });

  it('is not lifted by an upload that failed', async () => {
    const path = file(rulesText('v1'));
    expect(await runRulesCommand(['upload', path], context({ S3_ENDPOINT: 'http://127.0.0.1:1' }))).toBe(1);
    expect(fleetLog).toEqual(['connect', 'close']);
  });
});
