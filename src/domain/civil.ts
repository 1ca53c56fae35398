/**
 * Instants, time zones and locales as strings from outside: checked once, answers remembered. The memory is
 * bounded, because what producers send is not ours to trust.
 */

const RFC_3339 = /^(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(\.\d+)?([Zz]|[+-]\d{2}:\d{2})$/;
/** As nearly every producer writes it, valid for certain and as a Date takes it. */
const PLAIN = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z$/;
const REMEMBERED = 2000;

/**
 * RFC 3339 with offset → epoch ms, or undefined where the text is none. Days that the month doesn't have are
 * refused; a leap second (`:60`) counts as the second after `:59`.
 */
export function parseInstant(text: string): number | undefined {
  if (PLAIN.test(text)) return Date.parse(text);
  const match = RFC_3339.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second, fraction = '', offset = 'Z'] = match;
  const leap = second === '60';
  if (Number(day) > daysInMonth(Number(year), Number(month))) return undefined;
  if (Number(hour) > 23) return undefined;
  // `slice(0, 4)`: a point and three digits, all that a Date keeps.
  const seconds = leap ? '59' : (second ?? '');
  const millis = Date.parse(
    `${year ?? ''}-${month ?? ''}-${day ?? ''}T${hour ?? ''}:${minute ?? ''}:${seconds}${fraction.slice(0, 4)}${offset.toUpperCase()}`,
  );
  if (Number.isNaN(millis)) return undefined;
  return leap ? millis + 1000 : millis;
}

function daysInMonth(year: number, month: number): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate();
}

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

/** The zone's name where this runtime knows it, else undefined. Bare offsets such as `+02:00` are no IANA names. */
export const knownTimeZone: (value: unknown) => string | undefined = remember((name) => {
  if (/^[+-]/.test(name)) return undefined;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return name;
  } catch {
    return undefined;
  }
});

/** The canonical form of a well-formed BCP 47 tag, else undefined. */
export const canonicalLocale: (value: unknown) => string | undefined = remember((tag) => {
  try {
    return Intl.getCanonicalLocales(tag)[0];
  } catch {
    return undefined;
  }
});
