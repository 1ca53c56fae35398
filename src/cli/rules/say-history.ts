/** Who did what, when and why, in words that all commands share. */
import type { KillSwitchFlag } from '../../claims/kill-switch.ts';
import type { HistoryEntry } from '../../documents/history/entry.ts';

/** `2026-11-27 20:22:54 UTC` */
export const sayTime = (at: string): string => `${at.slice(0, 19).replace('T', ' ')} UTC`;

/** `uploaded by anna@desk on 2026-11-27 20:22:54 UTC, "more pushes"` */
export function sayUpload({ by, at, note, how }: HistoryEntry): string {
  const done =
    how.kind === 'found' ? 'put there by other means' : how.kind === 'upload' ? 'uploaded' : 'rolled back';
  const who = by === null ? '' : ` by ${by}`;
  return `${done}${who} on ${sayTime(at)}${note === null ? '' : `, "${note}"`}`;
}

/** `set by anna@desk on 2026-11-27 20:22:54 UTC, rules 7: too many pushes` */
export function sayFlag({ by, since, why }: KillSwitchFlag): string {
  const when = since === null ? '' : ` on ${sayTime(since)}`;
  return `set by ${by ?? 'somebody'}${when}${why === '' ? '' : `, ${why}`}`;
}
