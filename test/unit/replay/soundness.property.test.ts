/**
 * A replay never guesses: whatever a recording does not say, what would have been lies within the bounds, and an answer
 * that is known is the same in every world that would have left this recording.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isSameOutcome, pushesOf, type Answer } from '../../../src/replay/answer.ts';
import { readRecordedEvent, standingOf, type RecordedEvent } from '../../../src/replay/recorded-event.ts';
import { createReorder } from '../../../src/replay/reorder.ts';
import { createUserReplay } from '../../../src/replay/replay-user.ts';
import { mayPrecede } from '../../../src/replay/unsure-pushes.ts';
import {
  BEGAN_MS,
  documentText,
  hidden,
  MARGIN_MS,
  rulesOf,
  worldEvent,
  type Hidden,
  type WorldEvent,
} from '../../support/replay/drawn-world.ts';
import { live, type Lived } from '../../support/replay/small-world.ts';
import type { DecisionRecord } from '../../../src/domain/decision.ts';
import type { Outcome } from '../../../src/domain/outcome.ts';
import type { Ruleset } from '../../../src/pipeline/ports.ts';

const EVENTS = 5;
const RUNS = 400;
/** Some seconds of CPU, on a machine that others keep busy. */
const BUSY_MACHINE_MS = 300_000;

interface Played {
  readonly events: readonly WorldEvent[];
  readonly unseen: Hidden;
  readonly others: readonly Hidden[];
  readonly liveText: string;
  readonly text: string;
}

const world: fc.Arbitrary<Played> = fc.record({
  events: fc.array(worldEvent, { minLength: 2, maxLength: EVENTS }),
  unseen: hidden(EVENTS),
  others: fc.array(hidden(EVENTS), { minLength: 6, maxLength: 6 }),
  liveText: documentText,
  text: documentText,
});

interface Options {
  readonly nothingBefore: boolean;
  readonly isLiveKnown: boolean;
  /** Records say when Redis was asked. */
  readonly isTimed: boolean;
}

async function replay(
  recording: Lived,
  rules: Ruleset,
  liveRules: Ruleset,
  options: Options,
): Promise<readonly Answer[]> {
  const replayed = createUserReplay({
    rules,
    against: undefined,
    live: options.isLiveKnown ? [liveRules] : [],
    beganMs: BEGAN_MS,
    nothingBefore: options.nothingBefore,
    marginMs: MARGIN_MS,
  });
  for (const delivery of recording.deliveries) replayed.delivery(delivery);
  const reorder = createReorder<RecordedEvent>(mayPrecede);
  const answers = new Map<DecisionRecord, Answer>();
  const originals = new Map<RecordedEvent, DecisionRecord>();
  for (const original of recording.written) {
    const { recalledAt: _recalled, claimedAt: _claimed, ...untimed } = original;
    const record = options.isTimed ? original : untimed;
    const event = readRecordedEvent(record, MARGIN_MS);
    originals.set(event, original);
    expect(reorder.add(standingOf(event), event, 1)).toEqual([]);
  }
  for (const { value, isLate, following } of reorder.rest()) {
    expect(isLate).toBe(false);
    const original = originals.get(value)!;
    answers.set(original, (await replayed.decision(value, isLate, following)).after);
  }
  return recording.records.map((record) => answers.get(record)!);
}

/** What is wrong with the answers, were this the truth. */
function faults(answers: readonly Answer[], truth: readonly Outcome[]): string[] {
  return truth.flatMap((outcome, index) => {
    const answer = answers[index]!;
    const pushed = outcome.kind === 'queued' ? 1 : 0;
    const { least, most } = pushesOf(answer);
    if (pushed < least || pushed > most)
      return [`event ${String(index)}: ${JSON.stringify([outcome, answer])}`];
    if (answer.kind === 'known') {
      return isSameOutcome(answer.outcome, outcome)
        ? []
        : [`event ${String(index)}: ${JSON.stringify([outcome, answer])}`];
    }
    const { pushes } = answer;
    if (pushed === 0 || pushes === undefined) return [];
    return pushes.some(({ couponId }) => couponId === outcome.couponId)
      ? []
      : [`event ${String(index)}: another push`];
  });
}

/** Every hidden part that would have left the very recording. */
async function worldsOf(
  recording: Lived,
  { events, unseen, others }: Played,
  liveRules: Ruleset,
): Promise<Hidden[]> {
  const found: Hidden[] = [unseen];
  for (const other of others) {
    // What the recording does say stays.
    const events2 = recording.records.map(({ couponApi, claimedAt }, index) => {
      const [mine, theirs] = [unseen.events[index]!, other.events[index]!];
      if (couponApi !== 'answered') return theirs;
      const claimMs = claimedAt === undefined ? theirs.claimMs : mine.claimMs;
      return { ...mine, latitude: theirs.latitude, claimMs };
    });
    const changed: Hidden = { ...other, events: events2, aheadMs: unseen.aheadMs };
    const again = await live(events, changed, liveRules);
    if (
      JSON.stringify([again.records, again.deliveries]) ===
      JSON.stringify([recording.records, recording.deliveries])
    ) {
      found.push(changed);
    }
  }
  return found;
}

describe.each([
  {
    name: 'nothing is known of the live rules',
    options: { nothingBefore: false, isLiveKnown: false, isTimed: true },
  },
  { name: 'the live rules are known', options: { nothingBefore: false, isLiveKnown: true, isTimed: true } },
  { name: 'there was nothing before', options: { nothingBefore: true, isLiveKnown: true, isTimed: true } },
  {
    name: 'no record says when Redis was asked',
    options: { nothingBefore: true, isLiveKnown: true, isTimed: false },
  },
] as const)('a replay where $name', ({ options }) => {
  it(
    'bounds what would have been, and knows only what it must have been',
    async () => {
      const seen = { known: 0, unknown: 0, worlds: 0, pushed: 0 };
      await fc.assert(
        fc.asyncProperty(world, async (drawn) => {
          const played = options.nothingBefore
            ? {
                ...drawn,
                unseen: { ...drawn.unseen, before: [] },
                others: drawn.others.map((other) => ({ ...other, before: [] })),
              }
            : drawn;
          const { events, unseen, liveText, text } = played;
          const [liveRules, rules] = [rulesOf(liveText), rulesOf(text)];
          const recording = await live(events, unseen, liveRules);
          const answers = await replay(recording, rules, liveRules, options);
          for (const answer of answers) seen[answer.kind] += 1;
          for (const possible of await worldsOf(recording, played, liveRules)) {
            const truth = await live(events, possible, rules, recording.pushed);
            seen.worlds += 1;
            seen.pushed += truth.outcomes.filter(({ kind }) => kind === 'queued').length;
            expect(faults(answers, truth.outcomes)).toEqual([]);
          }
        }),
        { numRuns: RUNS },
      );
      // A replay that knows nothing, or worlds in which nothing is pushed, would pass, too.
      expect(seen.known).toBeGreaterThan(RUNS);
      expect(seen.unknown).toBeGreaterThan(RUNS / 4);
      expect(seen.worlds).toBeGreaterThan(1.5 * RUNS);
      expect(seen.pushed).toBeGreaterThan(RUNS / 2);
    },
    BUSY_MACHINE_MS,
  );

  it(
    'comes to what pods did with the rules that were live',
    async () => {
      let known = 0;
      await fc.assert(
        fc.asyncProperty(world, async ({ events, unseen, liveText }) => {
          const liveRules = rulesOf(liveText);
          const before = options.nothingBefore ? [] : unseen.before;
          const recording = await live(events, { ...unseen, before }, liveRules);
          const answers = await replay(recording, liveRules, liveRules, { ...options, isLiveKnown: true });
          known += answers.filter(({ kind }) => kind === 'known').length;
          expect(faults(answers, recording.outcomes)).toEqual([]);
        }),
        { numRuns: RUNS },
      );
      expect(known).toBeGreaterThan(RUNS);
    },
    BUSY_MACHINE_MS,
  );
});
