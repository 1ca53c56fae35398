/**
 * The image runs the compiled program: it compiles from the source alone, finds its own files and packages, and
 * ends by itself where the environment is missing.
 */
import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, stat, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SMALL_BYTES } from '../../../src/cli/rules/simulation/simulate-recording.ts';
import { parseRules } from '../../../src/rules/document/parse-rules.ts';
import { writeRecording } from '../../bench/write-recording.ts';

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
  // As `npm run build` and the Dockerfile do.
  const page = 'ops/page/browser';
  await cp(join(root, 'src', page), join(place, 'dist', page), { recursive: true });
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

  it('has the page’s files, its package’s too, where it looks for them', async () => {
    const script = `const { ASSET_PATHS, createAssets } = await import('./dist/ops/page/assets.js');
      const read = await Promise.all(ASSET_PATHS.map(createAssets()));
      console.log(read.filter(({ plain }) => plain.length > 100).length === ASSET_PATHS.length);`;
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script], { cwd: place });
    expect(stdout.trim()).toBe('true');
  }, 60_000);

  it('replays a recording on worker threads of its own', async () => {
    const rules = await readFile(join(root, 'rules/default.yaml'), 'utf8');
    const parsed = parseRules(rules);
    if (!parsed.ok) throw new Error('the default rules are not valid');
    const shape = { events: 5000, users: 500, days: 2, beganMs: Date.parse('2026-11-16T00:00:00Z') };
    const recording = join(place, 'recording.ndjson');
    await writeRecording(recording, parsed.rules, shape);
    // Smaller ones are replayed without threads.
    expect((await stat(recording)).size).toBeGreaterThan(SMALL_BYTES);
    const args = ['dist/cli/main.js', 'rules', 'simulate', 'rules/default.yaml', '--recording', recording];
    const { stdout } = await run(process.execPath, args, { cwd: place, env: {} });
    expect(stdout).toMatch(/agrees with what pods did: ([\d,]+) of\s\1 known/);
  }, 120_000);
});
