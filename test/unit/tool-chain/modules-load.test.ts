/**
 * Node loads every module of the source as it is. The test runner is more lenient: it finds names in CommonJS packages
 * that Node does not, so a pod may not start though each of its tests passes.
 */
import { execFile } from 'node:child_process';
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '../../..');
/** Programs, which begin as they are loaded, and what browsers load. */
const LEFT_OUT = /^src\/(?:main\.ts|cli\/main\.ts|ops\/page\/browser\/.*)$/;

/** Prints what can't be loaded, an object a file. */
const PROGRAM = `
  const faults = [];
  for (const url of JSON.parse(process.argv[1]))
    await import(url).catch((error) => faults.push([url, String(error.message).split('\\n')[0]]));
  console.log(JSON.stringify(faults));
  process.exit();
`;

it('every module loads by itself', { timeout: 120_000 }, async () => {
  const files = globSync('src/**/*.ts', { cwd: root }).filter((file) => !LEFT_OUT.test(file));
  expect(files.length).toBeGreaterThan(300);
  const urls = files.map((file) => pathToFileURL(join(root, file)).href);
  const args = ['--input-type=module', '--eval', PROGRAM, JSON.stringify(urls)];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: root });
  expect(JSON.parse(stdout)).toEqual([]);
});
