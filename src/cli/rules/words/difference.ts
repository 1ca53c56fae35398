/** What words are made of: a difference, and a table that has words for every key of a section. */

export interface Difference {
  /** As in the document: `quietHours.from`, `rules.no-alcohol`, `push.locales.de.body`. */
  readonly path: string;
  /** As it is written; undefined: left out. */
  readonly before: unknown;
  readonly after: unknown;
  /** One line for people. */
  readonly words: string;
}

/** Undefined: left out. */
export type Say<Value> = (
  before: Value | undefined,
  after: Value | undefined,
  path: string,
) => readonly Difference[];

/** Words for every key of a section. A key without words does not compile. */
export type WordsFor<Section> = { readonly [Key in keyof Section]-?: Say<NonNullable<Section[Key]>> };

export interface Wording<Value> {
  /** A value in words; undefined: what it means where it is left out. */
  readonly show: (value: Value | undefined) => string;
  /** What must differ; default: the words. */
  readonly meaning?: (value: Value | undefined) => unknown;
  /** The words of the new value with what follows from it. */
  readonly now?: (shown: string) => string;
}

/** Words for a value that is compared as a whole: `least discount 10 % → 15 %`. */
export function changed<Value>(what: string, wording: Wording<Value>): Say<Value> {
  const { show, meaning = show, now = (shown) => shown } = wording;
  return (before, after, path) =>
    meaning(before) === meaning(after)
      ? []
      : [{ path, before, after, words: `${what} ${show(before)} → ${now(show(after))}` }];
}

/** Words key by key, where a section that is left out is one without keys. */
export function keyByKey<Section extends object>(words: WordsFor<Section>): Say<Section> {
  return (before, after, path) =>
    (Object.keys(words) as (keyof Section & string)[]).flatMap((key) => {
      const say = words[key] as Say<unknown>;
      return say(before?.[key], after?.[key], path === '' ? key : `${path}.${key}`);
    });
}

/** What is left of a value once all that has words is taken away: a key without words does not compile. */
export function nothingElse(_rest: Readonly<Record<string, never>>): void {
  // The type says it all.
}

const MOST_NAMED = 20;

/** `a, b, c`; of very many the first, and how many there are beside them. */
export function some(names: readonly string[]): string {
  const rest = names.length - MOST_NAMED;
  return rest <= 0 ? names.join(', ') : `${names.slice(0, MOST_NAMED).join(', ')} and ${String(rest)} more`;
}

export const quoted = (text: string): string => `"${text}"`;
