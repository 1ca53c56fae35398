/** The house's lint rules bite, each where it is in force, and can't be switched off by the comment that they judge. */
import { ESLint, Linter } from 'eslint';
import { describe, expect, it } from 'vitest';
import { houseRules } from '../../tools/lint-rules.ts';

function lint(code: string, filename = 'a-file.js'): string[] {
  const config: Linter.Config = {
    files: ['**/*.{js,ts}'],
    plugins: { house: houseRules },
    rules: { 'house/explained-disable': 'error', 'house/kebab-case-file': 'error', 'no-var': 'error' },
  };
  return new Linter()
    .verify(code, config, { filename })
    .map(({ ruleId, messageId }) => `${ruleId}:${messageId}`);
}

const REASON = 'house/explained-disable:reason';
const RULES = 'house/explained-disable:rules';

describe('a disabled rule', () => {
  it('passes with its name and a reason', () => {
    expect(
      lint('// eslint-disable-next-line no-var -- the driver looks for this global\nvar a = 1;'),
    ).toEqual([]);
    expect(lint('/* eslint-disable no-var -- the driver looks for these globals */\nvar a = 1;')).toEqual([]);
  });

  it('fails without a reason, or with one that says nothing', () => {
    expect(lint('// eslint-disable-next-line no-var\nvar a = 1;')).toEqual([REASON]);
    expect(lint('var a = 1; // eslint-disable-line no-var -- why')).toEqual([REASON]);
  });

  it('fails without its name, though it then switches off every rule', () => {
    expect(lint('/* eslint-disable */\nvar a = 1;')).toEqual([RULES, REASON]);
    expect(lint('/* eslint-disable -- this file is full of old code */\nvar a = 1;')).toEqual([RULES]);
    expect(lint('var a = 1; // eslint-disable-line')).toEqual([RULES, REASON]);
  });

  it('is not seen in a comment that only speaks of it', () => {
    expect(lint('// Nobody may write eslint-disable here.\nexport const a = 1;')).toEqual([]);
  });
});

describe('a file name', () => {
  it.each(['process-event.ts', 'main.ts', '.dependency-cruiser.js', 'vitest.config.ts', 's3-get.v2.ts'])(
    'may be %s',
    (name) => {
      expect(lint('', name)).toEqual([]);
    },
  );

  it.each(['processEvent.ts', 'Process.ts', 'process_event.ts', 'process--event.ts'])(
    'may not be %s',
    (name) => {
      expect(lint('', name)).toEqual(['house/kebab-case-file:name']);
    },
  );
});

describe('time, timers, chance and the process', () => {
  const names = ['no-restricted-globals', 'no-restricted-properties', 'no-restricted-syntax'];

  /** The rules in force for a file of this room, as eslint.config.js has them. */
  async function lintIn(room: string, code: string): Promise<(string | null)[]> {
    const found: unknown = await new ESLint().calculateConfigForFile(`src/${room}/a-file.ts`);
    const { rules } = found as { readonly rules: Record<string, Linter.RuleEntry> };
    const inForce = Object.fromEntries(
      names.flatMap((name) => (name in rules ? [[name, rules[name]!]] : [])),
    );
    return new Linter().verify(code, { rules: inForce }).map(({ ruleId }) => ruleId);
  }

  const planted: readonly [string, string][] = [
    ['no-restricted-globals', 'export const pod = process.env.POD_NAME;'],
    ['no-restricted-globals', 'export const at = performance.now();'],
    ['no-restricted-globals', 'setTimeout(() => undefined, 1);'],
    ['no-restricted-globals', 'export const timer = globalThis.setInterval(() => undefined, 1);'],
    ['no-restricted-globals', 'setImmediate(() => undefined);'],
    ['no-restricted-properties', 'export const drawn = Math.random();'],
    ['no-restricted-properties', 'export const { random } = Math;'],
    ['no-restricted-properties', 'export const now = Date.now;'],
    ['no-restricted-properties', 'export const signal = AbortSignal.timeout(1);'],
    ['no-restricted-syntax', 'export const today = new Date();'],
    ['no-restricted-syntax', 'export const text = Date();'],
  ];

  it.each(['domain', 'pipeline/steps', 'stream/execute', 'rules/language', 'replay'])(
    'are nothing that %s reaches by itself',
    async (room) => {
      for (const [rule, code] of planted) expect(await lintIn(room, code), code).toEqual([rule]);
    },
  );

  it('may be handed in, and a date may be made of a time', async () => {
    const code = `
      import { monotonicMs } from '../runtime/clock.ts';
      export const iso = (nowMs) => new Date(nowMs).toISOString();
      export const tookMs = (clock, sinceMs) => clock.now() - sinceMs + monotonicMs();
    `;
    expect(await lintIn('pipeline', code)).toEqual([]);
  });

  it('are there for runtime and for what knows the world', async () => {
    for (const room of ['runtime', 'kafka']) {
      for (const [, code] of planted) expect(await lintIn(room, code), code).toEqual([]);
    }
  });
});
