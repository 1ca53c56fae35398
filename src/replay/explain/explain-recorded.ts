/**
 * A recorded event, decided again by rules, and explained. The user's other records are replayed with it: their pushes
 * are what the caps go by. What the recording does not say is told as not known.
 */
import type { DeliveryRecord, RecordingLine } from '../../domain/decision.ts';
import { compileRules } from '../../rules/document/compile-rules.ts';
import type { RulesDocument } from '../../rules/document/schema.ts';
import { isSameOutcome, recordedAnswer, UNKNOWN_BECAUSE, type Answer } from '../answer.ts';
import { CLOCK_MARGIN_MS } from '../moments.ts';
import { readRecordedEvent, standingOf, type RecordedEvent } from '../recorded-event.ts';
import { createReorder } from '../reorder.ts';
import { createUserReplay, type Compared } from '../replay-user.ts';
import { mayPrecede } from '../unsure-pushes.ts';
import { explainDecision } from './explain.ts';
import { sayOutcome } from './say-outcome.ts';
import type { Explanation } from './explanation.ts';
import { createTracer, type Trace } from './trace.ts';
import { countText } from './words.ts';

export interface RecordedUser {
  /** Of one user, in whatever order. */
  readonly lines: readonly RecordingLine[];
  /** Epoch ms: when the recording began; undefined: with the first of the lines. */
  readonly beganMs: number | undefined;
  /** Records beside them that could not be read; whose they are may not be known. */
  readonly unreadable: number;
  /** True: nobody had a push before that. */
  readonly nothingBefore?: boolean;
}

/** @returns undefined where no line is of the event. @param hash of the document's bytes. */
export async function explainRecorded(
  document: RulesDocument,
  hash: string,
  eventId: string,
  { lines, beganMs, unreadable, nothingBefore = false }: RecordedUser,
): Promise<Explanation | undefined> {
  const deliveries = lines.filter((line) => line.kind === 'delivery');
  const reorder = createReorder<RecordedEvent>(mayPrecede);
  for (const line of lines) {
    if (line.kind !== 'decision') continue;
    const recorded = readRecordedEvent(line, CLOCK_MARGIN_MS);
    reorder.add(standingOf(recorded), recorded, 1);
  }
  const ordered = reorder.rest();
  const [earliest] = ordered;
  const runs = ordered.filter(({ value }) => value.record.eventId === eventId);
  const event = runs[0]?.value;
  if (earliest === undefined || event === undefined) return undefined;
  const { record } = event;

  const tracer = createTracer();
  const rules = compileRules(document, hash, tracer.rules);
  /** Of an event that is asked at both ends: by what surely counts. */
  let first: Trace | undefined;
  let isTurn = false;
  let isHeard = false;
  const replay = createUserReplay({
    rules,
    against: undefined,
    beganMs: beganMs ?? earliest.value.atMs,
    nothingBefore,
    witness: {
      ...tracer,
      // Others may be asked in its turn, of what they may have claimed; it in theirs, which is of no account.
      begin: (asked) => {
        if (isHeard) first ??= tracer.read();
        isHeard = isTurn && asked.record === record;
        tracer.begin();
      },
    },
  });
  for (const delivery of deliveries) replay.delivery(delivery);
  let compared: Compared | undefined;
  for (const { value, isLate, following } of ordered) {
    tracer.begin();
    isTurn = value === event;
    compared = await replay.decision(value, isLate, following);
    if (isTurn) break;
  }
  if (compared === undefined) return undefined;
  const trace = first ?? tracer.read();
  const { after } = compared;
  const explanation = explainDecision({
    ...{ document, rules, event: event.event, trace },
    nowMs: event.atMs,
    outcome: after.kind === 'known' ? after.outcome : undefined,
    push: after.kind === 'known' ? after.text : undefined,
    hidesPlaces: true,
    notes: [
      ...notesOf(record, after, hash, runs.length, deliveries),
      ...(unreadable > 0
        ? [`${countText(unreadable, 'record')} could not be read, perhaps of this user.`]
        : []),
    ],
  });
  if (after.kind === 'known') return explanation;
  const { needs: _notGiven, ...rest } = explanation;
  return { ...rest, summary: `Not known: ${UNKNOWN_BECAUSE[after.because]}` };
}

function notesOf(
  record: RecordedEvent['record'],
  after: Answer,
  hash: string,
  runs: number,
  deliveries: readonly DeliveryRecord[],
): readonly string[] {
  const recorded = recordedAnswer(record).outcome;
  const isSameRules = record.rulesHash === hash;
  const by = `${record.rulesVersion} (${record.rulesHash === '' ? 'of an unknown hash' : record.rulesHash})`;
  const then = `Then, pods decided by ${isSameRules ? 'these very rules' : `the rules ${by}`}: ${sayOutcome(recorded)}.`;
  const differs = after.kind === 'known' && !isSameOutcome(after.outcome, recorded);
  const end = deliveries.find(({ eventId }) => eventId === record.eventId);
  return [
    then,
    ...(differs && isSameRules
      ? ['What these rules come to now differs: what decided was not in the recording.']
      : []),
    ...(recorded.kind === 'queued'
      ? [
          end === undefined
            ? 'How that push ended is not recorded.'
            : `That push ended as ${end.outcome} at ${end.at}.`,
        ]
      : []),
    ...(runs > 1
      ? [`The event was delivered again: of ${countText(runs, 'record')} this is the first.`]
      : []),
    ...(deliveries.length === 0 ? ['No record says how a push of this user ended.'] : []),
  ];
}
