/**
 * What the linter holds the code to. Typed rules because a lost promise is this service's worst bug; house rules
 * (kebab-case files, no classes but errors, named exports, short files) so that a reader finds every room built
 * the same way. A disabled rule needs a reason beside it and is itself an error once it is no longer needed.
 */
import js from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';
import { houseRules } from './test/tools/lint-rules.ts';

const noClasses = [
  {
    selector: 'ClassDeclaration:not([superClass.name=/Error$/])',
    message: 'Plain functions and closures; a class only for an Error.',
  },
  { selector: 'ClassExpression', message: 'Plain functions and closures; a class only for an Error.' },
];

const HANDED =
  'Domain, pipeline, stream, rules and replay are pure: take it from runtime/, or have it handed in.';
const IMPURE_GLOBALS = [
  ...['process', 'performance', 'setTimeout', 'setInterval', 'setImmediate', 'clearTimeout', 'clearInterval'],
  ...['clearImmediate', 'fetch'],
];
const IMPURE_PROPERTIES = { Math: 'random', Date: 'now', AbortSignal: 'timeout' };
const noNow = [
  { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: HANDED },
  { selector: "CallExpression[callee.name='Date']", message: HANDED },
];
const noDefaultExport = { selector: 'ExportDefaultDeclaration', message: 'Named exports only.' };

export default defineConfig(
  globalIgnores(['dist/', 'coverage/', '.cache/']),
  {
    linterOptions: { reportUnusedDisableDirectives: 'error', reportUnusedInlineConfigs: 'error' },
    plugins: { house: houseRules },
    rules: { 'house/explained-disable': 'error', 'house/kebab-case-file': 'error' },
  },
  js.configs.recommended,
  tseslint.configs.strictTypeChecked,
  tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      'max-lines': ['error', { max: 300 }],
      'no-console': 'error',
      'no-restricted-syntax': ['error', ...noClasses, noDefaultExport],
      eqeqeq: 'error',
      'object-shorthand': 'error',
      'prefer-const': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-import-type-side-effects': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/return-await': ['error', 'in-try-catch'],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true },
      ],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-unnecessary-condition': ['error', { allowConstantLoopConditions: true }],
      // It asks for the very `!` that no-non-null-assertion forbids.
      '@typescript-eslint/non-nullable-type-assertion-style': 'off',
      // Both cost seconds and guard what the house has none of: classes with data, and enums of our own.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      '@typescript-eslint/no-unsafe-enum-assignment': 'off',
      // A port's promise is part of its type; an adapter that answers from memory may have nothing to await.
      '@typescript-eslint/require-await': 'off',
    },
  },
  {
    files: ['src/{domain,pipeline,stream,rules,replay}/**/*.ts'],
    rules: {
      'no-restricted-globals': [
        'error',
        {
          globals: IMPURE_GLOBALS.map((name) => ({ name, message: HANDED })),
          checkGlobalObject: true,
        },
      ],
      'no-restricted-properties': [
        'error',
        ...Object.entries(IMPURE_PROPERTIES).map(([object, property]) => ({
          ...{ object, property, message: HANDED },
        })),
      ],
      'no-restricted-syntax': ['error', ...noClasses, noDefaultExport, ...noNow],
    },
  },
  {
    // Commands and the demo speak to a person; the service itself speaks through its logger.
    files: ['src/cli/**', 'test/**'],
    rules: { 'no-console': 'off' },
  },
  {
    files: ['test/**'],
    rules: {
      // A fake or a schedule is read in one piece; its imports alone are tens of lines.
      'max-lines': ['error', { max: 350 }],
      // A test that reads a missing element fails there and then, which is what it is for.
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-empty-function': 'off',
      // `expect(port.method)` names a method without calling it.
      '@typescript-eslint/unbound-method': 'off',
    },
  },
  {
    // A browser's names: its own tsconfig.json knows them.
    files: ['src/ops/page/browser/**'],
    rules: { 'no-undef': 'off' },
  },
  {
    // Tools ask for a default export of their configuration.
    files: ['*.config.{js,ts}', '.dependency-cruiser.js'],
    rules: { 'no-restricted-syntax': ['error', ...noClasses] },
  },
);
