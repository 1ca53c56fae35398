/**
 * Puts letters back into their topic, or marks them as discarded: each once, whoever else does the same at the time, and
 * wherever it is killed. The record that goes back and the mark in the ledger are one transaction. Who begins takes the
 * pen from whoever had it, and reads every mark first. A try of unknown fate is settled by the marks, too.
 */
import { randomUUID } from 'node:crypto';
import { isTopicRefusal } from '../../kafka/producers/record-refusals.ts';
import { RecordsRefusedError, WriterReplacedError } from '../../kafka/producers/transactions.ts';
import type { PlacedRecord } from '../../kafka/producers/transactions.ts';
import type { Backoff } from '../../runtime/backoff.ts';
import type { Clock } from '../../runtime/clock.ts';
import { errorText } from '../../runtime/error-text.ts';
import { retry } from '../../runtime/retry.ts';
import { actionRecord, findUnfinished, type Action } from './actions.ts';
import { describeFilter, matches, type Filter } from './filter.ts';
import { isParked, readLetter, type Letter, type LetterAddress } from './letter.ts';
import { createPace } from './pace.ts';
import type { Desk } from './ports.ts';
import { replayRecord } from './replay-record.ts';
import { spansOf } from './spans.ts';

export interface Dealing {
  readonly what: Action['what'];
  readonly filter: Filter;
  /** Also letters that are parked. */
  readonly parked: boolean;
  readonly by: string;
  readonly note?: string | undefined;
  /** Letters a second; undefined: as fast as it goes. */
  readonly rate?: number | undefined;
  readonly clock: Clock;
  /** Aborted: what is begun is finished, and no more. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number) => void;
}

export interface Dealt {
  /** Letters that were dealt with now. */
  readonly count: number;
  /** Passed by, of those that were asked for. */
  readonly doneBefore: number;
  readonly parked: number;
  /** Without a value, as the dead-letter topic did not take it. */
  readonly lost: number;
  /** Came back since the command was begun that this one goes on with. */
  readonly cameBack: number;
  readonly refused: readonly { readonly address: LetterAddress; readonly error: string }[];
  /** What this one went on with: it had not come to its end. */
  readonly continued: Action | undefined;
  readonly stopped: boolean;
}

/** Somebody else has begun to put back or discard letters meanwhile. */
export class TakenOverError extends Error {
  override readonly name = 'TakenOverError';
}

/** A commit takes as long for few letters as for many, and the brokers' limit for a batch is about 1 MiB. */
const BATCH_LETTERS = 2000;
const BATCH_BYTES = 512 * 1024;
/** How long Kafka may be away in the middle. */
const TRIES = 12;
const PAUSE_MS = 2500;
const PAUSES: Backoff = { firstMs: PAUSE_MS, longestMs: PAUSE_MS, jitter: { below: 0 } };
/** Who takes the pen says so in the ledger within this time. */
const SAID_WITHIN_MS = 3000;
const LOOK_AGAIN_MS = 250;

/** @throws TakenOverError; Error where Kafka stays away. What was committed until then is done and counted. */
export async function dealWith(desk: Desk, dealing: Dealing): Promise<Dealt> {
  const { what, filter, parked, by, note, rate, clock, signal } = dealing;
  await desk.takePen();
  const known = new Set(desk.actions.list().map(({ id }) => id));
  const spans = await spansOf(desk, filter);
  const described = describeFilter(filter);
  const continued = findUnfinished(desk.actions.list(), { what, parked, filter: described });
  const pace = createPace(rate, clock, signal);
  const batchLetters = Math.min(BATCH_LETTERS, Math.max(1, Math.ceil((rate ?? Infinity) / 4)));
  const counts = { doneBefore: 0, parked: 0, lost: 0, cameBack: 0 };
  const refused: { address: LetterAddress; error: string }[] = [];
  const partitionsOf = new Map<string, number | undefined>();
  /** Why a topic takes nothing. */
  const faultOf = new Map<string, string>();
  let action: Action = {
    ...{ id: randomUUID(), what, by, beganAt: new Date(clock.now()).toISOString() },
    ...{ filter: described, parked, ...(note !== undefined && { note }), count: 0 },
    ends: Object.fromEntries(spans.map(({ partition, to }) => [String(partition), to])),
  };

  /** @returns undefined for a letter that is not to be dealt with now. */
  function judge(letter: Letter): 'yes' | keyof typeof counts | undefined {
    if (!matches(letter, filter)) return undefined;
    if (desk.marks.of(letter.address) !== undefined) return 'doneBefore';
    if (what === 'discard') return 'yes';
    if (letter.lostBytes !== undefined) return 'lost';
    if (isParked(letter) && !parked) return 'parked';
    const { partition, offset } = letter.address;
    const isLater = offset >= (continued?.ends[String(partition)] ?? Infinity);
    return isLater && letter.replays > 0 ? 'cameBack' : 'yes';
  }

  /** @returns false where it has nowhere to go. */
  async function hasTopic({ source: { topic }, address }: Letter): Promise<boolean> {
    if (!partitionsOf.has(topic)) partitionsOf.set(topic, await desk.partitionsOf(topic));
    const isThere = partitionsOf.get(topic) !== undefined;
    const error = isThere ? faultOf.get(topic) : `there is no topic ${topic}`;
    if (error !== undefined) refused.push({ address, error });
    return error === undefined;
  }

  const toRecord = (letter: Letter): PlacedRecord =>
    replayRecord(letter, partitionsOf.get(letter.source.topic) ?? 1);

  /** Kafka may be away as long as for a write. A stop ends that. */
  const patiently = (task: () => Promise<void>): Promise<void> =>
    retry(task, { clock, backoff: PAUSES, signal, maxTries: TRIES });
  const isStopped = (): boolean => signal?.aborted === true;

  /** Takes the pen again, where it was not taken by somebody else. */
  async function settle(error: unknown): Promise<void> {
    if (error instanceof WriterReplacedError) {
      for (let waitedMs = 0; waitedMs <= SAID_WITHIN_MS; waitedMs += LOOK_AGAIN_MS) {
        await patiently(() => desk.look());
        const other = desk.actions.list().find(({ id }) => id !== action.id && !known.has(id));
        if (other !== undefined)
          throw new TakenOverError(`${other.by} has begun to ${other.what} letters at ${other.beganAt}`);
        await clock.sleep(LOOK_AGAIN_MS);
      }
    }
    await patiently(() => desk.takePen());
    action = desk.actions.list().find(({ id }) => id === action.id) ?? action;
  }

  async function write(letters: readonly Letter[]): Promise<void> {
    let left = letters;
    for (let tries = 1; left.length > 0; tries += 1) {
      const next = { ...action, count: action.count + left.length };
      const mark = what === 'replay' ? 'replayed' : 'discarded';
      try {
        const records = what === 'replay' ? left.map(toRecord) : [];
        const addresses = left.map(({ address }) => address);
        await desk.commit(records, [...desk.marks.plan(addresses, mark), actionRecord(next)]);
        action = next;
        return;
      } catch (error) {
        await settle(error);
        left = left.filter(({ address }) => desk.marks.of(address) === undefined);
        if (error instanceof RecordsRefusedError) {
          await writeParts(left, error);
          return;
        }
        if (tries >= TRIES) throw error;
        await clock.sleep(PAUSE_MS, signal);
        if (isStopped()) return;
      }
    }
  }

  /** What can't be written is halved until it stands alone. A topic that takes nothing is not asked for each. */
  async function writeParts(letters: readonly Letter[], error: RecordsRefusedError): Promise<void> {
    const byTopic = Map.groupBy(letters, ({ source }) => source.topic);
    const isOfTopic = what === 'replay' && isTopicRefusal(error);
    if (letters.length > 1 && !(isOfTopic && byTopic.size === 1)) {
      for (const part of isOfTopic ? byTopic.values() : halves(letters)) if (!isStopped()) await write(part);
      return;
    }
    if (isOfTopic) for (const topic of byTopic.keys()) faultOf.set(topic, errorText(error));
    for (const { address } of letters) refused.push({ address, error: errorText(error) });
  }

  /** All is done by now, so nobody who has taken over is in the way. */
  async function conclude(): Promise<void> {
    const ended = actionRecord({ ...action, endedAt: new Date(clock.now()).toISOString() });
    try {
      await desk.commit([], [ended]);
    } catch (error) {
      if (error instanceof WriterReplacedError) return;
      await patiently(() => desk.takePen());
      await desk.commit([], [ended]);
    }
  }

  async function writeInPace(letters: readonly Letter[]): Promise<void> {
    await pace(letters.length);
    if (isStopped()) return;
    await write(letters);
    dealing.onProgress?.(action.count);
  }

  const closing = continued === undefined ? [] : [actionRecord({ ...continued, endedAt: action.beganAt })];
  const begins = new Map(spans.map(({ partition, from }) => [partition, from]));
  const isWhole = filter.sinceMs === undefined && filter.letter === undefined;
  const swept = [...desk.actions.planSweep(), ...(isWhole ? desk.marks.planSweep(begins) : [])];
  await desk.commit([], [actionRecord(action), ...closing, ...swept]);

  for (const span of spans) {
    let batch: Letter[] = [];
    let bytes = 0;
    for await (const message of desk.read(span)) {
      if (isStopped()) break;
      const letter = readLetter(message, span.partition);
      const verdict = letter && judge(letter);
      if (letter === undefined || verdict === undefined) continue;
      if (verdict !== 'yes') {
        counts[verdict] += 1;
        continue;
      }
      if (what === 'replay' && !(await hasTopic(letter))) continue;
      batch.push(letter);
      bytes += letter.value?.length ?? 0;
      if (batch.length < batchLetters && bytes < BATCH_BYTES) continue;
      await writeInPace(batch);
      [batch, bytes] = [[], 0];
    }
    if (batch.length > 0 && !isStopped()) await writeInPace(batch);
  }
  const stopped = isStopped();
  if (!stopped) await conclude();
  return { count: action.count, ...counts, refused, continued, stopped };
}

function halves<T>(items: readonly T[]): readonly (readonly T[])[] {
  const middle = Math.ceil(items.length / 2);
  return [items.slice(0, middle), items.slice(middle)];
}
