/** Whether a change that was tried on a recording is one that nobody makes by mistake. */
import type { ChangeOnRecording, Silenced } from './simulation/compare-on-recording.ts';

/** What is found out on a recording, as far as it is judged here. */
export type TriedChange = Omit<ChangeOnRecording, 'documents'>;

export interface Judgement {
  /** What the change does, in a line. */
  readonly told: string;
  /** Why it is refused; empty: it is not. */
  readonly objections: readonly string[];
}

const MOST_CHANGE_PERCENT = 20;
const MOST_NAMED = 10;

export function judgeChange(change: TriedChange): Judgement {
  const { events, pushesBefore, pushesAfterAtLeast, pushesAfterAtMost, changePercent, unknownEvents } =
    change;
  const after =
    pushesAfterAtLeast === pushesAfterAtMost
      ? String(pushesAfterAtMost)
      : `${String(pushesAfterAtLeast)} to ${String(pushesAfterAtMost)}`;
  const unknown = unknownEvents === 0 ? '' : `; of ${String(unknownEvents)} events it can't be known`;
  const told = `on ${String(events)} recorded events: ${String(pushesBefore)} → ${after} pushes${unknown}`;
  const objections: string[] = [];
  if (events === 0) objections.push('the recording has no events: nothing was tried');
  if (pushesBefore > 0 && pushesAfterAtLeast === 0) {
    objections.push(
      pushesAfterAtMost === 0 ? 'nothing is pushed any more' : 'perhaps nothing is pushed any more',
    );
  }
  if (changePercent > MOST_CHANGE_PERCENT) {
    const percent = Number.isFinite(changePercent) ? `by up to ${changePercent.toFixed(0)} %` : 'from none';
    objections.push(`pushes change ${percent}, more than ${String(MOST_CHANGE_PERCENT)} %`);
  }
  const silenced = [
    ['merchant', change.silencedMerchants],
    ['locale', change.silencedLocales],
  ] as const;
  for (const [what, list] of silenced) {
    if (list.length > 0) objections.push(`${what}s that get no push any more: ${sayList(list)}`);
  }
  return { told, objections };
}

function sayList(list: readonly Silenced[]): string {
  const named = list
    .slice(0, MOST_NAMED)
    .map(({ name, pushesBefore }) => `${name === '' ? '(none)' : name} (${String(pushesBefore)} before)`);
  const rest = list.length - named.length;
  return rest > 0 ? `${named.join(', ')} and ${String(rest)} more` : named.join(', ');
}
