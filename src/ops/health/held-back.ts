/** What a person should know of a pod that is ready and pushes nothing, because somebody wants it so: a sentence each. */
import type { KillSwitchFlag } from '../status.ts';

/**
 * @param isEnabled what the rules in force say; undefined where there are none.
 * @param flag what stands in Redis; undefined where nothing does.
 */
export function heldBack(
  isEnabled: boolean | undefined,
  flag: KillSwitchFlag | undefined,
): readonly string[] {
  const notes: string[] = [];
  if (isEnabled === false) notes.push('pushes are held back by the rules in force: enabled is false');
  if (flag !== undefined) {
    const document = isEnabled === true ? ', while the rules in force say enabled: true' : '';
    notes.push(`pushes are held back by the kill switch in Redis (${sayFlag(flag)})${document}`);
  }
  return notes;
}

function sayFlag({ by, since, why }: KillSwitchFlag): string {
  const parts = [`set by ${by ?? 'somebody'}`, since === null ? '' : `since ${since}`, why];
  return parts.filter((part) => part !== '').join(', ');
}
