/** What Redis's replies mean, in the words of each version that is in use: each text as that version was seen to write it. */
import { describe, expect, it } from 'vitest';
import { UnavailableError } from '../../../src/runtime/errors.ts';
import { asRedisFailure, judgeRedisReply, refusalOf } from '../../../src/redis/redis-failure.ts';

/** A script's error, in the words of 6.x, 7.0 and 7.2. */
const inScript6 = (text: string) =>
  `ERR Error running script (call to f_0c9212f2930165346193caf91156da644e5bd1d4): @user_script:1: @user_script: 1: ${text}`;
const inScript7 = (text: string) =>
  `${text} script: 0c9212f2930165346193caf91156da644e5bd1d4, on @user_script:1.`;

const OOM = "OOM command not allowed when used memory > 'maxmemory'.";
const READONLY = "READONLY You can't write against a read only replica.";
const NOREPLICAS = 'NOREPLICAS Not enough good replicas to write.';
const MISCONF =
  'MISCONF Redis is configured to save RDB snapshots, but it is currently not able to persist on disk. Commands that ' +
  'may modify the data set are disabled, because this instance is configured to report errors during writes if RDB ' +
  'snapshotting fails (stop-writes-on-bgsave-error option). Please check the Redis logs for details about the RDB error.';

describe('a Redis that can not serve now: away', () => {
  it.each([
    [OOM, 'out of memory'],
    [inScript6(`-${OOM}`), 'out of memory'],
    [inScript7(OOM), 'out of memory'],
    [READONLY, 'it is a read-only replica'],
    [inScript6(`-${READONLY}`), 'it is a read-only replica'],
    [inScript7(READONLY), 'it is a read-only replica'],
    [NOREPLICAS, 'it has too few replicas'],
    [inScript6(`-${NOREPLICAS}`), 'it has too few replicas'],
    [inScript7(NOREPLICAS), 'it has too few replicas'],
    [MISCONF, 'it takes no writes, as it can’t save'],
    [inScript6(`-${MISCONF}`), 'it takes no writes, as it can’t save'],
    ['LOADING Redis is loading the dataset in memory', 'it is loading its data'],
    [
      "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
      'a replica without its master',
    ],
    ['CLUSTERDOWN Hash slot not served', 'the cluster is down'],
    ['CLUSTERDOWN The cluster is down', 'the cluster is down'],
    ['TRYAGAIN Multiple keys request during rehashing of slot', 'the cluster is moving slots'],
    [
      'BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.',
      'a script runs too long',
    ],
    [
      'UNKILLABLE Sorry the script already executed write commands against the dataset.',
      'a script runs too long',
    ],
    [
      'UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)',
      'it changes its role',
    ],
    ['NOSCRIPT No matching script. Please use EVAL.', 'it has forgotten our scripts'],
    ['EXECABORT Transaction discarded because of previous errors.', 'it discarded a transaction'],
    ['ERR max number of clients reached', 'it has too many clients'],
    ['ERR Protocol error: invalid bulk length', 'the connection was garbled'],
    ['ERR upstream failure', 'it can’t be reached from where it is asked'],
    ['NOAUTH Authentication required.', 'it refuses the user or password'],
    [
      'NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO AUTH <user> <pass> option can be used',
      'it refuses the user or password',
    ],
    ['WRONGPASS invalid username-password pair or user is disabled.', 'it refuses the user or password'],
    [
      'ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?',
      'it refuses the user or password',
    ],
    ['NOVELTY a code that a later version brings', 'it refuses'],
  ])('%s', (text, meaning) => {
    expect(judgeRedisReply(text, false)).toEqual({ kind: 'away', meaning });
  });
});

describe('a Redis that refuses until somebody changes something: misconfigured', () => {
  const rights = 'its user may not do this';
  const lacking = 'it lacks a command';
  it.each([
    ["NOPERM this user has no permissions to run the 'set' command or its subcommand", rights],
    ["NOPERM this user has no permissions to run the 'set' command", rights],
    ["NOPERM User default has no permissions to run the 'set' command", rights],
    ['NOPERM this user has no permissions to access one of the keys used as arguments', rights],
    ['NOPERM this user has no permissions to access one of the channels used as arguments', rights],
    [inScript6("The user executing the script can't run this command or subcommand"), rights],
    [inScript7("ERR The user executing the script can't run this command or subcommand"), rights],
    [
      inScript7("ERR ACL failure in script: User default has no permissions to run the 'set' command"),
      rights,
    ],
    [
      inScript6(
        "The user executing the script can't access at least one of the keys mentioned in the command arguments",
      ),
      rights,
    ],
    [
      inScript7(
        "ERR The user executing the script can't access at least one of the keys mentioned in the command arguments",
      ),
      rights,
    ],
    ['ERR unknown command `EVALSHA`, with args beginning with: `OOM`, `READONLY`, ', lacking],
    ["ERR unknown command 'FOO', with args beginning with: 'a' 'b' ", lacking],
    ["ERR unknown subcommand 'SETINFO'. Try CLIENT HELP.", lacking],
    [inScript6('Unknown Redis command called from Lua script'), lacking],
    [inScript7('ERR Unknown Redis command called from script'), lacking],
    ['ERR This instance has cluster support disabled', 'it is no Redis Cluster: REDIS_CLUSTER must be false'],
    ['ERR DB index is out of range', 'it lacks the database in REDIS_URL'],
    ['ERR SELECT is not allowed in cluster mode', 'it lacks the database in REDIS_URL'],
    [
      'DENIED Redis is running in protected mode because protected mode is enabled and no password is set for the default user.',
      'it takes no remote clients (protected mode)',
    ],
  ])('%s', (text, meaning) => {
    expect(judgeRedisReply(text, false)).toEqual({ kind: 'misconfigured', meaning });
  });

  it.each([
    "CROSSSLOT Keys in request don't hash to the same slot",
    inScript6('Lua script attempted to access a non local key in a cluster node'),
    inScript7('ERR Script attempted to access a non local key in a cluster node'),
    'MOVED 3999 127.0.0.1:6381',
    'ASK 3999 127.0.0.1:6381',
  ])('%s: names REDIS_CLUSTER', (text) => {
    const { kind, meaning } = judgeRedisReply(text, false);
    expect(kind).toBe('misconfigured');
    expect(meaning).toContain('REDIS_CLUSTER=true');
  });

  it.each(['MOVED 3999 127.0.0.1:6381', 'ASK 3999 127.0.0.1:6381'])(
    '%s where slots are followed: away',
    (text) => {
      expect(judgeRedisReply(text, true).kind).toBe('away');
    },
  );
});

it.each([
  'ERR Script killed by user with SCRIPT KILL. script: f_6, on @user_script:1.',
  inScript6('Script killed by user with SCRIPT KILL...'),
  inScript7('ERR Script killed by user with SCRIPT KILL.'),
])('%s: a person ended what ran too long, and the next one may go well', (text) => {
  expect(judgeRedisReply(text, false)).toEqual({ kind: 'away', meaning: 'a script was ended by hand' });
});

describe('a fault of one command: ours', () => {
  it.each([
    'WRONGTYPE Operation against a key holding the wrong kind of value',
    inScript7('WRONGTYPE Operation against a key holding the wrong kind of value'),
    'ERR Error running script (call to f_6): @user_script:1: WRONGTYPE Operation against a key holding the wrong kind of value',
    'ERR Error running script (call to f_d): @user_script:1: user_script:1: attempt to perform arithmetic on a nil value',
    inScript7('ERR user_script:1: attempt to perform arithmetic on a nil value'),
    "ERR Error compiling script (new function): user_script:1: '=' expected near '<eof>'",
    'ERR value is not an integer or out of range',
    "ERR wrong number of arguments for 'set' command",
    'ERR syntax error',
  ])('%s', (text) => {
    expect(judgeRedisReply(text, false).kind).toBe('defect');
    const error = Object.assign(new Error(text), { name: 'ReplyError' });
    expect(asRedisFailure(error)).toBe(error);
  });
});

it('a refusal says what it means before the server’s own words, and survives being passed on', () => {
  const failure = asRedisFailure(Object.assign(new Error(OOM), { name: 'ReplyError' }));
  expect(failure).toBeInstanceOf(UnavailableError);
  expect((failure as Error).message).toBe(`redis is not available: out of memory: ${OOM}`);
  expect(refusalOf(asRedisFailure(failure))?.message).toBe(`out of memory: ${OOM}`);
  expect(refusalOf(new UnavailableError('redis', 'no answer in time'))).toBeUndefined();
});
