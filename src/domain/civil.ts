/**
 * Time zones and locales as strings from outside: checked once, answers remembered. The memory is
 * bounded, because what producers send is not ours to trust.
 */

export interface LocalTime {
  /** 0–23. */
  readonly hour: number;
  /** 1–7 from Monday. */
  readonly weekday: number;
}

const REMEMBERED = 2000;
const ZONE_NAME = /^[a-z][a-z0-9_+-]*(\/[a-z0-9_+-]+)*$/i;
/** Java writes the script last, behind `#`; iOS and BCP 47 write it after the language. */
const PHONE_LOCALE = new RegExp(
  '^(?<language>[a-z]{2,3})' +
    '(?:[_-](?<inside>[a-z]{4}))?' +
    '(?:[_-](?<region>[a-z]{2}|\\d{3})?)?' +
    '(?<variants>(?:[_-][a-z0-9]{1,8})*)' +
    '(?:_#(?<behind>[a-z]{4})?[a-z0-9_-]*)?' +
    '(?:\\.[a-z0-9-]+)?' +
    '(?:@(?<modifier>[a-z0-9=;,_+-]*))?$',
  'i',
);
const VARIANT = /^(\d[a-z0-9]{3}|[a-z0-9]{5,8})$/i;
const MODIFIER_SCRIPTS = new Map([
  ['latin', 'Latn'],
  ['cyrillic', 'Cyrl'],
  ['devanagari', 'Deva'],
]);

function remember(compute: (text: string) => string | undefined): (value: unknown) => string | undefined {
  const answers = new Map<string, string | undefined>();
  return (value) => {
    if (typeof value !== 'string' || value.length === 0 || value.length > 128) return undefined;
    if (answers.has(value)) return answers.get(value);
    const answer = compute(value);
    if (answers.size >= REMEMBERED) answers.clear();
    answers.set(value, answer);
    return answer;
  };
}

/**
 * The zone's own name where this runtime knows the given one, else undefined: one name for all spellings, so that what
 * is kept by zone is bounded by the world's zones. Bare offsets such as `+02:00` are no IANA names.
 */
export const canonicalTimeZone: (value: unknown) => string | undefined = remember((name) => {
  if (!ZONE_NAME.test(name)) return undefined;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone;
  } catch {
    return undefined;
  }
});

/** The name as it was given where it is a zone that this runtime knows, else undefined. */
export function knownTimeZone(value: unknown): string | undefined {
  return canonicalTimeZone(value) === undefined ? undefined : (value as string);
}

/** The canonical form of a well-formed BCP 47 tag, else undefined. */
export const canonicalLocale: (value: unknown) => string | undefined = remember(canonicalTag);

/**
 * The same for a locale as phones and servers write it, too: `de_DE`, `en_US_POSIX`, `de_DE.UTF-8`, `sr_RS@latin` and
 * Java's `zh_HK_#Hant`. What is beside language, script, region and variants is left out: texts go by nothing else.
 */
export const readLocale: (value: unknown) => string | undefined = remember((text) => {
  const tag = canonicalTag(text);
  if (tag !== undefined || !/[_#.@]/.test(text)) return tag;
  const {
    language,
    inside,
    region,
    variants = '',
    behind,
    modifier = '',
  } = PHONE_LOCALE.exec(text)?.groups ?? {};
  if (language === undefined) return undefined;
  const kept = variants.split(/[_-]/).filter((variant) => VARIANT.test(variant));
  const script = inside ?? behind ?? MODIFIER_SCRIPTS.get(modifier.toLowerCase());
  return canonicalTag([language, script, region, ...kept].filter((part) => part !== undefined).join('-'));
});

function canonicalTag(tag: string): string | undefined {
  try {
    return Intl.getCanonicalLocales(tag)[0];
  } catch {
    return undefined;
  }
}
