/**
 * The words of a push. Title and body are looked up each for itself: by the event's locale, then its parents
 * (`de-AT`, `de`), then the section's own. Of a body list the first template counts whose values are all there.
 * Where no template can be filled, or the section has none, the coupon's own title and body serve.
 */
import type { Coupon } from '../domain/coupon.ts';
import type { PushText } from '../pipeline/ports.ts';
import { canonicalLocale } from '../domain/civil.ts';
import { compileTemplate, type Template, type TextValues } from './language/template.ts';
import type { RulesWitness } from './witness.ts';

export interface TextSection {
  readonly title?: string | undefined;
  readonly body?: string | readonly string[] | undefined;
}

export interface PushSection extends TextSection {
  readonly locales?: Readonly<Record<string, TextSection>> | undefined;
}

type WriteText = (coupon: Coupon, locale: string | undefined, values: TextValues) => PushText;

interface Words {
  readonly title: Template | undefined;
  readonly body: readonly Template[] | undefined;
}

const MAX_REMEMBERED = 1000;

/** @throws Error on a template or locale that the schema refuses: a defect of the caller. */
export function createPushText(section: PushSection | undefined, witness?: RulesWitness): WriteText {
  const compileWords = wordsCompiler(witness);
  const own = compileWords(section ?? {}, 'push');
  const byLocale = new Map<string, Words>();
  for (const [locale, words] of Object.entries(section?.locales ?? {})) {
    byLocale.set(canonicalLocale(locale) ?? locale, compileWords(words, `push.locales.${locale}`));
  }
  const remembered = new Map<string, Words>();

  const wordsFor = (locale: string | undefined): Words => {
    if (locale === undefined || byLocale.size === 0) return own;
    const known = remembered.get(locale);
    if (known !== undefined) return known;
    const chain = [...parents(locale).flatMap((tag) => byLocale.get(tag) ?? []), own];
    const words = {
      title: chain.find(({ title }) => title !== undefined)?.title,
      body: chain.find(({ body }) => body !== undefined)?.body,
    };
    if (remembered.size >= MAX_REMEMBERED) remembered.clear();
    remembered.set(locale, words);
    return words;
  };

  return (coupon, locale, values) => {
    witness?.push?.(coupon);
    const words = wordsFor(locale);
    const title = words.title?.(values) ?? coupon.title;
    const body = firstFilled(words.body, values) ?? coupon.body;
    return {
      title,
      ...(body !== undefined && body !== '' && { body }),
      ...(coupon.deepLink !== undefined && { deepLink: coupon.deepLink }),
    };
  };
}

function firstFilled(templates: readonly Template[] | undefined, values: TextValues): string | undefined {
  for (const template of templates ?? []) {
    const text = template(values);
    if (text !== undefined) return text;
  }
  return undefined;
}

/** `zh-Hant-TW` → itself, `zh-Hant`, `zh`. */
function parents(locale: string): readonly string[] {
  const subtags = locale.split('-');
  return subtags.map((_, index) => subtags.slice(0, subtags.length - index).join('-'));
}

function wordsCompiler(witness: RulesWitness | undefined) {
  return ({ title, body }: TextSection, path: string): Words => ({
    title: title === undefined ? undefined : compile(title, `${path}.title`, witness),
    body:
      typeof body === 'string'
        ? [compile(body, `${path}.body`, witness)]
        : body?.map((text, index) => compile(text, `${path}.body[${String(index)}]`, witness)),
  });
}

function compile(text: string, path: string, witness: RulesWitness | undefined): Template {
  const compiled = compileTemplate(text);
  if (!compiled.ok) throw new Error(compiled.message);
  const { template } = compiled;
  if (witness === undefined) return template;
  return (values) => {
    const filled = template(values, (missing) => witness.textSkipped?.(path, missing));
    if (filled !== undefined) witness.text(path);
    return filled;
  };
}
