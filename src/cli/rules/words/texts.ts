/** The texts of a push in words: `new text for de`. */
import type { RulesDocument } from '../../../rules/document/schema.ts';
import { changed, keyByKey, quoted, type Say, type WordsFor } from './difference.ts';

type Push = NonNullable<RulesDocument['push']>;
type Texts = NonNullable<Push['locales']>[string];
type Body = NonNullable<Texts['body']>;

const sayTitle = (title: string | undefined): string =>
  title === undefined ? 'the coupon’s own title' : quoted(title);
const sayBody = (body: Body | undefined): string =>
  body === undefined ? 'the coupon’s own body' : [body].flat().map(quoted).join(', else ');

function textWords(what: string, locale?: string): WordsFor<Texts> {
  const show =
    <Value>(say: (value: Value | undefined) => string) =>
    (value: Value | undefined): string =>
      value === undefined && locale !== undefined ? 'the text for all' : say(value);
  return {
    title: changed(`${what}: title`, { show: show(sayTitle) }),
    body: changed(`${what}: body`, { show: show(sayBody) }),
  };
}

const localeWords: Say<NonNullable<Push['locales']>> = (before = {}, after = {}, path) =>
  [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((locale) => {
    const [was, is] = [before[locale], after[locale]];
    const at = `${path}.${locale}`;
    if (was !== undefined && is !== undefined) {
      return keyByKey(textWords(`new text for ${locale}`, locale))(was, is, at);
    }
    const texts = was ?? is ?? {};
    const said = [
      ...(texts.title === undefined ? [] : [`title ${sayTitle(texts.title)}`]),
      ...(texts.body === undefined ? [] : [`body ${sayBody(texts.body)}`]),
    ];
    const what = is === undefined ? `language ${locale} is gone` : `new language ${locale}`;
    return [
      { path: at, before: was, after: is, words: said.length === 0 ? what : `${what}: ${said.join(', ')}` },
    ];
  });

/** @param ttl says how long a push may wait. */
export const pushWords = (ttl: Say<string>): Say<Push> =>
  keyByKey<Push>({ ...textWords('new text'), locales: localeWords, ttl });
