/** The flags that only a command line can set are on every command line that starts a pod. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { COMMAND_LINE_HEAP_FLAG } from '../../../src/runtime/heap-flags.ts';

const read = (file: string): string => readFileSync(new URL(`../../../${file}`, import.meta.url), 'utf8');

it('is in the image', () => {
  const options = /^ENV NODE_OPTIONS="(.*)"$/m.exec(read('Dockerfile'))?.[1]?.split(' ');
  expect(options).toContain(COMMAND_LINE_HEAP_FLAG);
});

it('is in `npm start`', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: { start: string } };
  expect(scripts.start.split(' ')).toContain(COMMAND_LINE_HEAP_FLAG);
});
