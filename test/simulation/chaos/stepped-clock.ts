/**
 * Preloaded into a pod (`--import`): lets its wall clock be set ahead or back while it runs, as an administrator or
 * a time server does. The file named by CHAOS_CLOCK_FILE holds the difference in ms and is read again and again;
 * no file is no difference. Timers and `performance.now` go on as they are, as on a real machine.
 */
import { readFileSync } from 'node:fs';

const LOOK_EVERY_MS = 100;

const file = process.env['CHAOS_CLOCK_FILE'];
const realNow = Date.now.bind(Date);
let differenceMs = 0;

const look = (path: string): void => {
  try {
    differenceMs = Number(readFileSync(path, 'utf8'));
  } catch {
    differenceMs = 0;
  }
};

if (file !== undefined) {
  Date.now = () => realNow() + differenceMs;
  globalThis.Date = new Proxy(Date, {
    construct: (target, args: unknown[], newTarget) =>
      Reflect.construct(target, args.length === 0 ? [Date.now()] : args, newTarget) as Date,
    apply: () => new Date().toString(),
  });
  look(file);
  setInterval(look, LOOK_EVERY_MS, file).unref();
}
