/** What a change of rules would have meant, in the few numbers that an upload is guarded by. */
import { NOT_KNOWN, type Comparison } from '../../../replay/comparison.ts';
import { simulateRecording } from './simulate-recording.ts';

export interface ChangeOnRecording {
  /** Events of the recording. */
  readonly events: number;
  /** What pods did, as they recorded it. */
  readonly pushesBefore: number;
  /** What the candidate would have pushed: surely, and with all that can't be known from the recording. */
  readonly pushesAfterAtLeast: number;
  readonly pushesAfterAtMost: number;
  /** Percent of `pushesBefore`, at the worse bound; 0 where there are none on either side, else Infinity from none. */
  readonly changePercent: number;
  /** Had pushes and have none that is known, most pushes before first. */
  readonly silencedMerchants: readonly Silenced[];
  readonly silencedLocales: readonly Silenced[];
  /** Events whose answer can't be known. */
  readonly unknownEvents: number;
  /** Documents that pods decided by (`version hash`), with their events. */
  readonly documents: ReadonlyMap<string, number>;
}

export interface Silenced {
  readonly name: string;
  readonly pushesBefore: number;
}

/**
 * @param candidate a document's text, valid.
 * @param live the live document's text, where it is known and valid: what its caps saw tells of pushes before the recording.
 * @throws Error for a person, where the recording can't be read.
 */
export async function compareOnRecording(options: {
  readonly candidate: string;
  readonly live: string | undefined;
  readonly recordingFile: string;
  readonly onProgress?: (share: number) => void;
}): Promise<ChangeOnRecording> {
  const { candidate, live, recordingFile, onProgress } = options;
  const { comparison } = await simulateRecording({
    recordingFile,
    rules: candidate,
    live: live === undefined ? [] : [live],
    ...(onProgress !== undefined && { onProgress }),
  });
  const { before, after } = comparison.pushes;
  return {
    events: comparison.events,
    pushesBefore: before.most,
    pushesAfterAtLeast: after.least,
    pushesAfterAtMost: after.most,
    changePercent: changePercent(comparison),
    silencedMerchants: silenced(comparison, 'merchant'),
    silencedLocales: silenced(comparison, 'locale'),
    unknownEvents: sum([...comparison.unknown.after.values()].map(({ events }) => events)),
    documents: comparison.documents,
  };
}

/** How far the number of pushes may move, in percent of those before: the worst that the bounds allow. */
export function changePercent({ pushes: { before, after } }: Comparison): number {
  const worst = Math.max(after.most - before.least, before.most - after.least, 0);
  if (worst === 0) return 0;
  return before.least === 0 ? Infinity : (100 * worst) / before.least;
}

function silenced({ groups }: Comparison, by: 'merchant' | 'locale'): readonly Silenced[] {
  return [...groups[by]]
    .filter(([name, { before, after }]) => name !== NOT_KNOWN && before.least > 0 && after.most === 0)
    .map(([name, { before }]) => ({ name, pushesBefore: before.least }))
    .toSorted((a, b) => b.pushesBefore - a.pushesBefore || (a.name < b.name ? -1 : 1));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, one) => all + one, 0);
}
