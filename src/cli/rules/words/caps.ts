/** Caps in words. Two documents' caps are paired by subject and window, then by subject. */
import { parseDuration } from '../../../rules/document/duration.ts';
import type { RulesDocument } from '../../../rules/document/schema.ts';
import { nothingElse, type Difference, type Say } from './difference.ts';

type Cap = RulesDocument['caps'][number];
type Pair = readonly [before: Cap | undefined, after: Cap | undefined];

const windowOf = (cap: Cap): number | undefined => parseDuration(cap.window);

function sayCap({ per, max, window, ...rest }: Cap): string {
  nothingElse(rest);
  return `${String(max)} ${max === 1 ? 'push' : 'pushes'} per ${per} in ${window}`;
}

export const capWords: Say<RulesDocument['caps']> = (before = [], after = [], path) => {
  const differences = pair(before, after).flatMap(([was, is]) => sayPair(was, is, path));
  if (differences.length > 0 || before.every((cap, index) => isSame(cap, after[index]))) return differences;
  return [{ path, before, after, words: 'caps: another order, by which outcomes name them' }];
};

function sayPair(was: Cap | undefined, is: Cap | undefined, path: string): readonly Difference[] {
  if (was === undefined || is === undefined) {
    const words =
      is === undefined ? was && `cap gone: at most ${sayCap(was)}` : `new cap: at most ${sayCap(is)}`;
    return [{ path, before: was, after: is, words: words ?? '' }];
  }
  if (isSame(was, is)) return [];
  const words =
    windowOf(was) === windowOf(is)
      ? `at most ${String(was.max)} → ${sayCap(is)}`
      : `at most ${sayCap(was)} → ${was.max === is.max ? is.window : sayCap(is)}`;
  return [{ path, before: was, after: is, words }];
}

function isSame(one: Cap, other: Cap | undefined): boolean {
  if (other === undefined) return false;
  return one.per === other.per && one.max === other.max && windowOf(one) === windowOf(other);
}

function pair(before: readonly Cap[], after: readonly Cap[]): readonly Pair[] {
  const left = [...after];
  const partners = new Map<Cap, Cap>();
  const alike: readonly ((one: Cap, other: Cap) => boolean)[] = [
    isSame,
    (one, other) => one.per === other.per && windowOf(one) === windowOf(other),
    (one, other) => one.per === other.per,
  ];
  for (const isAlike of alike) {
    for (const cap of before) {
      if (partners.has(cap)) continue;
      const at = left.findIndex((other) => isAlike(cap, other));
      const [partner] = at < 0 ? [] : left.splice(at, 1);
      if (partner !== undefined) partners.set(cap, partner);
    }
  }
  return [
    ...before.map((cap): Pair => [cap, partners.get(cap)]),
    ...left.map((cap): Pair => [undefined, cap]),
  ];
}
