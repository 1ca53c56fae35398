/** `coupon-notifier dead-letters`: what it takes, and what it says of what it can't. Nothing of it reaches Kafka. */
import { beforeEach, expect, it } from 'vitest';
import { runDeadLettersCommand } from '../../../../src/cli/dead-letters/program.ts';
import { sayDealt, exitCodeOf } from '../../../../src/cli/dead-letters/say-dealt.ts';

let said: string[];
let complained: string[];
beforeEach(() => {
  said = [];
  complained = [];
});
const line = {
  env: {},
  say: (text: string) => void said.push(text),
  complain: (text: string) => void complained.push(text),
};
const run = (...args: readonly string[]) => runDeadLettersCommand(args, line, 'npm run dead-letters --');

it.each(['list', 'show', 'replay', 'discard', 'log'])(
  '%s --help says its options and exit codes',
  async (name) => {
    expect(await run(name, '--help')).toBe(0);
    expect(said.join('\n')).toMatch(/Usage: npm run dead-letters -- [a-z]+ /);
    expect(said.join('\n')).toMatch(/Exit codes: 0 done; 1 not done, or not all; 78/);
  },
);

it.each([['list'], ['show', '0:1'], ['replay'], ['discard', '--reason', 'invalid'], ['log']])(
  '%s without a broker is exit code 78',
  async (...args) => {
    expect(await run(...args)).toBe(78);
    expect(complained).toEqual(['KAFKA_BROKERS: required, but not set']);
  },
);

it.each([
  [['list', '--reason', 'bad'], /Allowed choices are malformed/],
  [['list', '--partition', '-1'], /number of a partition/],
  [['list', '--since', 'monday'], /Expected a duration/],
  [['show', '17'], /partition:offset/],
  [['replay', '--rate', '0'], /above 0/],
  [['replay', '--rules', 'x.yaml'], /--rules goes with --dry-run/],
  [['discard'], /say which letters, or --all/],
  [['log', '--limit', 'x'], /whole number/],
  [['burn'], /unknown command/],
] as const)('%j is refused', async (args, message) => {
  expect(await run(...args)).toBe(1);
  expect(complained.join('\n')).toMatch(message);
  // Once.
  expect(complained.join('\n').match(new RegExp(message, 'g'))).toHaveLength(1);
});

it('says what was left, and why', () => {
  const dealt = {
    ...{ count: 1200, doneBefore: 3, parked: 2, lost: 1, cameBack: 4, stopped: false, continued: undefined },
    refused: [{ address: { partition: 1, offset: 9 }, error: 'too large' }],
  };
  sayDealt('replay', dealt, false, line);
  expect(said[0]).toBe('1,200 letters put back');
  expect(said).toHaveLength(5);
  expect(complained).toEqual(['1:9 was not taken: too large']);
  expect([exitCodeOf(dealt), exitCodeOf({ ...dealt, refused: [] })]).toEqual([1, 0]);
  expect(exitCodeOf({ ...dealt, refused: [], stopped: true })).toBe(1);
});
