/**
 * What a document means, as a text: two documents with one meaning decide every event alike. So a change that leaves
 * the meaning as it was is no mutant, and two changes with one meaning are one.
 */
import { capFields } from '../../domain/cap.ts';
import { canonicalLocale } from '../../domain/civil.ts';
import { TRIGGERS } from '../../domain/event.ts';
import { durationMs } from '../../rules/document/duration.ts';
import type { RulesDocument } from '../../rules/document/schema.ts';
import type { TextSection } from '../../rules/push-text.ts';

const DEFAULT_TTL = '30m';
const OWN_TITLE = '{{coupon.title}}';
const OWN_BODY = '{{coupon.body}}';

export function meaningOf(document: RulesDocument): string {
  const {
    enabled = true,
    caps,
    quietHours,
    event = {},
    coupon = {},
    merchants = {},
    rollout,
    push,
  } = document;
  const ms = (duration: string | undefined): number | undefined =>
    duration === undefined ? undefined : durationMs(duration);
  return JSON.stringify([
    enabled,
    capsOf(caps),
    quietHours && [quietHours.from, quietHours.to, quietHours.unknownTimeZone ?? 'suppress'],
    [ms(event.maxAge), event.maxAccuracyMeters, triggersOf(event.triggers)],
    [coupon.minDiscountPercent ?? 0, coupon.maxDistanceMeters, ms(coupon.minRemaining) ?? 0],
    [new Set(merchants.allow), new Set(merchants.deny)].map((ids) => [...ids].toSorted()),
    rolloutOf(rollout),
    rulesOf(document),
    textsOf(push ?? {}, true),
    Object.entries(push?.locales ?? {})
      .map(([locale, texts]) => [canonicalLocale(locale), textsOf(texts, false)] as const)
      .filter(([, texts]) => texts.some((text) => text !== undefined))
      .toSorted(([a = ''], [b = '']) => (a < b ? -1 : 1)),
    ms(push?.ttl ?? DEFAULT_TTL),
  ]);
}

/** Without those that are never full before an earlier one is. */
function capsOf(caps: RulesDocument['caps']): unknown {
  return caps.flatMap((cap, index) => {
    const isLooser = caps
      .slice(0, index)
      .some(
        ({ per, max, window }) =>
          max <= cap.max &&
          durationMs(window) >= durationMs(cap.window) &&
          capFields(per).every((field) => capFields(cap.per).includes(field)),
      );
    return isLooser ? [] : [[index, cap.per, cap.max, durationMs(cap.window)]];
  });
}

function triggersOf(triggers: readonly string[] = TRIGGERS): readonly string[] {
  return TRIGGERS.filter((trigger) => triggers.includes(trigger));
}

function rolloutOf(rollout: RulesDocument['rollout']): unknown {
  const { percent = 100, salt = '' } = rollout ?? {};
  return percent > 0 && percent < 100 ? [percent, salt] : percent;
}

/** Boosts add up, in whatever order, and beside exclusions. The first exclusion that holds is named. */
function rulesOf({ rules = [] }: RulesDocument): unknown {
  const excludes = rules.filter(({ then }) => then === 'exclude').map(({ id, when }) => [id, when]);
  const boosts = rules.flatMap((rule) =>
    rule.then === 'boost' && rule.by !== 0 ? [JSON.stringify([rule.when, rule.by])] : [],
  );
  return [excludes, boosts.toSorted()];
}

/** @param isOwn the section's own texts: what stands for the coupon's own is as good as nothing. */
function textsOf({ title, body }: TextSection, isOwn: boolean): readonly unknown[] {
  const bodies = body === undefined ? undefined : [body].flat();
  // After a text without a value nothing is ever asked for.
  const end = bodies?.findIndex((text) => !text.includes('{{')) ?? -1;
  const asked = end === -1 ? bodies : bodies?.slice(0, end + 1);
  const told = asked?.at(-1) === OWN_BODY ? asked.slice(0, -1) : asked;
  return [isOwn && title === OWN_TITLE ? undefined : title, isOwn && told?.length === 0 ? undefined : told];
}
