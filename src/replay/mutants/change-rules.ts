/** The changes of the rules and of what a push says. */
import type { Path } from '../../rules/document/problem.ts';
import type { RulesDocument } from '../../rules/document/schema.ts';
import type { TextSection } from '../../rules/push-text.ts';
import { excludeEachOther } from '../../rules/language/exclude-each-other.ts';
import { varyCondition } from '../../rules/language/vary-condition.ts';
import { overAndUnder } from './change.ts';
import { inWords, type Change } from './mutant.ts';

type Rule = NonNullable<RulesDocument['rules']>[number];

/** Sure to be seen, where a rule decides at all. */
const A_BOOST = 1;

export function changeRules({ rules = [] }: RulesDocument): readonly Change[] {
  const each = rules.flatMap((rule, index) => [
    ...changeCondition(rule, index),
    ...changeVerdict(rule, index),
    {
      path: ['rules', index],
      value: undefined,
      was: `the rule ${rule.id}`,
      is: 'left out',
      hint: `an example that ends otherwise without ${rule.id}`,
    },
  ]);
  // Boosts add up in whatever order, and where only one of two can hold, it is named in any.
  const excluding = rules.flatMap(({ then }, index) => (then === 'exclude' ? [index] : []));
  const swapped = excluding.slice(1).flatMap((later, at): readonly Change[] => {
    const earlier = excluding[at] as number;
    const [first, second] = [rules[earlier] as Rule, rules[later] as Rule];
    if (excludeEachOther(first.when, second.when)) return [];
    return [
      {
        path: ['rules'],
        value: rules.with(earlier, second).with(later, first),
        was: `${first.id}, ${second.id}`,
        is: `${second.id}, ${first.id}`,
        hint: `a coupon that both exclude, and expect: { rule: ${first.id} }`,
      },
    ];
  });
  const all = {
    path: ['rules'],
    value: undefined,
    was: 'all rules',
    is: 'left out',
    hint: 'any example in which a rule decides',
  };
  return [...each, ...swapped, all];
}

function changeCondition({ id, when }: Rule, index: number): readonly Change[] {
  return varyCondition(when).map(({ text, from, to }) => ({
    path: ['rules', index, 'when'],
    value: text,
    was: from,
    is: to,
    hint: `a coupon that tells the two apart, and an outcome that ${id} decides`,
  }));
}

function changeVerdict(rule: Rule, index: number): readonly Change[] {
  const { id, when } = rule;
  const path = ['rules', index];
  if (rule.then === 'exclude') {
    const value = { id, when, then: 'boost', by: A_BOOST };
    return [
      {
        path,
        value,
        was: 'then: exclude',
        is: `then: boost, by: ${String(A_BOOST)}`,
        hint: `a coupon that only ${id} excludes`,
      },
    ];
  }
  const hint = `two coupons whose scores differ by ${String(rule.by)} without the rule, or expect: { score: … }`;
  const turned = { path: [...path, 'by'], value: -rule.by, was: String(rule.by), is: String(-rule.by), hint };
  const excludes = {
    path,
    value: { id, when, then: 'exclude' },
    was: 'then: boost',
    is: 'then: exclude',
    hint: `a coupon that ${id} boosts and that is queued`,
  };
  return [...overAndUnder([...path, 'by'], rule.by, hint), turned, excludes];
}

export function changePush({ push }: RulesDocument): readonly Change[] {
  if (push === undefined) return [];
  const { locales = {}, ttl } = push;
  const ofLocales = Object.entries(locales).flatMap(([locale, section]) => [
    ...changeTexts(['push', 'locales', locale], section, `event: { locale: ${locale} }, and `),
    gone(
      ['push', 'locales', locale],
      `the language ${locale}`,
      `an event with locale: ${locale}, and expect: { title: …, body: … }`,
    ),
  ]);
  const expires = 'expect: { expiresAfter: … }';
  return [
    ...changeTexts(['push'], push, ''),
    ...ofLocales,
    gone(['push', 'locales'], 'all languages', 'an event with a locale'),
    ...overAndUnder(['push', 'ttl'], ttl, expires),
    ...(ttl === undefined ? [] : [gone(['push', 'ttl'], ttl, expires)]),
    gone(['push'], 'the section', 'any example that expects title or body'),
  ];
}

function changeTexts(path: Path, { title, body }: TextSection, whose: string): readonly Change[] {
  const said = (key: string, more = ''): string => `${whose}expect: { ${key}: … }${more}`;
  const other = (at: Path, text: string, key: string): Change => ({
    path: at,
    value: `${text}~`,
    was: inWords(text),
    is: inWords(`${text}~`),
    hint: said(key),
  });
  const bodies = typeof body === 'object' ? body : [];
  const ofTitle =
    title === undefined
      ? []
      : [other([...path, 'title'], title, 'title'), gone([...path, 'title'], inWords(title), said('title'))];
  return [
    ...ofTitle,
    gone([...path, 'body'], 'all texts', said('body')),
    ...(typeof body === 'string' ? [other([...path, 'body'], body, 'body')] : []),
    ...bodies.flatMap((text, index) => [
      other([...path, 'body', index], text, 'body'),
      gone([...path, 'body', index], inWords(text), said('body', ', with the values that this text needs')),
    ]),
    ...bodies.slice(1).map((second, index): Change => {
      const value = bodies.with(index, second).with(index + 1, bodies[index] as string);
      return {
        path: [...path, 'body'],
        value,
        was: 'in this order',
        is: `text ${String(index + 2)} before text ${String(index + 1)}`,
        hint: said('body', ', with the values that both need'),
      };
    }),
  ];
}

function gone(path: Path, was: string, hint: string): Change {
  return { path, value: undefined, was, is: 'left out', hint };
}
