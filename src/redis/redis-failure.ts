/**
 * What a failure of Redis means, in one place for all who use it. `away`: it can't serve now and may soon; what
 * asked waits. `misconfigured`: it refuses us until a person changes something; what asked waits as well, and says
 * what to change. Anything else is a defect of ours and stays what it is.
 *
 * The words differ by version and by what stands before Redis: 6.x puts a script's error behind its own text
 * (`ERR Error running script … : -READONLY You can't write …`), 7.0 writes `ERR The user executing the script can't
 * …`, 7.2 `ERR ACL failure in script: …`. So the code is looked for at the beginning and behind a script's text.
 * A code that nobody here knows is a state of a server or proxy, never a fault of one event.
 */
import { UnavailableError } from '../runtime/errors.ts';

export interface RedisVerdict {
  readonly kind: 'away' | 'misconfigured' | 'defect';
  /** For a person; stands before the server's own words. */
  readonly meaning: string;
}

const away = (meaning: string): RedisVerdict => ({ kind: 'away', meaning });
const misconfigured = (meaning: string): RedisVerdict => ({ kind: 'misconfigured', meaning });
const DEFECT: RedisVerdict = { kind: 'defect', meaning: '' };

const RIGHTS = misconfigured('its user may not do this');
const SHARDED = misconfigured(
  'it is sharded and answers for some keys only: REDIS_CLUSTER=true where it is a Redis Cluster',
);
const LOGIN = away('it refuses the user or password');
const MOVING = away('the cluster is moving slots');

const BY_CODE: Readonly<Record<string, RedisVerdict>> = {
  OOM: away('out of memory'),
  LOADING: away('it is loading its data'),
  READONLY: away('it is a read-only replica'),
  MASTERDOWN: away('a replica without its master'),
  CLUSTERDOWN: away('the cluster is down'),
  TRYAGAIN: MOVING,
  BUSY: away('a script runs too long'),
  UNKILLABLE: away('a script runs too long'),
  MISCONF: away('it takes no writes, as it can’t save'),
  NOREPLICAS: away('it has too few replicas'),
  UNBLOCKED: away('it changes its role'),
  NOSCRIPT: away('it has forgotten our scripts'),
  EXECABORT: away('it discarded a transaction'),
  NOPERM: RIGHTS,
  // Waited for: a password that is changed reaches the server and the pods at different moments.
  NOAUTH: LOGIN,
  WRONGPASS: LOGIN,
  DENIED: misconfigured('it takes no remote clients (protected mode)'),
  NOPROTO: misconfigured('it does not speak our protocol'),
  CROSSSLOT: SHARDED,
  WRONGTYPE: DEFECT,
  NUMKEYS: DEFECT,
  BUSYKEY: DEFECT,
  BUSYGROUP: DEFECT,
  NOGROUP: DEFECT,
};

/** Texts under the general code `ERR`, in every version's and the usual proxies' words. First match counts. */
const BY_TEXT: readonly (readonly [RegExp, RedisVerdict])[] = [
  [
    /^ERR unknown (?:command|subcommand)|Unknown Redis command called from/i,
    misconfigured('it lacks a command'),
  ],
  [/executing the script can't|ACL failure in script|operation not permitted/, RIGHTS],
  [/cluster support disabled/, misconfigured('it is no Redis Cluster: REDIS_CLUSTER must be false')],
  [/non local key in a cluster node/, SHARDED],
  [
    /(?:DB index is out of range|invalid DB index|SELECT is not allowed)/,
    misconfigured('it lacks the database in REDIS_URL'),
  ],
  [/invalid password|no password is set|without any password/, LOGIN],
  [/max(?:imum)? number of clients|too many connections/i, away('it has too many clients')],
  [/Script killed/i, away('a script was ended by hand')],
  [/Protocol error/, away('the connection was garbled')],
  [
    /shutting down|server closed|upstream|time[d ]*out|connection (?:refused|reset|closed)/i,
    away('it can’t be reached from where it is asked'),
  ],
];

/** A reply's own code: its first word, or the one that an old version puts behind a script's text. */
const CODE = /^-?([A-Z][A-Z0-9]+)(?= |$)/;
const CODE_IN_SCRIPT = /(?:: -|user_script:\d+: )([A-Z][A-Z0-9]+)(?= |$)/;

/** @param isCluster whether whoever asked follows a cluster's redirections. */
export function judgeRedisReply(text: string, isCluster: boolean): RedisVerdict {
  let code = CODE.exec(text)?.[1];
  if (code === undefined || code === 'ERR') {
    // Before the code in a script's text: an unknown command's arguments are shown, and may be any.
    const known = BY_TEXT.find(([words]) => words.test(text));
    if (known !== undefined) return known[1];
    code = CODE_IN_SCRIPT.exec(text)?.[1];
  }
  if (code === undefined || code === 'ERR') return DEFECT;
  if (code === 'MOVED' || code === 'ASK') return isCluster ? MOVING : SHARDED;
  return BY_CODE[code] ?? away('it refuses');
}

/** Why Redis did not do what it was asked. The message is its meaning and then the server's own words. */
export class RedisRefusal extends Error {
  override readonly name = 'RedisRefusal';
  readonly kind: 'away' | 'misconfigured';
  constructor(kind: 'away' | 'misconfigured', meaning: string, cause: Error) {
    super(`${meaning}: ${cause.message}`, { cause });
    this.kind = kind;
  }
}

/** @returns what Redis said, where `error` came of a reply that is no defect of ours. */
export function refusalOf(error: unknown): RedisRefusal | undefined {
  if (error instanceof RedisRefusal) return error;
  return error instanceof UnavailableError && error.cause instanceof RedisRefusal ? error.cause : undefined;
}

/** @returns an `UnavailableError('redis')`, or the error itself where it is a defect of ours. */
export function asRedisFailure(error: unknown, isCluster = false): unknown {
  if (error instanceof UnavailableError) return error;
  if (!(error instanceof Error)) return new UnavailableError('redis', error);
  if (error.name === 'ReplyError') {
    const { kind, meaning } = judgeRedisReply(error.message, isCluster);
    return kind === 'defect' ? error : new UnavailableError('redis', new RedisRefusal(kind, meaning, error));
  }
  // Programming errors are raised before anything is sent.
  if (error instanceof TypeError || error instanceof RangeError || error instanceof SyntaxError) return error;
  return new UnavailableError('redis', error);
}
