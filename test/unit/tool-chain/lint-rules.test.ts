/** The house's lint rules bite, and can't be switched off by the comment that they judge. */
import { Linter } from 'eslint';
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
