/** Kafka's brokers, and the group. */
import { shown, type Dependency } from './matrix.ts';
import { otherTopics, ourTopic, writtenTopic } from './topics.ts';

const K = 'integration/kafka';

const coordinator: Dependency = {
  name: 'group coordinator',
  cells: {
    away: shown(
      'commits, until another broker has taken over',
      'events at work, and what was fetched',
      'a failing commit; beyond the session: not joined',
      'its election',
      `${K}/cluster.test.ts › coordinator is killed under load`,
    ),
    slow: shown(
      'that pod’s events',
      'all: another pod takes its partitions',
      '/ready: not joined to the consumer group',
      'the session timeout; back by itself',
      `${K}/partly-away.test.ts › loses its partitions to one that can`,
      `${K}/partly-away.test.ts › unheard may claim nothing`,
    ),
    refuses: shown(
      'all of that pod',
      'other groups',
      'exit code 1, or 78 for a session timeout that it refuses; the reason by name',
      'at once',
      `${K}/rights.test.ts › a group that is others’ ends the pod, and says so`,
      'scenarios/liveness.test.ts › a group that never lets the pod back in',
    ),
    'refuses a part': { none: 'commits: see there; it has no other parts' },
    'answers oddly': shown(
      'that pod’s, until it has joined again',
      'all others; what was decided is not lost',
      'not joined',
      'a new join',
      'scenarios/handover.test.ts › a pod that the group has given up joins again as a new member',
    ),
    'answers hugely': { none: 'its answers grow with the group’s members, at most one a partition' },
    'comes back as another': shown(
      'a moment',
      'all',
      'nothing',
      'a look-up',
      `${K}/cluster.test.ts › brokers that are restarted one after the other`,
      `${K}/cluster.test.ts › what was committed right before all brokers died`,
    ),
  },
};

const leader: Dependency = {
  name: 'partition leader',
  cells: {
    away: shown(
      'that partition’s events',
      'all other partitions’, and a pod’s start',
      '`degraded`; `partitions[].fault`: no leader; `waiting`: partition …',
      'a second after its return; the assignment stays',
      `${K}/partly-away.test.ts › a broker that is down: a pod starts`,
    ),
    slow: shown(
      'that broker’s partitions',
      'the other brokers’; a rebalance does not wait',
      '`partitions[].fault`: its leader, broker N, can not be reached',
      '15 s a request, then each second',
      `${K}/partly-away.test.ts › takes only its partitions along`,
    ),
    refuses: shown(
      'that broker’s partitions',
      'the other brokers’; no rejoin',
      '`partitions[].fault`',
      'each second',
      `${K}/partly-away.test.ts › takes only its partitions along`,
    ),
    'refuses a part': shown(
      'that partition',
      'the leader’s others',
      '`partitions[].fault`: where it begins is not known yet',
      'each 0.5 s',
      'unit/kafka/offsets/list-offsets.test.ts › a partition that its leader refuses is left out',
      'unit/kafka/fetch/partition-fetch.test.ts › is tried again after pauses that grow, and named once it lasts',
    ),
    'answers oddly': shown(
      'that partition, from the offset on that can’t be read',
      'the others, and what lies before it',
      '`partitions[].fault` names the offset',
      'the next connection; a batch that can’t be read: until somebody mends it',
      'unit/kafka/client/sound-connections.test.ts › half an answer is not taken for the beginning',
      'unit/kafka/fetch/fetched-records.test.ts › ',
    ),
    'answers hugely': shown(
      'that partition',
      'the others',
      '`partitions[].fault`',
      'one bound for what is unpacked at once',
      `${K}/codecs.test.ts › a batch that unpacks beyond the bound stalls its partition alone, and is named`,
      `${K}/large-records.test.ts › `,
    ),
    'comes back as another': shown(
      'a moment, that partition’s',
      'all; no rejoin of the group',
      'nothing',
      'seconds',
      `${K}/cluster.test.ts › a partition whose leader moves is read on`,
      `${K}/outage.test.ts › a broker that is killed and comes back: work goes on, nothing is lost`,
    ),
  },
};

const commits: Dependency = {
  name: 'commits',
  cells: {
    away: shown(
      'none: the next commit says it all',
      'all events, to the uncommitted span',
      '`degraded` once they go on failing',
      'the coordinator’s return',
      `${K}/cluster.test.ts › coordinator is killed under load`,
      'unit/kafka/commit/group-commit.test.ts › ',
    ),
    slow: shown(
      'none',
      'all events, to the uncommitted span',
      '`degraded` once they go on failing',
      'a request’s time limit',
      'scenarios/handover.test.ts › a death redoes no more than the uncommitted span',
    ),
    refuses: shown(
      'none; of a group that has gone on without this pod: its events are abandoned',
      'all events, to the uncommitted span',
      '`degraded`, by the broker’s reason',
      'until the rights are back',
      'unit/kafka/commit/group-commit.test.ts › a commit that fails as a whole',
    ),
    'refuses a part': shown(
      'that partition’s commits; a refused text goes shorter, or without',
      'the other partitions’ commits',
      '`degraded`, the partition by name',
      'tried again after 1 to 30 s',
      'unit/kafka/commit/group-commit.test.ts › holds back no other, is left out for a while, and is named once it lasts',
      `${K}/cluster.test.ts › a commit whose text beside the offset is refused goes with a shorter one`,
    ),
    'answers oddly': shown(
      'none: a lost reply costs a later commit',
      'all',
      'nothing',
      'the next commit',
      'scenarios/hazards/replies.ts › the reply to a commit is lost',
    ),
    'answers hugely': { none: 'an answer has one number a partition' },
    'comes back as another': shown(
      'none: no commit is made under another assignment',
      'all',
      'nothing',
      'at once',
      'scenarios/hazards/replies.ts › a frozen pod comes back to its commit after its partitions went to another',
    ),
  },
};

export const KAFKA: readonly Dependency[] = [
  coordinator,
  leader,
  ourTopic,
  otherTopics,
  commits,
  writtenTopic('dead-letter topic'),
  writtenTopic('outcome topic'),
  writtenTopic('decision topic'),
];
