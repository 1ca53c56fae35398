/**
 * Letters hold ids and people's whereabouts, and are read on shared screens. So what is shown of them is covered, letter
 * by letter, but for what is plainly harmless: marks, names of fields, times, words of a closed list. It works on text
 * that is no JSON, too: what it does not know, it covers.
 */
import { EVENT_FIELDS, TRIGGERS } from '../../domain/event.ts';

const COVER = '•';
const HARMLESS_FIELDS: ReadonlySet<string> = new Set([
  'occurredAt',
  'trigger',
  'accuracyMeters',
  'timeZone',
  'locale',
  'pushConsent',
]);
const HARMLESS_WORDS: ReadonlySet<string> = new Set(['true', 'false', 'null', ...TRIGGERS]);
/** A text in quotes, closed or not; or a word. */
const PARTS = /"(?:[^"\\\n]|\\.)*"?|[^\s"{}[\],:]+/gu;
const MOMENT = /^"?\d{4}-\d{2}-\d{2}T[\d:.]+(?:Z|[+-]\d{2}:\d{2})"?$/;

/** As many characters as before, so that what stands below still points to the right one. */
export function redactText(text: string): string {
  let field = '';
  return text.replace(PARTS, (part: string, at: number) => {
    const plain = part.replace(/^"|"$/g, '');
    const isName = /^\s*:/.test(text.slice(at + part.length, at + part.length + 20));
    if (isName) {
      field = plain;
      return EVENT_FIELDS.has(plain) ? part : cover(part);
    }
    const isHarmless = HARMLESS_WORDS.has(plain) || HARMLESS_FIELDS.has(field);
    // Of a broken text nobody knows what the next word belongs to.
    field = '';
    return isHarmless || MOMENT.test(part) ? part : cover(part);
  });
}

/** White space and quotes stay. */
export function cover(text: string): string {
  return text.replace(/[^\s"\\]/g, COVER);
}

/**
 * An error as it may be shown: without the ids that its letter has, and without anything that may be a coordinate.
 *
 * @param ids what the letter says of user, event and merchant.
 */
export function redactError(error: string, ids: readonly string[]): string {
  let text = error;
  for (const id of [...ids].sort((a, b) => b.length - a.length))
    if (id !== '') text = text.replaceAll(id, cover(id));
  return text.replace(/-?\d{1,3}\.\d{3,}/g, (number) => cover(number));
}
