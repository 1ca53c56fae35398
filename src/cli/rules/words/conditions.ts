/** The document's `rules` in words. They go by their id, and their order is told where rules of both changed places. */
import type { RulesDocument } from '../../../rules/document/schema.ts';
import { nothingElse, type Difference, type Say } from './difference.ts';

type Rule = NonNullable<RulesDocument['rules']>[number];

export const conditionWords: Say<readonly Rule[]> = (before = [], after = [], path) => {
  const was = new Map(before.map((rule) => [rule.id, rule]));
  const is = new Map(after.map((rule) => [rule.id, rule]));
  const differences: Difference[] = [];
  for (const [id, rule] of was) {
    const now = is.get(id);
    const at = `${path}.${id}`;
    if (now !== undefined) differences.push(...sayChange(rule, now, at));
    else
      differences.push({ path: at, before: rule, after: now, words: `rule ${id} is gone: ${sayRule(rule)}` });
  }
  for (const [index, rule] of after.entries()) {
    if (was.has(rule.id)) continue;
    const previous = after[index - 1];
    const place = previous === undefined ? 'asked first' : `asked after ${previous.id}`;
    const words = `new rule ${rule.id} (${place}): ${sayRule(rule)}`;
    differences.push({ path: `${path}.${rule.id}`, before: undefined, after: rule, words });
  }
  const order = before.map(({ id }) => id).filter((id) => is.has(id));
  const orderNow = after.map(({ id }) => id).filter((id) => was.has(id));
  if (order.join() !== orderNow.join()) {
    const words = `rule order: ${order.join(', ')} → ${orderNow.join(', ')}`;
    differences.push({ path, before: order, after: orderNow, words });
  }
  return differences;
};

function sayRule(rule: Rule): string {
  return `${sayThen(rule)} when ${oneLine(rule.when)}`;
}

function sayThen(rule: Rule): string {
  if (rule.then === 'boost') {
    const { id: _id, when: _when, then, by, ...rest } = rule;
    nothingElse(rest);
    return `${then} by ${String(by)}`;
  }
  const { id: _id, when: _when, then, ...rest } = rule;
  nothingElse(rest);
  return then;
}

function sayChange(before: Rule, after: Rule, path: string): readonly Difference[] {
  const differences: Difference[] = [];
  const add = (key: string, words: string): void => {
    const value = (rule: Rule): unknown => Reflect.get(rule, key);
    differences.push({
      path: `${path}.${key}`,
      before: value(before),
      after: value(after),
      words: `rule ${before.id}: ${words}`,
    });
  };
  const [was, is] = [oneLine(before.when), oneLine(after.when)];
  if (was !== is) add('when', `new condition ${is} (before: ${was})`);
  const [did, does] = [sayThen(before), sayThen(after)];
  if (did !== does) add(before.then === after.then ? 'by' : 'then', `${did} → ${does}`);
  return differences;
}

/** A condition over several lines means the same in one, but for its texts, which keep their spaces. */
function oneLine(condition: string): string {
  return condition
    .replace(/("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|\s+/g, (_, text?: string) => text ?? ' ')
    .trim();
}
