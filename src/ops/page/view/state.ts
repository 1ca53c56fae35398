/** The state of what is one for all pods: rules, kill switches, partners, the push queue. Pure. */
import type { Fleet } from '../fleet.ts';
import type { PodSnapshot } from '../snapshot.ts';
import { ago, clockTime, count, counted, listed, milliseconds, share } from '../words.ts';
import type { Figures } from './figures.ts';
import type { Fact } from './shape.ts';

export function ruleFacts({ pods, nowMs }: Fleet): Fact[] {
  const all = pods.map(({ snapshot }) => snapshot);
  return [...versionFacts(all, nowMs), ...merchantFacts(all, nowMs), ...switchFacts(all, nowMs)];
}

function versionFacts(pods: readonly PodSnapshot[], nowMs: number): Fact[] {
  const byHash = Map.groupBy(pods, ({ rules }) => `${rules.version ?? 'none'} ${rules.hash ?? ''}`);
  const isOne = byHash.size === 1;
  const facts = [...byHash.values()].map((having): Fact => {
    const { version, hash, loadedAt } = (having[0] as PodSnapshot).rules;
    const who = isOne ? '' : ` in ${listed(having.map(({ pod }) => pod))}`;
    return {
      name: 'Rules',
      value: version ?? 'none yet',
      detail: `${[hash ?? '', loadedSince(loadedAt, nowMs)].filter((part) => part !== '').join(', ')}${who}`,
      tone: isOne && version !== null ? 'good' : 'watch',
    };
  });
  return [...facts, ...errorsOf(pods, 'Rules', ({ rules }) => rules.lastError)];
}

function merchantFacts(pods: readonly PodSnapshot[], nowMs: number): Fact[] {
  const documents = pods.flatMap(({ merchants }) => (merchants === null ? [] : [merchants]));
  const [first] = documents;
  if (first === undefined) return [];
  const versions = new Set(documents.map(({ version }) => version));
  const several = versions.size > 1 ? `, ${count(versions.size)} versions` : '';
  return [
    {
      name: 'Merchants',
      value: first.version ?? 'none yet',
      detail: `${loadedSince(first.loadedAt, nowMs)}${several}`,
      tone: first.version === null || versions.size > 1 ? 'watch' : 'good',
    },
    ...errorsOf(pods, 'Merchants', ({ merchants }) => merchants?.lastError ?? null),
  ];
}

function errorsOf(
  pods: readonly PodSnapshot[],
  name: string,
  of: (pod: PodSnapshot) => string | null,
): Fact[] {
  const errors = new Set(pods.map(of).filter((error) => error !== null));
  return [...errors].map((detail) => ({ name, value: 'not replaced', detail, tone: 'watch' }));
}

function switchFacts(pods: readonly PodSnapshot[], nowMs: number): Fact[] {
  const byDocument = pods.some(({ killSwitch }) => killSwitch.document);
  const flagged = pods.find(({ killSwitch }) => killSwitch.flag)?.killSwitch;
  const set = flagged?.set ?? null;
  const since = typeof set?.since === 'string' ? `since ${timeOf(set.since, nowMs)}` : '';
  const why =
    set === null ? '' : [set.by ?? 'somebody', since, set.why].filter((part) => part !== '').join(', ');
  return [
    {
      name: 'Switch in the rules',
      value: byDocument ? 'holds pushes back' : 'lets pushes through',
      detail: byDocument ? '`enabled: false`' : '`enabled: true`',
      tone: byDocument ? 'watch' : 'good',
    },
    {
      name: 'Switch in Redis',
      value: flagged === undefined ? 'not set' : 'holds pushes back',
      detail: why,
      tone: flagged === undefined ? 'good' : 'watch',
    },
  ];
}

/** Who sets the switch by hand may write what they like. */
function timeOf(said: string, nowMs: number): string {
  const atMs = Date.parse(said);
  return Number.isNaN(atMs) ? said : clockTime(atMs, nowMs);
}

function loadedSince(loadedAt: string | null, nowMs: number): string {
  return loadedAt === null ? '' : `loaded ${ago(Math.max(0, nowMs - Date.parse(loadedAt)) / 1000)}`;
}

export function partnerFacts({ pods, own }: Fleet, { coupons, pushes, ...figures }: Figures): Fact[] {
  const all = pods.map(({ snapshot }) => snapshot);
  const away = new Set(figures.away);
  const latency =
    coupons.p50Ms === null || coupons.p99Ms === null
      ? 'no call yet'
      : `p50 ${milliseconds(coupons.p50Ms)}, p99 ${milliseconds(coupons.p99Ms)}`;
  const breaker = { closed: 'closed', open: 'open', half_open: 'half open: trying one call' }[
    coupons.breaker
  ];
  const notClosed = coupons.podsNotClosed.length;
  const isSome = notClosed > 0 && notClosed < all.length;
  const failures =
    pushes.calls === 0
      ? 'no call in the last minute'
      : `${share(pushes.calls - pushes.failed, pushes.calls)} of the last ${counted(pushes.calls, 'call')} answered`;
  // The queue is one for all: what the pod that serves the page has just asked is the newest.
  const queue = all.find(({ pod }) => pod === own)?.queue;
  return [
    {
      name: 'Coupon API',
      value: latency,
      detail: `${counted(coupons.inFlight, 'call')} out${away.has('coupon API') ? ', away' : ''}`,
      tone: away.has('coupon API') ? 'bad' : coupons.isSlow ? 'watch' : 'good',
    },
    {
      name: 'Breaker',
      value: breaker,
      detail: isSome ? `in ${listed(coupons.podsNotClosed)}` : '',
      tone: coupons.breaker === 'closed' ? 'good' : 'bad',
    },
    {
      name: 'Push API',
      value: failures,
      detail: [
        `${counted(pushes.inFlight, 'call')} out`,
        ...(away.has('push API') ? ['away'] : []),
        ...(pushes.lastError === null ? [] : [`last failure: ${pushes.lastError}`]),
      ].join(', '),
      tone: away.has('push API') ? 'bad' : pushes.isFailing ? 'watch' : 'good',
    },
    {
      name: 'Push queue',
      value: queue === undefined ? '–' : `${count(queue.waiting)} waiting`,
      detail:
        queue === undefined
          ? ''
          : `${count(queue.active)} being sent, ${count(queue.delayed)} delayed, ${count(queue.failed)} failed`,
      tone: (queue?.failed ?? 0) > 0 ? 'watch' : 'good',
    },
  ];
}
