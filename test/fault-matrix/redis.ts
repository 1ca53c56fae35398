/** Redis: as a server, in what it allows, and what lives in it. */
import { shown, type Dependency } from './matrix.ts';

const AWAY = 'scenarios/redis-away.test.ts';
const UNDER_LOAD = `${AWAY} › Redis frozen, killed, full`;
const P = 'integration/push';

const server: Dependency = {
  name: 'Redis server',
  cells: {
    away: shown(
      'claims, enqueues, sends; events wait',
      'what a pod knows without it: bad records',
      '/ready: redis is not reachable, and why; `degraded`',
      '1.5 s a command; its return',
      UNDER_LOAD,
    ),
    slow: shown(
      'as away, one command at a time',
      'as away',
      'as away, from the time limit on',
      '1.5 s a command, 2 s an enqueue, 10 s of silence',
      `${P}/redis-outage.test.ts › hung: claims and enqueues fail within their limits, health says down, and all is well after`,
      'scenarios/liveness.test.ts › a Redis that accepts and never answers',
    ),
    refuses: shown(
      'as away: it loads its data, or knows another password',
      '–',
      '/ready, in Redis’s words',
      'until it takes commands',
      'integration/redis/redis-watch.test.ts › counts as away until it has it all',
      'scenarios/start-faults.test.ts › a Redis with another password',
    ),
    'refuses a part': shown(
      'announcements, where the subscription hangs; the user whose key is damaged',
      'all other events, also of the same script call',
      'nothing',
      '3 s by the list of pods',
      'integration/ops/pods.test.ts › a subscription that hangs',
      'unit/claims/recall-batch.test.ts › by one user’s damaged key fails that user’s event alone',
    ),
    'answers oddly': shown(
      'a pod does not start: a cluster’s node without `REDIS_CLUSTER`, one server with it, no such database',
      '–',
      'exit code 78, the variable by name',
      'at start',
      'scenarios/start-faults.test.ts › a node of a Redis Cluster',
      `${P}/redis-kinds.test.ts › one server with REDIS_CLUSTER`,
      `${P}/redis-kinds.test.ts › one without the database in REDIS_URL`,
    ),
    'answers hugely': { none: 'it answers with what we wrote: bounded by the schema of a push' },
    'comes back as another': shown(
      'claims and sends, until a demoted server is left',
      'coupon calls; emptied: all, and it is said',
      '`redis.dataLost`, `redis.serverChanged`',
      'seconds',
      `${P}/redis-failover.test.ts › the demoted server is left within seconds`,
      'integration/redis/redis-watch.test.ts › of a Redis that was emptied: data lost',
      UNDER_LOAD,
    ),
  },
};

const rights: Dependency = {
  name: 'Redis rights',
  cells: {
    away: { none: 'a user without rights is refused' },
    slow: { none: 'see Redis server' },
    refuses: shown(
      'claims, enqueues, sends',
      'what needs none of them',
      '/ready and `redis.faults`: its user may not, by command',
      'until it may again',
      `${P}/redis-refusals.test.ts › no writes for a while`,
      UNDER_LOAD,
    ),
    'refuses a part': shown(
      'what runs that command; INFO, CLIENT, PUBLISH, SUBSCRIBE: nothing',
      'the rest',
      '`redis.faults` or `redis.warnings`, the commands by name',
      'looked at every five beats',
      `${P}/redis-refusals.test.ts › each single command`,
      `${P}/redis-kinds.test.ts › a server without INFO and CLIENT`,
      'unit/stream/partition/parked-events.test.ts › a Redis that refuses some users’ commands',
    ),
    'answers oddly': shown(
      'as refused: the words of every version, also inside scripts, mean the same',
      'as refused',
      'as refused',
      'as refused',
      'unit/redis/redis-failure.test.ts › ',
    ),
    'answers hugely': { none: 'a refusal is a line' },
    'comes back as another': { none: 'see refuses: rights are looked at again and again' },
  },
};

const shard: Dependency = {
  name: 'cluster shard',
  cells: {
    away: shown(
      'the users of its slots; all pushes, where it holds the queue',
      'other users’ events',
      'redis, by its words',
      'the cluster’s own failover',
      `${P}/redis-cluster.test.ts › a killed master’s replica takes over in mid-send`,
      'unit/push/places.test.ts › gives the place back where no answer comes at all',
      'unit/claims/sweeper.test.ts › sweeps the others where one user’s part of Redis is away',
    ),
    slow: { none: 'as the server: a time limit a command' },
    refuses: { none: 'see Redis rights' },
    'refuses a part': shown(
      'a pod does not start',
      '–',
      'exit code 78, the commands by name',
      'at start',
      `${P}/redis-cluster.test.ts › a user with what the README lists for a cluster`,
    ),
    'answers oddly': shown(
      'none: slots move under load',
      'all',
      'nothing',
      'at once',
      `${P}/redis-cluster.test.ts › a slot of a user, of the queue and of the index may move under load`,
    ),
    'answers hugely': { none: 'see Redis server' },
    'comes back as another': shown(
      'a moment',
      'all',
      '`redis.serverChanged`',
      'seconds',
      `${AWAY} › two pods on a Redis Cluster: a planned failover under load and a killed master change nothing that is promised`,
    ),
  },
};

const memory: Dependency = {
  name: 'Redis memory and policy',
  cells: {
    away: { none: 'see Redis server' },
    slow: { none: 'see Redis server' },
    refuses: shown(
      'claims, enqueues',
      'reads: the event’s own record, the peek',
      'out of memory, by name',
      'until there is room',
      `${P}/redis-outage.test.ts › counts as away where its memory is full`,
      UNDER_LOAD,
    ),
    'refuses a part': { none: 'as refused: what writes' },
    'answers oddly': shown(
      'a pod does not start on a policy that evicts',
      '–',
      'exit code 78, the policy by name',
      'at start',
      'scenarios/start-faults.test.ts › a Redis that evicts keys',
    ),
    'answers hugely': { none: 'see Redis server' },
    'comes back as another': shown(
      'claims and permissions to send, while it may evict',
      'coupon calls',
      'not ready, `redis.faults`: the policy by name',
      'until it is set right',
      `${P}/redis-kinds.test.ts › a policy that begins to evict`,
    ),
  },
};

const redisClock: Dependency = {
  name: 'Redis clock',
  cells: {
    away: { none: 'see Redis server' },
    slow: { none: 'read with the watch’s beat: half a round trip of error' },
    refuses: shown(
      'none: TIME is a right like others',
      'all, by the pod’s clock alone',
      '`redis.faults`',
      '–',
      `${P}/redis-refusals.test.ts › each single command`,
    ),
    'refuses a part': { none: 'as refused' },
    'answers oddly': shown(
      'none: too old or too far ahead only by both clocks',
      'all',
      '`redis.warnings`: N s ahead or behind',
      'a beat',
      'unit/pipeline/two-clocks.test.ts › ',
      `${P}/put-off.test.ts › tries again on time`,
    ),
    'answers hugely': { none: 'it is two numbers' },
    'comes back as another': shown(
      'none',
      'all',
      '`redis.warnings`: was set by N s',
      'a beat',
      'unit/redis/clock-check.test.ts › ',
    ),
  },
};

const queue: Dependency = {
  name: 'push queue',
  cells: {
    away: shown(
      'enqueues, deliveries',
      'what a pod knows of an event without it',
      'redis',
      '2 s an enqueue',
      `${P}/redis-outage.test.ts › stopped: claims and enqueues fail soon as unavailable, and nothing is sent`,
    ),
    slow: shown(
      'enqueues, deliveries',
      'coupon calls',
      'redis',
      '2 s an enqueue',
      `${P}/redis-outage.test.ts › hung: claims and enqueues fail within their limits, health says down, and all is well after`,
    ),
    refuses: { none: 'see Redis rights' },
    'refuses a part': shown(
      'the jobs whose move was cut off in the middle; a worker that may not wait for jobs: deliveries',
      'other jobs; claims and enqueues',
      'the commands by name; a log line for each job that is put back',
      'seconds after it may again: a job in no list is put back',
      `${P}/redis-refusals.test.ts › a worker that may not wait for jobs`,
      `${P}/lost-jobs.test.ts › each command that moves a job`,
      `${P}/lost-jobs.test.ts › jobs that BullMQ loses of its own accord`,
      'unit/push/lost-jobs.test.ts › ',
    ),
    'answers oddly': shown(
      'none: a job that is gone, failed or in no list is made anew',
      'all',
      'nothing',
      'the redelivery, else the sweep',
      `${P}/push-worker.test.ts › run a job again that is gone while its claim is undelivered`,
      'scenarios/hazards/deaths.ts › the job is gone when the event is delivered again',
    ),
    'answers hugely': { none: 'a job is its push’s name' },
    'comes back as another': shown(
      'none: the event’s record, not the queue, says what was sent',
      'all',
      '`redis.dataLost` where Redis was emptied',
      'the sweep',
      'integration/redis/claims-in-redis.test.ts › is completed by redelivery where a pod died between the claim and the entry',
    ),
  },
};

export const REDIS: readonly Dependency[] = [server, rights, shard, memory, redisClock, queue];
