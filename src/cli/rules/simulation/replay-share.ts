/** One worker's part of a simulation: reads the recording, replays the events of its users, counts. */
import { readDecision } from '../../../domain/read-decision.ts';
import type { Ruleset } from '../../../pipeline/ports.ts';
import { createComparison } from '../../../replay/comparison.ts';
import { countInto } from '../../../replay/count-events.ts';
import { CLOCK_MARGIN_MS } from '../../../replay/moments.ts';
import { readRecordedEvent, standingOf, type RecordedEvent } from '../../../replay/recorded-event.ts';
import { createReorder, HELD_BYTES, type Ordered } from '../../../replay/reorder.ts';
import { createUserReplay } from '../../../replay/replay-user.ts';
import { mayPrecede } from '../../../replay/unsure-pushes.ts';
import { parseRules } from '../../../rules/document/parse-rules.ts';
import type { BadLine, WorkerResult, WorkerTask } from './messages.ts';
import { readOwnLines, type OwnLine } from './own-lines.ts';

const MAX_BAD_LINES = 5;

/** @param noteBytes hears how much of the file has been read. */
export async function replayShare(
  task: WorkerTask,
  noteBytes: (bytes: number) => void,
): Promise<WorkerResult> {
  const rules = compile(task.rules);
  const against = task.against === undefined ? undefined : compile(task.against);
  const replay = createUserReplay({
    rules,
    against,
    live: task.live.map(compile),
    beganMs: task.beganMs,
    nothingBefore: task.nothingBefore,
  });
  const comparison = createComparison();
  const count = countInto(comparison, {
    maxIds: task.maxIds,
    hashes: { before: against?.hash, after: rules.hash },
  });
  // All workers together hold as much as one would.
  const reorder = createReorder<RecordedEvent>(mayPrecede, HELD_BYTES / task.workers);
  const badLines: BadLine[] = [];
  let unreadable = 0;
  let deliveries = 0;

  const decideAll = async (ordered: readonly Ordered<RecordedEvent>[]): Promise<void> => {
    for (const { value, isLate, following } of ordered)
      count(await replay.decision(value, isLate, following), isLate);
  };
  const take = async ({ text, number, bytes }: OwnLine): Promise<void> => {
    const read = readDecision(text);
    if (!read.ok) {
      unreadable += 1;
      if (badLines.length < MAX_BAD_LINES) badLines.push({ number, problem: read.problem });
    } else if (read.record.kind === 'delivery') {
      deliveries += 1;
      replay.delivery(read.record);
    } else {
      const event = readRecordedEvent(read.record, CLOCK_MARGIN_MS);
      await decideAll(reorder.add(standingOf(event), event, bytes));
    }
  };
  for await (const lines of readOwnLines(task.file, task, noteBytes)) {
    for (const line of lines) await take(line);
  }
  await decideAll(reorder.rest());
  return { comparison, deliveries, badLines, unreadable };
}

function compile(text: string): Ruleset {
  const parsed = parseRules(text);
  if (!parsed.ok) throw new Error('a document that was checked before is not valid');
  return parsed.rules;
}
