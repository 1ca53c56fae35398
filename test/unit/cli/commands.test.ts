/** `coupon-notifier`: which command runs with what, and that npm adds nothing to its output. */
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Command, CommandLine } from '../../../src/cli/command.ts';
import { runCommand, type CommandList } from '../../../src/cli/commands.ts';

const ROOT = resolve(import.meta.dirname, '../../..');

describe('a command line', () => {
  const greet = vi.fn<Command>(async () => 78);
  const load = vi.fn(async () => greet);
  const commands: CommandList = { greet: { does: 'greets', load } };
  let said: string[];
  let complained: string[];
  const line = (env: CommandLine['env'] = {}): CommandLine => ({
    env,
    say: (text) => void said.push(text),
    complain: (text) => void complained.push(text),
  });

  beforeEach(() => {
    said = [];
    complained = [];
    greet.mockClear();
    load.mockClear();
  });

  it('runs the command with the arguments after its name, and leaves its exit code', async () => {
    expect(await runCommand(['greet', '--loud', 'x'], line(), commands)).toBe(78);
    expect(greet).toHaveBeenCalledExactlyOnceWith(
      ['--loud', 'x'],
      expect.anything(),
      'coupon-notifier greet',
    );
  });

  it('tells a command the form that the user typed', async () => {
    await runCommand(['greet'], line({ npm_lifecycle_event: 'greet' }), commands);
    await runCommand(['greet'], line({ npm_lifecycle_event: 'npx' }), commands);
    expect(greet.mock.calls.map((call) => call[2])).toEqual(['npm run greet --', 'coupon-notifier greet']);
  });

  it.each(['--help', '-h', 'help'])('%s lists the commands, loads none, exits 0', async (flag) => {
    expect(await runCommand([flag], line(), commands)).toBe(0);
    expect(said.join('\n')).toMatch(/^ {2}greet {2}greets$/m);
    expect(complained).toEqual([]);
    expect(load).not.toHaveBeenCalled();
  });

  it.each([[[]], [['frobnicate']], [['constructor']]])('%j lists the commands, exits 1', async (args) => {
    expect(await runCommand(args, line(), commands)).toBe(1);
    expect(complained.join('\n')).toMatch(/^ {2}greet {2}greets$/m);
    expect(said).toEqual([]);
  });

  it('has every command of `npm run` in the bin too', async () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    const names = Object.entries(scripts).flatMap(([script, text]) => {
      const name = /^node src\/cli\/main\.ts (\S+)$/.exec(text)?.[1];
      if (name !== undefined) expect(name).toBe(script);
      return name ?? [];
    });
    expect(names).toContain('rules');
    await runCommand(['--help'], line());
    const listed = [...said.join('\n').matchAll(/^ {2}(\S+) {2}/gm)].map((match) => match[1]);
    expect(listed).toEqual(names);
  });
});

describe('npx coupon-notifier', () => {
  let home: string;
  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'npx-'));
  });
  afterAll(() => rm(home, { recursive: true, force: true }));

  it('prints what the command says and nothing else, and leaves its exit code', async () => {
    const bad = join(home, 'bad.yaml');
    writeFileSync(bad, 'version: 1\n');
    // As from a shell, where the first Node on the path may be older than the project's.
    const path = (process.env['PATH'] ?? '').split(':').filter((part) => !part.includes('node_modules'));
    const ended = promisify(execFile)('npx', ['coupon-notifier', 'rules', 'check', bad], {
      cwd: ROOT,
      env: { PATH: path.join(':'), HOME: home },
    });
    await expect(ended).rejects.toMatchObject({
      code: 1,
      stdout: expect.stringMatching(
        new RegExp(`^${bad}:1:1 caps: .*\\n${bad}:1:10 version: .*\\n$`),
      ) as unknown,
      stderr: `${bad}: 2 problems\n`,
    });
  });
});
