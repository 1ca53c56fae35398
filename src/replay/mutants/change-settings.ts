/** The changes of what stops an event before its coupons: kill switch, caps, quiet hours, and the event's own limits. */
import { CAP_SUBJECTS } from '../../domain/cap.ts';
import { TRIGGERS, type Trigger } from '../../domain/event.ts';
import { durationMs, formatDuration, MINUTE_MS } from '../../rules/document/duration.ts';
import type { Path } from '../../rules/document/problem.ts';
import type { RulesDocument } from '../../rules/document/schema.ts';
import { namesOf } from '../../runtime/names-of.ts';
import { change, leftOut, overAndUnder } from './change.ts';
import type { Change } from './mutant.ts';

export function changeSettings(document: RulesDocument): readonly Change[] {
  return [
    ...changeEnabled(document),
    ...changeCaps(document),
    ...changeQuietHours(document),
    ...changeEvent(document),
  ];
}

function changeEnabled({ enabled }: RulesDocument): readonly Change[] {
  return [
    change(['enabled'], enabled ?? true, enabled === false, 'any example that expects a push, or none'),
  ];
}

function changeCaps({ caps }: RulesDocument): readonly Change[] {
  const each = caps.flatMap((cap, index): readonly Change[] => {
    const { per, max, window } = cap;
    const at = (key: keyof typeof cap): Path => ['caps', index, key];
    const ms = durationMs(window);
    const full = `${String(max)} of them before`;
    return [
      change(
        at('max'),
        max,
        max - 1,
        `${String(max - 1)} pushes before, all counted by this cap, and one more is queued`,
      ),
      change(
        at('max'),
        max,
        max + 1,
        `${full}, all counted by this cap, and expect: { rule: caps[${String(index)}] }`,
      ),
      change(
        at('window'),
        window,
        formatDuration(ms / 2),
        `a push before that is between ${formatDuration(ms / 2)} and ${window} old, and expect: { reason: cooldown }`,
      ),
      change(
        at('window'),
        window,
        formatDuration(ms * 2),
        `a push before that is older than ${window}, and expect: { outcome: queued }`,
      ),
      ...namesOf(CAP_SUBJECTS).map((subject) =>
        change(
          at('per'),
          per,
          subject,
          `pushes before that agree by ${per} and not by ${subject}, or the other way round`,
        ),
      ),
      change(
        ['caps', index],
        `${String(max)} per ${per} in ${window}`,
        undefined,
        `pushes before that only this cap counts, and expect: { rule: caps[${String(index)}] }`,
      ),
    ];
  });
  return [...each, change(['caps'], 'all of them', [], 'any example that expects cooldown')];
}

function changeQuietHours({ quietHours }: RulesDocument): readonly Change[] {
  if (quietHours === undefined) return [];
  const { from, to, unknownTimeZone = 'suppress' } = quietHours;
  const borders = (['from', 'to'] as const).flatMap((key) => {
    const [path, time] = [['quietHours', key], quietHours[key]];
    const [before, after] = [shiftTime(time, -1), shiftTime(time, 1)];
    return [
      change(path, time, before, `an event at ${before} on the user’s clock, before ${time}`),
      change(path, time, after, `an event at ${time} on the user’s clock`),
    ];
  });
  const other = unknownTimeZone === 'suppress' ? 'Etc/UTC' : 'suppress';
  const unknown = 'an event without a time zone, ';
  return [
    ...borders,
    change(['quietHours', 'unknownTimeZone'], unknownTimeZone, other, `${unknown}outside of quiet hours`),
    ...(unknownTimeZone === 'suppress'
      ? []
      : [
          change(
            ['quietHours', 'unknownTimeZone'],
            unknownTimeZone,
            farFrom(unknownTimeZone),
            `${unknown}at an hour that is quiet in ${unknownTimeZone}`,
          ),
        ]),
    change(
      ['quietHours'],
      `${from} to ${to}`,
      undefined,
      'an event in quiet hours, and expect: { reason: quiet_hours }',
    ),
  ];
}

function shiftTime(time: string, minutes: number): string {
  const atMs = Date.parse(`2000-01-01T${time}:00Z`) + minutes * MINUTE_MS;
  return new Date(atMs).toISOString().slice(11, 16);
}

function farFrom(zone: string): string {
  return zone.startsWith('Pacific/') ? 'Europe/Berlin' : 'Pacific/Auckland';
}

function changeEvent({ event }: RulesDocument): readonly Change[] {
  if (event === undefined) return [];
  const { maxAge, maxAccuracyMeters, triggers } = event;
  const age = 'an event whose age lies between the two (and a maxEventAge above both)';
  return [
    ...overAndUnder(['event', 'maxAge'], maxAge, age),
    ...overAndUnder(
      ['event', 'maxAccuracyMeters'],
      maxAccuracyMeters,
      'an event whose accuracyMeters lies between the two, or on the border',
    ),
    ...(triggers === undefined ? [] : changeTriggers(triggers)),
    ...leftOut(['event'], event, 'an event that only this stops'),
  ];
}

function changeTriggers(triggers: readonly Trigger[]): readonly Change[] {
  const path = ['event', 'triggers'];
  return [
    ...triggers.map((trigger, index) =>
      change([...path, index], trigger, undefined, `an event with trigger: ${trigger} that is queued`),
    ),
    ...TRIGGERS.map((trigger) =>
      change(
        path,
        triggers,
        [...triggers, trigger],
        `an event with trigger: ${trigger}, and expect: { reason: trigger }`,
      ),
    ),
  ];
}
