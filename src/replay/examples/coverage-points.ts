/**
 * What the examples of a document should show: each point is a place of the document and the sides that it has. A rule
 * holds or does not, a limit lets pass or cuts, a text is used.
 */
import type { Path } from '../../rules/document/problem.ts';
import { formatPath } from '../../rules/document/problem.ts';
import type { RulesDocument } from '../../rules/document/schema.ts';

export interface Point {
  readonly path: Path;
  /** What a reader calls it: the path, with a rule's id. */
  readonly name: string;
  readonly sides: readonly Side[];
}

export type Side = 'true' | 'false' | 'cutting' | 'passing' | 'used';

const RULE: readonly Side[] = ['true', 'false'];
const LIMIT: readonly Side[] = ['cutting', 'passing'];
const USED: readonly Side[] = ['used'];

/** In the order in which events meet them. What the document leaves out, or what can't cut, is no point. */
export function listPoints(document: RulesDocument): readonly Point[] {
  const { caps, quietHours, event, coupon, merchants, rollout, rules = [], push } = document;
  const points: Point[] = [];
  const add = (sides: readonly Side[], path: Path, name = formatPath(path)): number =>
    points.push({ path, name, sides });
  const addWhere = (isThere: boolean, sides: readonly Side[], ...path: Path): void => {
    if (isThere) add(sides, path);
  };

  addWhere(event?.maxAge !== undefined, LIMIT, 'event', 'maxAge');
  addWhere(event?.triggers !== undefined, LIMIT, 'event', 'triggers');
  addWhere(event?.maxAccuracyMeters !== undefined, LIMIT, 'event', 'maxAccuracyMeters');
  addWhere(rollout !== undefined && rollout.percent > 0 && rollout.percent < 100, LIMIT, 'rollout');
  addWhere(quietHours !== undefined, LIMIT, 'quietHours');
  addWhere(quietHours?.unknownTimeZone !== undefined, USED, 'quietHours', 'unknownTimeZone');
  caps.forEach((_, index) => add(LIMIT, ['caps', index]));
  addWhere((merchants?.deny ?? []).length > 0, LIMIT, 'merchants', 'deny');
  addWhere((merchants?.allow ?? []).length > 0, LIMIT, 'merchants', 'allow');
  addWhere(coupon?.minDiscountPercent !== undefined, LIMIT, 'coupon', 'minDiscountPercent');
  addWhere(coupon?.maxDistanceMeters !== undefined, LIMIT, 'coupon', 'maxDistanceMeters');
  addWhere(coupon?.minRemaining !== undefined, LIMIT, 'coupon', 'minRemaining');
  rules.forEach(({ id }, index) => add(RULE, ['rules', index], `rules[${String(index)}] ${id}`));
  for (const [path, section] of [
    [['push'], push ?? {}] as const,
    ...Object.entries(push?.locales ?? {}).map(
      ([locale, texts]) => [['push', 'locales', locale], texts] as const,
    ),
  ]) {
    addWhere(section.title !== undefined, USED, ...path, 'title');
    if (typeof section.body === 'string') add(USED, [...path, 'body']);
    else section.body?.forEach((_, index) => add(USED, [...path, 'body', index]));
  }
  addWhere(push?.ttl !== undefined, USED, 'push', 'ttl');
  return points;
}
