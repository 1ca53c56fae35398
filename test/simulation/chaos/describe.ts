/** A fault in words, for the timeline. */
import { BROKERS, REFUSED_COMMANDS, type LinkName, type PlannedFault } from './fault-kinds.ts';
import { sickWay } from './inflict.ts';

const PARTNERS: Readonly<Record<LinkName, string>> = {
  kafka: 'Kafka',
  redis: 'Redis',
  s3: 'S3',
  coupon: 'the coupon API',
  push: 'the push API',
  auth: 'the auth server',
};

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

const what = (fault: PlannedFault): string => {
  const { kind, lastsMs, amount = 0 } = fault;
  const far = PARTNERS[fault.link ?? 'kafka'];
  const lasting = `for ${seconds(lastsMs)}`;
  switch (kind) {
    case 'pod-kill':
      return `kill -9, away ${lasting}`;
    case 'pod-restart':
      return `SIGTERM, away ${lasting} beyond its drain`;
    case 'pod-freeze':
    case 'pod-long-freeze':
      return `frozen (SIGSTOP) ${lasting}`;
    case 'clock-step':
      return `its clock is set ${seconds(Math.abs(amount))} ${amount < 0 ? 'back' : 'ahead'} ${lasting}`;
    case 'broker-restart':
      return `Kafka: SIGTERM, away ${lasting}`;
    case 'broker-kill':
      return `Kafka: kill -9, away ${lasting}`;
    case 'broker-freeze':
      return `Kafka: frozen (SIGSTOP) ${lasting}`;
    case 'redis-kill':
      return `Redis: kill -9, away ${lasting}`;
    case 'redis-host-death':
      return `Redis: its host dies, and the last ${seconds(lastsMs)} of its writes with it`;
    case 'redis-freeze':
      return `Redis: frozen (SIGSTOP) ${lasting}`;
    case 's3-away':
      return `S3: does not answer ${lasting}`;
    case 'coupon-away':
      return `the coupon API: refuses connections ${lasting}`;
    case 'push-away':
      return `the push API: refuses connections ${lasting}`;
    case 'auth-away':
      return `the auth server: refuses connections ${lasting}`;
    case 'coupon-errors':
      return `the coupon API: ${(amount * 100).toFixed(0)} % of calls fail ${lasting}`;
    case 'push-errors':
      return `the push API: ${(amount * 100).toFixed(0)} % of calls fail ${lasting}`;
    case 'coupon-some-users':
      return `the coupon API: fails ${(amount * 100).toFixed(0)} % of users (${sickWay(amount)}) ${lasting}`;
    case 'coupon-odd-answers':
      return `the coupon API: ${(amount * 100).toFixed(0)} % of answers packed, a quarter redirected, ${lasting}`;
    case 'push-some-users':
      return `the push API: puts off ${(amount * 100).toFixed(0)} % of users (429) ${lasting}`;
    case 'redis-command':
      return `Redis: refuses ${REFUSED_COMMANDS[amount] ?? ''} ${lasting}`;
    case 'leader-kill':
      return `Kafka: broker ${amount} of ${BROKERS}: kill -9, away ${lasting}`;
    case 'leader-freeze':
      return `Kafka: broker ${amount} of ${BROKERS}: frozen (SIGSTOP) ${lasting}`;
    case 'broker-unreachable':
      return `nothing comes through to or from broker ${amount} of ${BROKERS} ${lasting}`;
    case 'link-late':
      return `what is sent to ${far} arrives late, ${lasting}`;
    case 'tokens-revoked':
      return 'the auth server: every token revoked';
    case 'link-slow':
      return `${amount} ms each way to ${far}, 200 kB/s, ${lasting}`;
    case 'link-cut':
      return `cut off from ${far} ${lasting}`;
    case 'link-hole':
      return `nothing comes through to or from ${far} ${lasting}`;
  }
};

/** One line; `on` is the pod's name. `over`: the same, short. */
export const describeFault = (fault: PlannedFault, on: string | undefined, as?: 'over'): string => {
  if (as === 'over') return [on, fault.kind, fault.link].filter((part) => part !== undefined).join(' ');
  return on === undefined ? what(fault) : `${on}: ${what(fault)}`;
};
