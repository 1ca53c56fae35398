/** Documents, what watches the pod, and the machine that it runs on. */
import { shown, type Dependency } from './matrix.ts';

const S3 = 'integration/documents/s3.test.ts';
const START = 'scenarios/start-faults.test.ts';

const s3: Dependency = {
  name: 'S3',
  cells: {
    away: shown(
      'none; a pod that never had rules consumes nothing',
      'all, by the last good documents',
      '`rules.lastError`; /ready only before the first',
      'polled on',
      `${S3} › refuses connections is unavailable`,
      'scenarios/chaos.test.ts › every promise holds through a minute of faults on everything',
    ),
    slow: shown(
      'none',
      'all',
      '`rules.lastError`',
      '5 s a request',
      `${S3} › is silent does not hold up a stop`,
    ),
    refuses: shown(
      'none',
      'all',
      '`rules.lastError`',
      'polled on',
      `${S3} › a bucket that is not there is missing, not a crash`,
    ),
    'refuses a part': shown(
      'none: each document is asked for by itself',
      'all',
      '`rules.lastError`, `merchants.lastError`',
      'polled on',
      `${S3} › keeps the last good version over one that was deleted, and recovers`,
    ),
    'answers oddly': { none: 'see the documents' },
    'answers hugely': shown(
      'none',
      'all',
      '`rules.lastError`',
      'polled on',
      'unit/documents/document.test.ts › ',
    ),
    'comes back as another': shown(
      'none',
      'all',
      '`rules.etag`, `rules.hash`',
      'the next poll',
      `${S3} › takes up a new version, and knows an unchanged one without reading it`,
    ),
  },
};

const rules: Dependency = {
  name: 'rules document',
  cells: {
    away: shown(
      'none, by the last good one',
      'all',
      '`rules.lastError`',
      'the next poll',
      `${S3} › keeps the last good version over one that was deleted, and recovers`,
    ),
    slow: shown(
      'an event whose coupons × rules take long, in turns',
      'all others',
      '`stage.duration_ms`',
      '1 s of its own CPU; then its coupons are excluded as `rules`',
      'unit/rules/rank-in-turns.test.ts › coupons that nobody came to are excluded',
    ),
    refuses: { none: 'see S3' },
    'refuses a part': shown(
      'none: a rule that fails while it runs excludes its coupon',
      'all',
      '`rule.errors`',
      'at once',
      'unit/rules/expression.test.ts › what would take too long fails while it runs, and excludes',
    ),
    'answers oddly': shown(
      'none, by the last good one; without one a pod consumes nothing',
      'all',
      '`rules.lastError` with line and column',
      'the next good version',
      `${START} › invalid rules: nothing is consumed`,
      `${START} › invalid rules later never replace the last good ones`,
    ),
    'answers hugely': shown(
      'none',
      'all',
      '`rules.lastError`',
      'a bound for each part of a condition',
      'unit/rules/expression.test.ts › ',
    ),
    'comes back as another': shown(
      'none: each event is judged by one version',
      'all',
      '`rules.version`, `rules.hash`',
      'the next poll',
      `${S3} › names the very bytes, a byte order mark included`,
    ),
  },
};

const merchants: Dependency = {
  name: 'merchants document',
  cells: {
    away: shown(
      'none: a pod goes on without, after 10 s',
      'all',
      '`merchants.lastError`, the log',
      'the next poll',
      'unit/documents/document.test.ts › ',
    ),
    slow: { none: 'see S3' },
    refuses: { none: 'see S3' },
    'refuses a part': { none: 'it is taken as a whole' },
    'answers oddly': shown(
      'none, by the last good one',
      'all',
      '`merchants.lastError`',
      'the next good version',
      'unit/documents/document.test.ts › ',
    ),
    'answers hugely': { open: 'a hundred thousand merchants take the loop for 0.2 s, once a version' },
    'comes back as another': { none: 'as the rules document' },
  },
};

const datadog: Dependency = {
  name: 'Datadog',
  cells: {
    away: shown(
      'none',
      'all',
      'a log line',
      'the next flush',
      'unit/telemetry/datadog.test.ts › an intake that is away',
    ),
    slow: shown('none', 'all', 'a log line', '5 s a request', 'unit/telemetry/datadog.test.ts › '),
    refuses: shown('none', 'all', 'a log line', 'the next flush', 'unit/telemetry/datadog-intake.test.ts › '),
    'refuses a part': { none: 'series and distributions go apart: as refused' },
    'answers oddly': { none: 'only the status is looked at' },
    'answers hugely': { open: 'its answer is read whole, within 5 s' },
    'comes back as another': { none: 'each flush is a request of its own' },
  },
};

const stdout: Dependency = {
  name: 'stdout',
  cells: {
    away: shown(
      'none',
      'all; lines are dropped and counted',
      '`logLinesDropped`',
      'for good: a closed pipe does not come back',
      'unit/telemetry/log-output.test.ts › counts what is written after its reader has gone',
    ),
    slow: shown(
      'none',
      'all; beyond 1 MiB lines are dropped and counted',
      '`logLinesDropped`, and a line once it is read again',
      'its reader; an exit waits 1 s for it',
      'unit/telemetry/log-output.test.ts › goes on and exits with its code while nobody reads',
      'unit/telemetry/log-output.test.ts › says how many lines were dropped when it is read again',
    ),
    refuses: shown(
      'none',
      'all',
      '`logLinesDropped`',
      'until there is room on the disk',
      'unit/telemetry/log-output.test.ts › a full disk costs the lines',
    ),
    'refuses a part': { none: 'lines are written whole or dropped' },
    'answers oddly': { none: 'nothing is read from it' },
    'answers hugely': { none: 'nothing is read from it' },
    'comes back as another': { none: 'a pipe is the same one or gone' },
  },
};

const podClock: Dependency = {
  name: 'pod clock',
  cells: {
    away: { none: 'a process has one' },
    slow: { none: 'see answers oddly' },
    refuses: { none: 'a process has one' },
    'refuses a part': { none: 'a process has one' },
    'answers oddly': shown(
      'none: too old or too far ahead only by both clocks',
      'all',
      '`redis.warnings`: N s ahead or behind',
      'at once',
      'unit/pipeline/two-clocks.test.ts › a clock that is set while the coupon call is waited for makes nothing stale',
      'integration/push/put-off.test.ts › leaves what it has put off to the others, on time',
    ),
    'answers hugely': { none: 'see answers oddly' },
    'comes back as another': { none: 'see answers oddly: a clock that is set' },
  },
};

const podMemory: Dependency = {
  name: 'pod memory',
  cells: {
    away: { none: 'see comes back as another: a pod that was killed' },
    slow: shown(
      'packed records that wait for room',
      'plain records',
      'nothing',
      'whoever rests gives its room back after 1 s, 20 s at most',
      'unit/runtime/collections/byte-semaphore.test.ts › takes bytes away from one who rests',
    ),
    refuses: { none: 'every bound waits; see answers hugely' },
    'refuses a part': shown(
      'a partition at its bound',
      'the others, in their parts',
      '`partitions[].lag`',
      'its own events’ ends',
      'integration/kafka/flow.test.ts › bytes are bounded: a partition that is full is not fetched',
      'integration/kafka/held-partitions.test.ts › nine of ten partitions held: the tenth flows',
    ),
    'answers oddly': { none: 'sizes are counted as they lie in memory' },
    'answers hugely': shown(
      'that record’s partition',
      'the others',
      'nothing',
      'below 512 MiB: bounds for what is fetched, unpacked, parsed',
      'scenarios/memory.test.ts › 24 gzip records, each of a good line and one padded to 16 MiB',
      'scenarios/memory.test.ts › batches of zstd that unpack to 30 MiB',
      'unit/pipeline/large-answers.test.ts › ',
    ),
    'comes back as another': shown(
      'none: a pod that was killed reads the same records again',
      'all',
      'nothing',
      'its start',
      'scenarios/memory.test.ts › 24 gzip records, each of a good line and one padded to 16 MiB',
      'scenarios/large-record.test.ts › lines, the pod killed in the middle',
    ),
  },
};

const machine: Dependency = {
  name: 'paused machine',
  cells: {
    away: shown(
      'a frozen pod’s events, until the group has given it up',
      'all: another pod takes its partitions; what the frozen one had is fenced',
      'not joined, after it',
      'the session timeout',
      'integration/kafka/rebalance.test.ts › a pod that was frozen beyond its session joins again and loses nothing',
      'scenarios/hazards/pauses.ts › a frozen pod comes back to its claim after its partition went to another',
    ),
    slow: shown(
      'an attempt that was paused between its permission and its bytes: it is given up',
      'all others',
      '`deliveries.unknown`',
      '2 s by either clock',
      'scenarios/hazards/pauses.ts › a pod is frozen between its permission and the write',
      'integration/partners/push-api.test.ts › a machine that was paused while connecting writes nothing: its monotonic clock stood still',
      'unit/push/deliver.test.ts › the machine was paused',
    ),
    refuses: { none: 'it runs or not' },
    'refuses a part': { none: 'it runs or not' },
    'answers oddly': shown(
      'none: an answer that came while our own loop stood still is no timeout',
      'all',
      'nothing',
      'at once',
      'integration/partners/coupon/coupon-api.test.ts › an answer that came while our own event loop stood still is no timeout',
    ),
    'answers hugely': { none: 'it runs or not' },
    'comes back as another': { none: 'see pod clock' },
  },
};

export const POD: readonly Dependency[] = [
  s3,
  rules,
  merchants,
  datadog,
  stdout,
  podClock,
  podMemory,
  machine,
];
