#!/usr/bin/env node
/**
 * `coupon-notifier COMMAND …`: what one runs by hand. `npx coupon-notifier` in a checkout, `coupon-notifier` in the
 * image, and `npm run COMMAND --` do the same.
 */
import { runCommand } from './commands.ts';
import { createProgress } from './progress.ts';

const { stdout, stderr, env } = process;

process.exitCode = await runCommand(process.argv.slice(2), {
  env,
  say: (line) => console.log(line),
  complain: (line) => console.error(line),
  progress: createProgress(stderr),
  ...(stdout.isTTY && {
    terminal: { columns: stdout.columns, isColoured: (env['NO_COLOR'] ?? '') === '' },
  }),
});
