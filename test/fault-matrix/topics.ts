/** Kafka's topics: the one that is read, those that are written to, and those that are none of ours. */
import type { WrittenTopic } from '../../src/ops/health/outage-reasons.ts';
import { shown, type Dependency } from './matrix.ts';

const K = 'integration/kafka';

export const ourTopic: Dependency = {
  name: 'location topic',
  cells: {
    away: shown(
      'all; a pod waits for it',
      '–',
      '/ready: looking for the topic',
      'until it is made',
      `${K}/offsets.test.ts › a topic that is missing at the start is waited for`,
    ),
    slow: { none: 'see partition leader' },
    refuses: shown(
      'all of that pod',
      '–',
      '/ready names the right that lacks',
      'until the rights are there',
      `${K}/rights.test.ts › topics that the user may not see are named`,
    ),
    'refuses a part': shown(
      'nothing more than what was deleted unread',
      'all',
      '`partitions[].lost`, `offsets.lost`, the log',
      'at once',
      `${K}/offsets.test.ts › records deleted ahead of a running pod are told, counted and gone past`,
      `${K}/offsets.test.ts › a committed offset that was deleted is told`,
    ),
    'answers oddly': shown(
      'none: aborted records are none, an open transaction holds only what lies behind it',
      'all',
      'nothing',
      '`heldByTransactions`; the transaction’s own time limit',
      `${K}/offsets.test.ts › transactions that overlap in a partition`,
      `${K}/offsets.test.ts › an open transaction holds nothing back but what lies behind it, and is no lag`,
    ),
    'answers hugely': { none: 'see pod memory' },
    'comes back as another': shown(
      'none: what the old one committed says nothing of it',
      'all, from its earliest record',
      '`partitions[].resets`, the log',
      'at assignment; running: the next look, 10 s',
      `${K}/remade-topic.test.ts › while no pod is there, and is longer than before`,
      `${K}/remade-topic.test.ts › under a running pod: is read from its beginning`,
    ),
  },
};

export const otherTopics: Dependency = {
  name: 'other topics',
  cells: {
    away: shown(
      'none',
      'all, and a pod’s start',
      'nothing',
      '–',
      `${K}/partly-away.test.ts › a broker that is down: a pod starts`,
    ),
    slow: { none: 'never asked about' },
    refuses: shown(
      'none; one of ours that is hidden is waited for',
      'all',
      '/ready and the log name it',
      'each 2 s; for one to be made each minute',
      `${K}/rights.test.ts › topics that the user may not see are named`,
    ),
    'refuses a part': { none: 'never asked about' },
    'answers oddly': { none: 'never asked about' },
    'answers hugely': { none: 'never asked about: only our topics are looked up' },
    'comes back as another': { none: 'never asked about' },
  },
};

/** Whose events wait for it, and the tests that show how they wait and which form of a record it takes. */
const WRITTEN = {
  'dead-letter topic': {
    whose: 'events that end as dead letters',
    waits: 'unit/stream/partition/parked-events.test.ts › a burst of poison beside a dead-letter topic',
    form: `${K}/producers.test.ts › that the broker refuses as too large goes without its value`,
  },
  'outcome topic': {
    whose: 'every event, at its end',
    waits: 'unit/push/places.test.ts › gives the place back; acknowledged later it is counted once',
    form: `${K}/producers.test.ts › takes an outcome without a user under its event, and its neighbours as they are`,
  },
  'decision topic': {
    whose: 'every event of the users whose decisions are recorded, at its end',
    waits: 'unit/pipeline/decisions.test.ts › is away: the event waits and has no outcome until it is back',
    form: 'unit/pipeline/decisions.test.ts › refuses a record for its size: it goes without its coupons',
  },
} as const satisfies Readonly<Record<WrittenTopic, object>>;

export function writtenTopic(name: WrittenTopic): Dependency {
  const { whose, waits, form } = WRITTEN[name];
  const isLetters = name === 'dead-letter topic';
  return {
    name,
    cells: {
      away: shown(
        `${whose}, for their partition; their offsets and their users’ order`,
        'other users’ events, until the bounds are full',
        `\`waiting\`: ${name}`,
        'its return; what was acknowledged is not written again',
        'unit/kafka/producers/record-sender.test.ts › a partition that takes nothing holds up its own records',
        waits,
        `${K}/producers.test.ts › an away broker is unavailable, within bounded time, and so is a missing topic`,
      ),
      slow: shown(
        'records of that broker’s partitions, and what shared a request with them',
        'all that is sent later',
        `\`waiting\`: ${name}`,
        '1 s until it is noticed',
        'unit/kafka/producers/record-sender.test.ts › a broker that says nothing',
      ),
      refuses: shown(
        whose,
        'other users’ events, until the bounds are full',
        `/ready: the ${name} takes no records, and why`,
        'until somebody changes its rights',
        'unit/kafka/producers/record-sender.test.ts › a topic that refuses whatever is sent says so until it takes a record',
        ...(isLetters
          ? ([
              `${K}/producers.test.ts › topics are created once, left alone where they exist, and refusals do not stop the start`,
            ] as const)
          : []),
      ),
      'refuses a part': shown(
        'none: the record is written in a form that the topic takes (shortened, without coupons, under a key)',
        'its neighbours, written at most three times',
        'nothing',
        'at once',
        'unit/kafka/producers/record-sender.test.ts › records that are refused for good are told so',
        form,
      ),
      'answers oddly': shown(
        'none',
        'all: only what is known to be acknowledged counts',
        'nothing',
        'the next try',
        `${K}/cluster.test.ts › a record whose leader has moved counts as sent only once it is written`,
      ),
      'answers hugely': { none: 'acknowledgements have one size' },
      'comes back as another': shown(
        'a moment',
        'all',
        'nothing',
        'the next try',
        `${K}/cluster.test.ts › a record whose leader has moved counts as sent only once it is written`,
      ),
    },
  };
}
