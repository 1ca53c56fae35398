/** The event filters in words: what each went by, and what would have let the event pass. */
import type { LocationEvent } from '../../domain/event.ts';
import { FILTER_REASONS, type FilterReason } from '../../domain/outcome.ts';
import type { EventCheck } from '../../pipeline/steps/apply-event-filters.ts';
import type { RulesDocument } from '../../rules/document/schema.ts';
import { SUPPRESS } from '../../rules/quiet-hours.ts';
import { rolloutPosition } from '../../rules/rollout.ts';
import { namesOf } from '../../runtime/names-of.ts';
import type { Check } from './explanation.ts';
import { listText, momentText, numberText, spanText, wallText } from './words.ts';

export interface FilterScene {
  readonly document: RulesDocument;
  readonly event: LocationEvent;
  /** The reason of the filter that ended the event; undefined: none did. */
  readonly stoppedBy: FilterReason | undefined;
}

/** The caps are asked in many ways and are told elsewhere. */
type Reason = Exclude<EventCheck['reason'], 'cooldown'>;
type CheckOf<R extends Reason> = EventCheck & { readonly reason: R };
interface Said {
  readonly says: string;
  readonly needs: string;
}
type Say<R extends Reason> = (check: CheckOf<R>, scene: FilterScene) => Said;

/** As outcomes name what decided. */
const NAMES: Readonly<Record<Reason, string>> = {
  disabled: 'enabled',
  no_consent: 'pushConsent',
  stale: 'event.maxAge',
  trigger: 'event.triggers',
  inaccurate: 'event.maxAccuracyMeters',
  not_in_rollout: 'rollout',
  quiet_hours: 'quietHours',
};

const SAYS: { readonly [R in Reason]: Say<R> } = {
  disabled: (_, { document: { enabled = true } }) => ({
    says: enabled ? 'the rules are in force' : 'the rules are switched off, nothing is pushed',
    needs: 'enabled: true in the rules',
  }),
  no_consent: (_, { event: { pushConsent } }) => ({
    says: pushConsent ? 'the user consents to pushes' : 'the event says that the user does not want pushes',
    needs: 'pushConsent: true in the event',
  }),
  stale: ({ nowMs, staleAt }, { event: { occurredAtMs } }) => ({
    says: `the event is ${spanText(Math.max(0, nowMs - occurredAtMs))} old, at most ${spanText(staleAt.atMs - occurredAtMs)}`,
    needs: `a decision by ${momentText(staleAt.atMs)}, or a higher ${staleAt.by}`,
  }),
  trigger: (_, { document, event: { trigger } }) => {
    const wanted = document.event?.triggers;
    const list = listText(wanted ?? [], 'or');
    return {
      says: `the trigger is ${trigger}, ${wanted === undefined ? 'and all count' : `and ${list} ${wanted.length === 1 ? 'counts' : 'count'}`}`,
      needs: `the trigger ${list}, or ${trigger} in event.triggers`,
    };
  },
  inaccurate: (_, { document, event: { accuracyMeters } }) => {
    const most = document.event?.maxAccuracyMeters;
    const limit = most === undefined ? 'there is no limit' : `at most ${numberText(most)} m`;
    return {
      says:
        accuracyMeters === undefined
          ? `the event has no accuracy, ${limit}`
          : `the position is accurate to ${numberText(accuracyMeters)} m, ${limit}`,
      needs: `an accuracy of ${numberText(most ?? 0)} m or better`,
    };
  },
  not_in_rollout: (_, { document: { rollout }, event: { userId } }) => {
    if (rollout === undefined) return { says: 'all users take part', needs: '' };
    const position = Math.floor(rolloutPosition(rollout.salt ?? '', userId) * 1000) / 1000;
    return {
      says: `${userId} stands at ${numberText(position)} of 100, and ${numberText(rollout.percent)} % take part`,
      needs: `rollout.percent above ${numberText(position)}, or another salt`,
    };
  },
  quiet_hours: ({ nowMs, timeZone, nextStartMs }, { document: { quietHours } }) => {
    if (quietHours === undefined) return { says: 'there are none', needs: '' };
    const zone = zoneOf(timeZone, quietHours.unknownTimeZone);
    const hours = `quiet from ${quietHours.from} to ${quietHours.to}`;
    if (zone === undefined) {
      return {
        says: `nobody knows the user’s time zone, and nothing is pushed then; ${hours}`,
        needs: 'a time zone in the event or of its merchant, or quietHours.unknownTimeZone',
      };
    }
    const whose = timeZone === undefined ? ' (quietHours.unknownTimeZone)' : '';
    const next = nextStartMs === undefined ? '' : `; they begin next at ${momentText(nextStartMs, zone)}`;
    return {
      says: `it is ${wallText(nowMs, zone)} in ${zone}${whose}, ${hours}${next}`,
      needs: `a decision from ${quietHours.to} on`,
    };
  },
};

/** Whose clock counts. */
export function zoneOf(
  timeZone: string | undefined,
  unknownTimeZone: string | undefined,
): string | undefined {
  return timeZone ?? (unknownTimeZone === SUPPRESS ? undefined : unknownTimeZone);
}

/** In the order of asking. */
export function explainFilters(checks: readonly EventCheck[], scene: FilterScene): readonly Check[] {
  const asked = checks.filter((check): check is CheckOf<Reason> => check.reason !== 'cooldown');
  const last = checks.at(-1);
  const said = asked.map((check): Check => {
    const { says, needs } = say(check, scene);
    const isStop = check === last && check.reason === scene.stoppedBy;
    const name = check.reason === 'stale' ? check.staleAt.by : NAMES[check.reason];
    return { name, verdict: isStop ? 'stopped' : 'passed', says, ...(isStop && { needs }) };
  });
  const rest = namesOf(FILTER_REASONS)
    .filter((reason): reason is Reason => reason in NAMES)
    .filter((reason) => !asked.some((check) => check.reason === reason))
    .map((reason): Check => ({ name: NAMES[reason], verdict: 'not_asked', says: '' }));
  return [...said, ...rest];
}

function say<R extends Reason>(check: CheckOf<R>, scene: FilterScene): Said {
  const words: Say<R> = SAYS[check.reason];
  return words(check, scene);
}
