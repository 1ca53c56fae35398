/** `coupon-notifier rules`: what is printed, how it exits, and that an upload is in force when it says so. */
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import type { CommandContext, Fleet } from '../../../src/cli/rules/ports.ts';
import { runRulesCommand } from '../../../src/cli/rules/program.ts';
import { createS3, parseS3Uri } from '../../../src/documents/s3-client.ts';
import { putDocument, readObject } from '../../../src/documents/s3-object.ts';
import { startMeeting } from '../../support/documents/s3-front.ts';

const run = promisify(execFile);
const s3 = createS3({ endpoint: process.env['S3_ENDPOINT'] });
afterAll(() => s3.destroy());

const directory = mkdtempSync(join(tmpdir(), 'rules-command-'));
afterAll(() => rmSync(directory, { recursive: true }));

let uri: string;
let said: string[];
let fleetLog: string[];
beforeEach(() => {
  uri = `s3://${inject('bucket')}/rules/${randomUUID()}.yaml`;
  said = [];
  fleetLog = [];
});
afterEach(() => {
  expect(fleetLog.filter((line) => line === 'connect')).toHaveLength(
    fleetLog.filter((line) => line === 'close').length,
  );
});

const fleet: Fleet = {
  killSwitch: {
    read: async () => undefined,
    set: async () => void fleetLog.push('set'),
    lift: async () => void fleetLog.push('lift'),
  },
  announce: async () => void fleetLog.push('announce'),
  livePods: async () => [],
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
    write: (bytes) => void said.push(Buffer.from(bytes).toString()),
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
  runRulesCommand(['upload', file(text), '--note', 'why not', ...options], context());

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

  it('with its history: a name that was live is refused, the one before comes back', async () => {
    await putDocument(s3, uri, rulesText('v1'), { ifNoneMatch: '*' });
    expect(await upload(rulesText('v2'))).toBe(0);
    expect(await upload(rulesText('v1', 'enabled: true'))).toBe(1);
    expect(said.join('\n')).toMatch(/used once.*next free one is v3/);
    expect(await runRulesCommand(['rollback'], context())).toBe(0);
    expect(await live()).toBe(rulesText('v1'));
    said = [];
    expect(await runRulesCommand(['log', '--json'], context())).toBe(0);
    const entries = JSON.parse(said[0] ?? '') as { version: string; how: { kind: string } }[];
    expect(entries.map(({ version, how }) => `${version} ${how.kind}`)).toEqual([
      'v1 rollback',
      'v2 upload',
      'v1 found',
    ]);
    said = [];
    expect(await runRulesCommand(['show', 'v2'], context())).toBe(0);
    expect(said).toEqual([rulesText('v2')]);
    expect(await runRulesCommand(['diff', file(rulesText('v2'))], context())).toBe(1);
  });

  it('of three editors who have read the same document brings one into force', async () => {
    expect(await upload(rulesText('v1'))).toBe(0);
    const meeting = await startMeeting(process.env['S3_ENDPOINT']!, uri.replace('s3:/', ''), 3);
    const uploading = ['v2', 'v3', 'v4'].map((version) =>
      runRulesCommand(
        ['upload', file(rulesText(version)), '--note', 'why not'],
        context({ S3_ENDPOINT: meeting.url }),
      ),
    );
    const codes = await Promise.all(uploading).finally(() => meeting.stop());
    const won = codes.indexOf(0);
    expect(codes.toSorted()).toEqual([0, 1, 1]);
    expect(await live()).toBe(rulesText(['v2', 'v3', 'v4'][won]!));
    expect(said.join('\n')).toMatch(/changed by somebody else/);
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
  it('is in force with S3 away, and stays so', async () => {
    const path = file(rulesText('v1', 'enabled: false'));
    const env = { S3_ENDPOINT: 'http://127.0.0.1:1' };
    expect(await runRulesCommand(['upload', path, '--note', 'stop'], context(env))).toBe(1);
    // Set again after the upload failed: whoever uploaded in between may have lifted it.
    expect(fleetLog).toEqual(['connect', 'set', 'set', 'close']);
    expect(said.join('\n')).toMatch(/kill switch set[^]*S3 has failed[^]*kill switch stays set/);
  });

  it('is not lifted by an upload that failed', async () => {
    const args = ['upload', file(rulesText('v1')), '--note', 'go'];
    expect(await runRulesCommand(args, context({ S3_ENDPOINT: 'http://127.0.0.1:1' }))).toBe(1);
    expect(fleetLog).toEqual(['connect', 'close']);
  });
});
