/**
 * Push texts: `Only {{coupon.distanceMeters}} m away`. Variables are checked when the rules are loaded. A template with
 * a value missing (absent or empty) makes no text at all, so that nobody reads "Only  m away". Nor does one that a
 * partner's long values make longer than any push service takes. Coordinates are not offered: a push passes through
 * hands that need not know where its reader stood.
 */
import { suggest } from './suggest.ts';

export interface TextValues {
  readonly coupon: {
    readonly couponId: string;
    readonly merchantId: string;
    readonly title: string;
    readonly body: string | undefined;
    readonly category: string | undefined;
    readonly discountPercent: number | undefined;
    readonly distanceMeters: number | undefined;
    readonly remainingMinutes: number | undefined;
  };
  readonly merchant: {
    readonly merchantId: string;
    readonly name: string | undefined;
    readonly tier: string | undefined;
    readonly category: string | undefined;
  };
  readonly event: {
    readonly trigger: string;
    readonly merchantId: string | undefined;
    readonly locale: string | undefined;
    readonly localHour: number | undefined;
  };
}

/** Of a text that a template has made, in UTF-16 units. */
const MAX_LENGTH = 4096;

type Read = (values: TextValues) => string | number | undefined;

interface Variable {
  readonly name: string;
  readonly read: Read;
}

/** Whole metres, whole minutes, and a discount with at most two decimals. */
const VARIABLES: ReadonlyMap<string, Read> = new Map<string, Read>([
  ['coupon.couponId', (values) => values.coupon.couponId],
  ['coupon.merchantId', (values) => values.coupon.merchantId],
  ['coupon.title', (values) => values.coupon.title],
  ['coupon.body', (values) => values.coupon.body],
  ['coupon.category', (values) => values.coupon.category],
  ['coupon.discountPercent', ({ coupon }) => rounded(coupon.discountPercent, 2)],
  ['coupon.distanceMeters', ({ coupon }) => rounded(coupon.distanceMeters, 0)],
  ['coupon.remainingMinutes', ({ coupon }) => coupon.remainingMinutes],
  ['merchant.merchantId', (values) => values.merchant.merchantId],
  ['merchant.name', (values) => values.merchant.name],
  ['merchant.tier', (values) => values.merchant.tier],
  ['merchant.category', (values) => values.merchant.category],
  ['event.trigger', (values) => values.event.trigger],
  ['event.merchantId', (values) => values.event.merchantId],
  ['event.locale', (values) => values.event.locale],
  ['event.localHour', (values) => values.event.localHour],
]);

export const TEMPLATE_VARIABLES: readonly string[] = [...VARIABLES.keys()];

/**
 * @param noteMissing hears which variable has no value; undefined: the text is too long.
 * @returns the text, or undefined where there is none.
 */
export type Template = (
  values: TextValues,
  noteMissing?: (variable: string | undefined) => void,
) => string | undefined;

export type CompiledTemplate =
  | { readonly ok: true; readonly template: Template }
  /** `offset`: where in the text, in UTF-16 units. */
  | { readonly ok: false; readonly message: string; readonly offset: number };

export function compileTemplate(text: string): CompiledTemplate {
  const parts: (string | Variable)[] = [];
  let position = 0;
  for (;;) {
    const open = text.indexOf('{{', position);
    parts.push(open === -1 ? text.slice(position) : text.slice(position, open));
    if (open === -1) break;
    const close = text.indexOf('}}', open + 2);
    if (close === -1) return { ok: false, message: 'this "{{" has no "}}"', offset: open };
    const name = text.slice(open + 2, close).trim();
    const read = VARIABLES.get(name);
    if (read === undefined) return { ok: false, message: explainUnknown(name), offset: open };
    parts.push({ name, read });
    position = close + 2;
  }
  return { ok: true, template: (values, noteMissing) => fill(parts, values, noteMissing) };
}

function fill(
  parts: readonly (string | Variable)[],
  values: TextValues,
  noteMissing: Parameters<Template>[1],
): string | undefined {
  let text = '';
  for (const part of parts) {
    if (typeof part === 'string') {
      text += part;
      continue;
    }
    const value = part.read(values);
    if (value === undefined || value === '') {
      noteMissing?.(part.name);
      return undefined;
    }
    text += String(value);
    if (text.length > MAX_LENGTH) {
      noteMissing?.(undefined);
      return undefined;
    }
  }
  return text;
}

function explainUnknown(name: string): string {
  if (/\.(latitude|longitude)$/.test(name)) return `coordinates don't go into a push: {{${name}}}`;
  const nearest = suggest(name, TEMPLATE_VARIABLES);
  const hint =
    nearest === undefined ? `; there are ${TEMPLATE_VARIABLES.join(', ')}` : `; did you mean "${nearest}"?`;
  return `unknown variable {{${name}}}${hint}`;
}

function rounded(value: number | undefined, decimals: number): number | undefined {
  if (value === undefined) return undefined;
  const scale = 10 ** decimals;
  return Math.round(value * scale) / scale;
}
