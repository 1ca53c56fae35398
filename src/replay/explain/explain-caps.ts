/** Caps in words: how many pushes count, since when, and when there is room again. */
import { capName } from '../../pipeline/steps/apply-event-filters.ts';
import { durationMs } from '../../rules/document/duration.ts';
import type { RulesDocument } from '../../rules/document/schema.ts';
import type { Check, Verdict } from './explanation.ts';
import type { CapAsked } from './trace.ts';
import { countText, listText, momentText, numberText } from './words.ts';

const MAX_MOMENTS = 3;

/** @param asked those for the user, or those for one coupon. A cap that was asked twice is told as the last time. */
export function explainCaps(
  document: RulesDocument,
  asked: readonly CapAsked[],
  zone: string | undefined,
): readonly Check[] {
  const last = new Map(asked.map((one) => [one.cap, one]));
  return [...last.values()].toSorted((a, b) => a.cap - b.cap).map((one) => explainCap(document, one, zone));
}

function explainCap(document: RulesDocument, asked: CapAsked, zone: string | undefined): Check {
  const { cap, least, sinceMs } = asked;
  const { per, max, window } = document.caps[cap] as RulesDocument['caps'][number];
  const limit = `at most ${numberText(max)} per ${per} in ${window}`;
  const verdict = verdictOf(asked, max);
  // It has room again once so many have left its window that fewer than `max` count.
  const leaving = sinceMs.toSorted((a, b) => a - b)[least - max];
  const isKnown = leaving !== undefined && sinceMs.length === least;
  return {
    name: capName(cap),
    verdict,
    says: `${sayCount(asked)}, ${limit}${sayMoments(asked, zone)}`,
    ...(verdict === 'stopped' && {
      needs: isKnown
        ? `a decision from ${momentText(leaving + durationMs(window), zone)} on, if nothing else is pushed`
        : 'that a push leaves the window, or was not made',
    }),
    ...(verdict === 'not_known' && {
      needs: `to know whether ${countText(max - least, 'more push of these counts', 'more pushes of these count')}`,
    }),
  };
}

function verdictOf({ least, most }: CapAsked, max: number): Verdict {
  if (least >= max) return 'stopped';
  return most >= max ? 'not_known' : 'passed';
}

function sayCount({ least, most }: CapAsked): string {
  if (least === most) return countText(least, 'push counts', 'pushes count');
  const counts = countText(least, 'push surely counts', 'pushes surely count');
  if (most === Infinity) return `${counts}, and nobody knows of those before the recording`;
  return `${counts}, ${numberText(most)} at most`;
}

function sayMoments({ sinceMs }: CapAsked, zone: string | undefined): string {
  if (sinceMs.length === 0) return '';
  const shown = sinceMs.toSorted((a, b) => b - a).slice(0, MAX_MOMENTS);
  const more = sinceMs.length > shown.length ? ' and earlier' : '';
  return `; pushed at ${listText(shown.map((atMs) => momentText(atMs, zone)))}${more}`;
}
