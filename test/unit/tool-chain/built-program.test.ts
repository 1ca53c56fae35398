/**
 * The image runs the compiled program: it compiles from the source alone, finds its own files and packages, and
 * ends by itself where the environment is missing.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../../..');
const run = promisify(execFile);

let place: string;

beforeAll(async () => {
  place = await mkdtemp(join(tmpdir(), 'built-program-'));
  for (const name of ['node_modules', 'package.json', 'rules'])
    await symlink(join(root, name), join(place, name));
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  await run(process.execPath, [compiler, '-p', 'tsconfig.build.json', '--outDir', join(place, 'dist')], {
    cwd: root,
  });
}, 240_000);

afterAll(async () => {
  await rm(place, { recursive: true, force: true });
});

describe('the compiled program', () => {
  it('names every missing variable and exits with 78', async () => {
    const ended = run(process.execPath, ['dist/main.js'], { cwd: place, env: {}, timeout: 30_000 });
    await expect(ended).rejects.toMatchObject({ code: 78 });
    const said = await ended.catch((error: unknown) => error as { stdout: string; stderr: string });
    for (const name of ['KAFKA_BROKERS', 'REDIS_URL', 'COUPON_API_URL', 'PUSH_API_URL', 'RULES_S3_URI']) {
      expect(`${said.stdout}${said.stderr}`).toContain(name);
    }
  }, 60_000);

  it('carries the commands, under a name of their own', async () => {
    const bin = join(place, 'coupon-notifier');
    await symlink(join(place, 'dist/cli/main.js'), bin);
    const done = await run(process.execPath, [bin, 'rules', 'check', 'rules/default.yaml'], {
      cwd: place,
      env: {},
    });
    expect(done.stdout).toContain('rules/default.yaml: valid');
  }, 60_000);
});
