/** What a variable's value may look like: a form each, whose error says what is expected and never what was found. */
import { isIPv6 } from 'node:net';
import { z } from 'zod';

const MAX_TIMER_MS = 2 ** 31 - 1;

function number(what: string, min: number, max: number): z.ZodType<number> {
  return z
    .string()
    .regex(/^\d{1,16}$/, `expected ${what}`)
    .transform(Number)
    .refine((found) => found >= min && found <= max, `expected ${what}`);
}

export const durationMs = (min: number, max = MAX_TIMER_MS): z.ZodType<number> =>
  number(`a whole number of ms from ${String(min)} to ${String(max)}`, min, max);
export const count = (min: number, max = Number.MAX_SAFE_INTEGER): z.ZodType<number> =>
  number(
    `a whole number of at least ${String(min)}${max < Number.MAX_SAFE_INTEGER ? ` and at most ${String(max)}` : ''}`,
    min,
    max,
  );

export const percent = z
  .string()
  .regex(/^\d{1,3}(\.\d{1,9})?$/, 'expected a number from 0 to 100')
  .transform(Number)
  .refine((found) => found <= 100, 'expected a number from 0 to 100');

export const flag = z
  .enum(['true', 'false'], { error: 'expected true or false' })
  .transform((text) => text === 'true');
export const text = z.string();
/** A hash tag or a further level in it would meet the service's own. */
export const redisPrefix = z
  .string()
  .regex(/^[A-Za-z0-9._-]{1,64}$/, 'expected 1 to 64 letters, digits, . _ -');
/** As the brokers check it: `.` and `..` are no names. */
export const topic = z
  .string()
  .regex(/^(?!\.{1,2}$)[a-zA-Z0-9._-]{1,249}$/, 'expected a topic name (letters, digits, . _ -)');
export const oneOf = <const T extends readonly [string, ...string[]]>(...values: T): z.ZodType<T[number]> =>
  z.enum(values, { error: `expected one of ${values.join(', ')}` });

function url(protocols: readonly string[]): z.ZodType<string> {
  return z.string().refine(
    (found) => {
      const parsed = URL.parse(found);
      if (parsed === null || !protocols.includes(parsed.protocol) || parsed.hostname === '') return false;
      return isEncoded(parsed.username) && isEncoded(parsed.password);
    },
    `expected a URL that begins with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`,
  );
}

/** A `%` in a password has to be written as `%25`. */
function isEncoded(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

const httpUrl = url(['http:', 'https:']);
/** What can't have an effect is refused: calls go to paths under it, and carry their own Authorization. */
export const baseUrl = httpUrl.refine((found) => {
  const parsed = URL.parse(found);
  return (
    parsed === null ||
    (parsed.search === '' && parsed.hash === '' && parsed.username + parsed.password === '')
  );
}, 'expected a base URL without user, password, query and fragment');
export const endpointUrl = httpUrl.refine((found) => {
  const parsed = URL.parse(found);
  return parsed === null || (parsed.hash === '' && parsed.username + parsed.password === '');
}, 'expected a URL without user, password and fragment');
/** The way to the proxy itself has no TLS; what goes through it has. */
export const proxyUrl = url(['http:']).refine((found) => {
  const parsed = URL.parse(found);
  return parsed === null || (parsed.pathname === '/' && parsed.search === '' && parsed.hash === '');
}, 'expected http://[user:password@]host:port');
/** A number behind the host is the database; anything else there would silently be none. */
export const redisUrl = url(['redis:', 'rediss:']).refine(
  (found) => /^\/?\d{0,4}$/.test(URL.parse(found)?.pathname ?? ''),
  'expected redis://host:port, and behind it nothing or the number of a database',
);
export const s3Uri = z
  .string()
  .regex(/^s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]\/.+$/, 'expected s3://bucket/key');

/** One or more. */
export const addresses = z
  .string()
  .transform((list) => list.split(',').map((address) => address.trim()))
  .refine(
    (list) => list.every(isAddress),
    'expected host:port, comma-separated, such as kafka-1:9092 or [::1]:9092',
  );

function isAddress(text: string): boolean {
  const [, host = '', ipv6, port = ''] = /^([^\s:[\]/@]+|\[([^\s\]]+)\]):(\d{1,5})$/.exec(text) ?? [];
  const isPort = Number(port) >= 1 && Number(port) <= 65_535;
  return host !== '' && isPort && (ipv6 === undefined || isIPv6(ipv6));
}

/** A host and nothing else: the intake's address is built from it. */
export const datadogSite = z
  .string()
  .regex(
    /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$/i,
    'expected a bare site such as datadoghq.eu, without https:// and path',
  );

export const tags = z
  .string()
  .transform((list) => list.split(',').map((tag) => tag.trim()))
  .refine((list) => list.every((tag) => /^[^\s:,]+:[^\s,]+$/.test(tag)), 'expected k:v,k:v');

/** OpenTelemetry's lists: names as HTTP headers have them, values percent-encoded where they need be. */
export const pairs = z
  .string()
  .refine(
    (list) => listed(list).every(isPair),
    'expected name=value,name=value, with commas, blanks and % in values percent-encoded',
  );

/** @param list as {@link pairs} takes it. */
export function readPairs(list: string | undefined): Record<string, string> {
  const named = listed(list ?? '').map((pair) => {
    const at = pair.indexOf('=');
    return [pair.slice(0, at).trim(), decodeURIComponent(pair.slice(at + 1).trim())];
  });
  return Object.fromEntries(named) as Record<string, string>;
}

function listed(list: string): readonly string[] {
  return list.split(',').filter((pair) => pair.trim() !== '');
}

function isPair(pair: string): boolean {
  const [, value] = /^\s*[\w!#$%&'*+.^`|~-]+\s*=(.*)$/.exec(pair) ?? [];
  return value !== undefined && isEncoded(value) && /^[\x20-\x7e]*$/.test(decodeURIComponent(value));
}

export const ratio = z
  .string()
  .regex(/^(0|1|0?\.\d{1,9}|0\.0*|1\.0*)$/, 'expected a number from 0 to 1')
  .transform(Number);
