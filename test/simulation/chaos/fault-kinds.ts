/**
 * Every kind of fault there is, how long it lasts, and what it lays its hand on. Two faults run at the same time
 * only where their claims differ, so that one's end never heals the other's.
 */

/** What stands between a pod and one of the services or partners that it talks to. */
export const LINKS = ['kafka', 'redis', 's3', 'coupon', 'push', 'auth'] as const;
export type LinkName = (typeof LINKS)[number];

interface Shape {
  /** Whom it hits: one pod, one pod's link, or something that all share. */
  readonly hits: 'pod' | 'link' | 'all';
  /** How long it may last, seconds, both ends included. */
  readonly seconds: readonly [number, number];
  /** The links that it may hit. */
  readonly links?: readonly [LinkName, ...LinkName[]];
  /** Only where there are several brokers. */
  readonly needsBrokers?: true;
  /** What of the whole it takes: another fault with one of these waits. Pods and links are claimed by number. */
  readonly claims: readonly string[];
}

/** The pods run with a session timeout of 8 s and a push queue's lock of 30 s: some freezes outlast both. */
export const FAULTS = {
  'pod-kill': { hits: 'pod', seconds: [4, 20], claims: [] },
  'pod-restart': { hits: 'pod', seconds: [0, 6], claims: [] },
  'pod-freeze': { hits: 'pod', seconds: [10, 18], claims: [] },
  'pod-long-freeze': { hits: 'pod', seconds: [36, 50], claims: [] },
  'clock-step': { hits: 'pod', seconds: [12, 30], claims: ['clock'] },
  'broker-restart': { hits: 'all', seconds: [0, 2], claims: ['kafka'] },
  'broker-kill': { hits: 'all', seconds: [0, 6], claims: ['kafka'] },
  'broker-freeze': { hits: 'all', seconds: [3, 12], claims: ['kafka'] },
  'redis-kill': { hits: 'all', seconds: [0, 6], claims: ['redis'] },
  'redis-freeze': { hits: 'all', seconds: [2, 12], claims: ['redis'] },
  's3-away': { hits: 'all', seconds: [8, 20], claims: ['s3'] },
  'coupon-away': { hits: 'all', seconds: [5, 15], claims: ['coupon', 'link-coupon'] },
  'push-away': { hits: 'all', seconds: [5, 15], claims: ['push', 'link-push'] },
  'auth-away': { hits: 'all', seconds: [10, 20], claims: ['auth', 'link-auth'] },
  'coupon-errors': { hits: 'all', seconds: [8, 18], claims: ['coupon'] },
  'push-errors': { hits: 'all', seconds: [8, 18], claims: ['push'] },
  // Partly bad: some users, one command, one broker, some answers.
  'coupon-some-users': { hits: 'all', seconds: [28, 45], claims: ['coupon-users'] },
  'coupon-odd-answers': { hits: 'all', seconds: [8, 18], claims: ['coupon'] },
  'push-some-users': { hits: 'all', seconds: [8, 18], claims: ['push-users'] },
  'redis-command': { hits: 'all', seconds: [3, 10], claims: ['redis'] },
  'leader-kill': { hits: 'all', seconds: [2, 8], claims: ['kafka'], needsBrokers: true },
  'leader-freeze': { hits: 'all', seconds: [3, 12], claims: ['kafka'], needsBrokers: true },
  'broker-unreachable': {
    hits: 'link',
    seconds: [4, 16],
    claims: ['kafka'],
    links: ['kafka'],
    needsBrokers: true,
  },
  'redis-host-death': { hits: 'all', seconds: [1, 1], claims: ['redis'] },
  'tokens-revoked': { hits: 'all', seconds: [0, 0], claims: [] },
  'link-slow': { hits: 'link', seconds: [8, 18], claims: [], links: LINKS },
  'link-cut': { hits: 'link', seconds: [3, 14], claims: [], links: LINKS },
  // What was written and not received is delivered late, as a kernel does: also after the sender has given up.
  'link-late': { hits: 'link', seconds: [4, 16], claims: [], links: ['push', 'coupon'] },
  // Kafka and Redis twice: what comes through late does harm only there.
  'link-hole': {
    hits: 'link',
    seconds: [3, 16],
    claims: [],
    links: ['kafka', 'redis', 'kafka', 'redis', 'coupon', 'push'],
  },
} as const satisfies Readonly<Record<string, Shape>>;

export type FaultKind = keyof typeof FAULTS;

/** What Redis refuses in `redis-command`, as ACL rules: a class of commands, or one. */
export const REFUSED_COMMANDS = ['-@write', '-evalsha', '-hset', '-zadd', '-publish', '-info'] as const;
export const BROKERS = 3;

/** Those that promises are kept under. A host's death with what Redis had not written yet is asked for by name. */
export const FAULT_KINDS = (Object.keys(FAULTS) as readonly FaultKind[]).filter(
  (kind) => kind !== 'redis-host-death',
);

/** A fault as it is planned. */
export interface PlannedFault {
  readonly kind: FaultKind;
  /** Ms from the start of the play. */
  readonly atMs: number;
  /** Ms until it is healed; how long things take to come back is beyond that. */
  readonly lastsMs: number;
  /** From 0. */
  readonly pod?: number;
  readonly link?: LinkName;
  /**
   * `clock-step`: ms ahead (or behind); `*-errors`, `*-odd-answers`: share of calls; `*-some-users`: share of users;
   * `link-slow`: ms of delay each way; `redis-command`: which, from 0; `leader-*`, `broker-unreachable`: the broker, from 1.
   */
  readonly amount?: number;
  /** Waits, also beyond its time, until every pod is ready and every partition has one. */
  readonly watched?: true;
}

/** The shape of a kind, by its widest type. */
export const shapeOf = (kind: FaultKind): Shape => FAULTS[kind];

/** Everything that a fault lays its hand on. */
export const claimsOf = ({ kind, pod, link }: PlannedFault): readonly string[] => [
  ...shapeOf(kind).claims,
  ...(link === undefined ? [] : [`link-${link}`]),
  ...(pod === undefined || link !== undefined ? [] : [`pod-${String(pod)}`]),
];

/** Whether the pod does nothing for as long as the fault lasts. */
export const takesPodAway = ({ kind }: PlannedFault): boolean => kind.startsWith('pod-');
