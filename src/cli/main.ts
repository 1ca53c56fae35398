#!/usr/bin/env node
/**
 * `coupon-notifier COMMAND …`: what one runs by hand. `npx coupon-notifier` in a checkout, `coupon-notifier` in the
 * image, and `npm run COMMAND --` do the same.
 */
import { runCommand } from './commands.ts';

process.exitCode = await runCommand(process.argv.slice(2), {
  env: process.env,
  say: (line) => console.log(line),
  complain: (line) => console.error(line),
});
