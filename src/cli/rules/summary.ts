/** One document in a few lines of plain words, so that its editor sees what the service understood. */
import type { RulesDocument } from '../../rules/document/schema.ts';

export function summarize(document: RulesDocument): readonly string[] {
  const { caps, quietHours, rules = [], rollout, push } = document;
  const lines = [
    `version ${document.version}${document.enabled === false ? ', KILL SWITCH: pushes nothing' : ''}`,
    caps.length === 0
      ? 'caps: none, a user may get a push for every event'
      : `caps: ${caps.map(({ per, max, window }) => `${String(max)} per ${per} in ${window}`).join(', ')}`,
    quietHours === undefined
      ? 'quiet hours: none, pushes go out at any hour'
      : `quiet hours: ${quietHours.from} to ${quietHours.to}; time zone unknown: ${quietHours.unknownTimeZone ?? 'suppress'}`,
    rules.length === 0 ? 'rules: none' : `rules: ${rules.map(({ id }) => id).join(', ')}`,
  ];
  if (rollout !== undefined && rollout.percent < 100) lines.push(`rollout: ${String(rollout.percent)} %`);
  if (push?.locales !== undefined) lines.push(`languages: ${Object.keys(push.locales).join(', ')}`);
  return lines;
}
